"""What an invoice means to the ledger: revenue, tax and discounts as it is issued, money as it is paid.

Amounts come from the lines as they are stored, so ledger and invoice cannot differ. The whole price is revenue and what
was taken off it stands beside it, so that a chain sees what its discounts cost; the tax is the invoice's own.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from barberpro.domains.ledger import service as ledger
from barberpro.domains.ledger.service import Entry, EntryKind, Posting
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.money import Money

from . import reading
from .totals import split

ISSUE, PAYMENT = "invoice.issued:", "invoice.paid:"
"""What the ledger knows the issue and the payment of an invoice by, before its id."""


def issued(invoice: Row[Any], lines: Rows, effective_on: date) -> Entry:
    """An invoice got its number: the customer owes its total."""
    return Entry(
        location_id=invoice.location_id,
        kind=EntryKind.INVOICE_ISSUED,
        key=issue_key(invoice.id),
        effective_on=effective_on,
        postings=_charged(invoice, lines),
        invoice_id=invoice.id,
    )


def paid(invoice: Row[Any], method: ledger.Method, effective_on: date) -> Entry:
    """All of an invoice was paid."""
    total = invoice.total_minor
    return Entry(
        location_id=invoice.location_id,
        kind=EntryKind.INVOICE_PAID,
        key=payment_key(invoice.id),
        effective_on=effective_on,
        postings=(
            Posting(ledger.funds(method), Money(total, invoice.currency_code)),
            Posting(ledger.RECEIVABLE, Money(-total, invoice.currency_code)),
        ),
        invoice_id=invoice.id,
    )


def credited(note: Row[Any], lines: Rows, effective_on: date, reverses_id: str) -> Entry:
    """A credit note took an invoice back: `lines` are its own, which are those of the invoice."""
    return Entry(
        location_id=note.location_id,
        kind=EntryKind.INVOICE_CREDITED,
        key=issue_key(note.id),
        effective_on=effective_on,
        postings=tuple(
            Posting(each.account, Money(-each.amount.minor, each.amount.currency_code))
            for each in _charged(note, lines)
        ),
        invoice_id=note.id,
        reverses_id=reverses_id,
    )


def issue_key(invoice_id: str) -> str:
    """What the ledger knows the issue of an invoice by."""
    return ISSUE + invoice_id


def payment_key(invoice_id: str) -> str:
    """What the ledger knows the payment of an invoice by."""
    return PAYMENT + invoice_id


def day(moment: datetime, time_zone: str) -> date:
    """The day it is at a location."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


async def caught_up(tx: Transaction, invoice: Row[Any], time_zone: str) -> Row[Any]:
    """The transaction of an invoice's issue. What happened to it before there was a ledger is posted now."""
    found = await ledger.posted(tx, issue_key(invoice.id))
    if found is None:
        lines = await reading.lines(tx, invoice.id)
        found = await ledger.post(tx, issued(invoice, lines, day(invoice.issued_at, time_zone)))
    if invoice.paid_at and not await ledger.posted(tx, payment_key(invoice.id)):
        on = day(invoice.paid_at, time_zone)
        await ledger.post(tx, paid(invoice, ledger.Method.OTHER, on))
    return found


def _charged(invoice: Row[Any], lines: Iterable[Row[Any]]) -> tuple[Posting, ...]:
    found = [_posting(ledger.RECEIVABLE, invoice.total_minor, invoice)]
    for line in lines:
        off = split(line.discount_minor, line.tax_rate_bps).net_minor
        found += [
            _posting(ledger.DISCOUNTS, off, invoice),
            _posting(ledger.revenue(line.tax_rate_bps), -line.net_minor - off, invoice),
            _posting(ledger.vat_debit(line.tax_rate_bps), -line.tax_minor, invoice),
        ]
    return ledger.netted(found)


def _posting(account: ledger.Account, minor: int, invoice: Row[Any]) -> Posting:
    return Posting(account, Money(minor, invoice.currency_code))
