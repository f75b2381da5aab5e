"""What outsiders try with amounts: to bill with what is not theirs, and to read what others were charged."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from barberpro.domains.billing import service as billing
from barberpro.domains.billing.statements import service as statements
from barberpro.domains.ledger import service as ledger
from barberpro.platform.doors import Transaction
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

Attempt = Callable[[Transaction, Any, Any], Any]
LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)
LONG_BEFORE = date(2020, 1, 1)
ACCOUNTS = metadata.tables["ledger_accounts"]
OF_SHOP = select(ACCOUNTS.c.id).where(
    ACCOUNTS.c.location_id == bindparam("shop"), ACCOUNTS.c.role == "RECEIVABLE"
)
GEL = billing.Line(description="Gel", quantity=1, unit_price=Money(121, "ARS"))


async def posted_of(tx: Transaction, invoice: Row[Any]) -> tuple[Any, str]:
    """The transaction of an invoice's issue, and the id of what customers owe its shop."""
    posted = await ledger.posted(tx, f"invoice.issued:{invoice.id}")
    return posted, (await tx.rows(OF_SHOP, {"shop": invoice.location_id}))[0].id


def bills_with(what: str) -> Attempt:
    """Bill with one's own things, except for one."""

    def attempt(tx: Transaction, theirs: Any, own: Any) -> Any:
        return billing.create(
            tx,
            location_id=(theirs if what == "location" else own).location,
            customer_id=theirs.customer if what == "customer" else None,
            booking_ids=[theirs.booking] if what == "booking" else [],
            by_hand=[GEL],
        )

    return attempt


async def at_location(tx: Transaction, statement: Any, location: str) -> Any:
    """What a statement over all shops says of one, as far as the caller sees it."""
    return [row for row in await tx.rows(statement) if row.location_id == location]


async def keys_known(tx: Transaction, key: str) -> list[str]:
    return list(await ledger.ids_by_key(tx, [key]))


async def none_as_list(found: Awaitable[Any]) -> list[Any]:
    row = await found
    return [] if row is None else [row]


ATTEMPTS: list[tuple[Callable[..., Any], Attempt]] = [
    (billing.create, bills_with("location")),
    (billing.create, bills_with("customer")),
    (billing.create, bills_with("booking")),
    (billing.issue, lambda tx, theirs, _: billing.issue(tx, theirs.draft)),
    (billing.pay, lambda tx, theirs, _: billing.pay(tx, theirs.invoice)),
    (billing.void, lambda tx, theirs, _: billing.void(tx, theirs.draft)),
    (billing.credit, lambda tx, theirs, _: billing.credit(tx, theirs.invoice)),
    (billing.taxes, lambda tx, theirs, _: tx.rows(billing.taxes(), {"invoices": [theirs.invoice]})),
    (ledger.posted, lambda tx, theirs, _: none_as_list(ledger.posted(tx, theirs.posted.key))),
    (ledger.ids_by_key, lambda tx, theirs, _: keys_known(tx, theirs.posted.key)),
    (
        ledger.balances,
        lambda tx, theirs, _: tx.rows(
            ledger.balances(), {"accounts": [theirs.account], "until": LONG_AFTER.date()}
        ),
    ),
    (
        ledger.trial_balance,
        lambda tx, theirs, _: tx.rows(
            ledger.trial_balance(at_one_location=True),
            {"location": theirs.location, "until": LONG_AFTER.date()},
        ),
    ),
    (ledger.owed, lambda tx, theirs, _: at_location(tx, ledger.owed(), theirs.location)),
    (ledger.vat, lambda tx, theirs, _: at_location(tx, ledger.vat(), theirs.location)),
    (
        billing.charged,
        lambda tx, theirs, _: tx.rows(billing.charged(), {"invoices": [theirs.invoice]}),
    ),
    (
        statements.moved,
        lambda tx, theirs, _: tx.rows(
            statements.moved(),
            {"customers": [theirs.customer], "since": LONG_BEFORE, "until": LONG_AFTER.date()},
        ),
    ),
    (
        statements.brought_forward,
        lambda tx, theirs, _: tx.rows(
            statements.brought_forward(),
            {"customers": [theirs.customer], "since": LONG_AFTER.date()},
        ),
    ),
    (
        statements.outstanding,
        lambda tx, theirs, _: tx.rows(
            statements.outstanding(),
            {"owners": [theirs.location], "until": LONG_AFTER.date()},
        ),
    ),
    (
        statements.outstanding,
        lambda tx, theirs, _: tx.rows(
            statements.outstanding(of_customers=True),
            {"owners": [theirs.customer], "until": LONG_AFTER.date()},
        ),
    ),
]
TAKE_NO_IDS = {
    ledger.astray,
    ledger.funds,
    ledger.netted,
    ledger.post,
    ledger.post_all,
    ledger.revenue,
    ledger.vat_debit,
}
READS = {
    billing.taxes,
    billing.charged,
    ledger.posted,
    ledger.ids_by_key,
    ledger.balances,
    ledger.trial_balance,
    ledger.owed,
    ledger.vat,
    statements.moved,
    statements.brought_forward,
    statements.outstanding,
}
