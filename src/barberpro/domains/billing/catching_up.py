"""Posts what happened to invoices before there was a ledger, or while rows were loaded past the services.

What is there already is left as it is, so it can be called again at any time, and goes on where it stood.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, func, literal, or_, select

from barberpro.domains.ledger import service as ledger
from barberpro.domains.ledger.service import Entry, Method, written
from barberpro.domains.locations.service import place
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.sets import among, key_set

from . import posting
from .lifecycle import Kind
from .tables import invoice_lines, invoices

BATCH = 2_000  # invoices that are posted at once: a transaction of a second or two
i, c = invoices.c, invoice_lines.c


def _lacks(prefix: str) -> Any:
    return ~exists(literal(1)).where(written.c.key == literal(prefix) + i.id)


UNPOSTED = and_(
    i.number.is_not(None),
    or_(_lacks(posting.ISSUE), and_(i.paid_at.is_not(None), _lacks(posting.PAYMENT))),
)
"""Invoices and credit notes of which something is not in the ledger."""
WAITING = select(func.count().label("waiting")).select_from(invoices).where(UNPOSTED)
NEXT = (
    select(invoices, place.c.time_zone)
    .join(place, place.c.id == i.location_id)
    .where(UNPOSTED, i.id > bindparam("after"))
    .order_by(i.id)
    .limit(BATCH)
    .with_for_update(key_share=True, of=invoices)
)
LINES = select(c.invoice_id, c.tax_rate_bps, c.discount_minor, c.net_minor, c.tax_minor).where(
    among(c.invoice_id, key_set("these"))
)


async def catch_up(tx: Transaction, after: str = "") -> str | None:
    """Post what lacks of the next invoices behind the one of that id; gives the last one's, None at the end.

    An invoice comes before the credit note that takes it back, as their ids do.
    """
    found = await tx.rows(NEXT, {"after": after})
    if not found:
        return None
    lines: dict[str, list[Any]] = defaultdict(list)
    for line in await tx.rows(LINES, {"these": [row.id for row in found]}):
        lines[line.invoice_id].append(line)
    charged = [row for row in found if row.kind == Kind.INVOICE]
    await _post(tx, [each for row in charged for each in _entries(row, lines[row.id])])
    notes = [row for row in found if row.kind == Kind.CREDIT_NOTE]
    issues = await ledger.ids_by_key(tx, [posting.issue_key(row.corrects_id) for row in notes])
    await _post(tx, [_taken_back(row, lines[row.id], issues) for row in notes])
    return found[-1].id


async def _post(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Those of them that are not there."""
    known = await ledger.ids_by_key(tx, [entry.key for entry in entries])
    await ledger.post_all(tx, [entry for entry in entries if entry.key not in known])


def _entries(invoice: Row[Any], lines: Rows) -> Iterator[Entry]:
    """All that happened to an invoice, but for being taken back."""
    yield posting.issued(invoice, lines, posting.day(invoice.issued_at, invoice.time_zone))
    if invoice.paid_at is not None:
        on = posting.day(invoice.paid_at, invoice.time_zone)
        yield posting.paid(invoice, Method.OTHER, on)


def _taken_back(note: Row[Any], lines: Rows, issues: Mapping[str, str]) -> Entry:
    on = posting.day(note.issued_at, note.time_zone)
    return posting.credited(note, lines, on, issues[posting.issue_key(note.corrects_id)])
