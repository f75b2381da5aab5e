"""What the ledger says that customers owe, as statements to read by.

Invoices and credit notes count for the day of their issue at the location, payments for theirs: the days the ledger
keeps. So debts by customer or by age add up to what stands on the ledger's receivable accounts, to the cent. What was
not posted yet (`barberpro ledger catch-up`) is in neither, and nor is what comes to nothing.
"""

from typing import Any

from sqlalchemy import BigInteger, Date, Select, bindparam, case, cast, func, select

from barberpro.domains.ledger import service as ledger
from barberpro.domains.locations.service import place
from barberpro.platform.sets import among, key_set

from ..tables import invoices

charge = invoices.alias("charge")
i, c, w = invoices.c, charge.c, ledger.written.c
p, a = ledger.amount.c, ledger.account.c
SUM = cast(func.sum(p.amount_minor), BigInteger)
SINCE, UNTIL = bindparam("since", type_=Date()), bindparam("until", type_=Date())


def _owed(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Amounts on receivable accounts, each with its transaction and with the invoice or credit note it is about."""
    return (
        select(*columns)
        .join(ledger.account, a.id == p.account_id)
        .join(ledger.written, w.id == p.transaction_id)
        .join(invoices, i.id == w.invoice_id)
        .where(a.role == ledger.RECEIVABLE.role)
    )


MOVED = (
    _owed(
        i.customer_id,
        i.id.label("invoice_id"),
        w.kind,
        p.effective_on,
        p.currency_code,
        p.amount_minor,
    )
    .where(among(i.customer_id, key_set("customers")), p.effective_on >= SINCE)
    .where(p.effective_on <= UNTIL)
    .order_by(i.customer_id, p.currency_code, p.effective_on, w.recorded_at, w.id)
)
BROUGHT_FORWARD = (
    _owed(i.customer_id, p.currency_code, SUM.label("balance_minor"))
    .where(among(i.customer_id, key_set("customers")), p.effective_on < SINCE)
    .group_by(i.customer_id, p.currency_code)
    .order_by(i.customer_id, p.currency_code)
)


def _outstanding(owner: Any) -> Select[*tuple[Any, ...]]:
    """Invoice by invoice first, with what took it back: one that is owed and one to refund do not make up for it."""
    about = func.coalesce(i.corrects_id, i.id)
    left = (
        _owed(about.label("invoice_id"), p.currency_code, SUM.label("open_minor"))
        .where(among(owner, key_set("owners")), p.effective_on <= UNTIL)
        .group_by(about, p.currency_code)
        .having(func.sum(p.amount_minor) != 0)
        .subquery()
    )
    minor = left.c.open_minor
    by = c[owner.name]
    kept = (by, place.c.time_zone, c.due_at, left.c.currency_code)
    return (
        select(
            by.label("owner_id"),
            *kept[1:],
            cast(func.sum(case((minor > 0, minor), else_=0)), BigInteger).label("owed_minor"),
            cast(func.sum(case((minor < 0, -minor), else_=0)), BigInteger).label("refund_minor"),
        )
        .join(left, left.c.invoice_id == c.id)
        .join(place, place.c.id == c.location_id)
        .group_by(*kept)
        .order_by(by, left.c.currency_code, c.due_at)
    )


OF_LOCATIONS, OF_CUSTOMERS = _outstanding(i.location_id), _outstanding(i.customer_id)


def moved() -> Select[*tuple[Any, ...]]:
    """What raised or lessened what `:customers` owe, on the days `:since` to `:until`, both included.

    Rows of customer_id, invoice_id, kind (the ledger's), effective_on, currency_code and amount_minor, below zero where
    it lessens the debt; by customer and currency in the order of days.
    """
    return MOVED


def brought_forward() -> Select[*tuple[Any, ...]]:
    """What `:customers` owed when the day `:since` began: rows of customer_id, currency_code and balance_minor."""
    return BROUGHT_FORWARD


def outstanding(*, of_customers: bool = False) -> Select[*tuple[Any, ...]]:
    """What was not paid of invoices when the day `:until` ended, of the locations or customers `:owners`.

    Rows of owner_id, time_zone, due_at, currency_code, owed_minor and refund_minor, one for all invoices to be paid
    until the same moment; `refund_minor` is what was paid and then taken back by a credit note.
    """
    return OF_CUSTOMERS if of_customers else OF_LOCATIONS
