"""What customers owe, in the graph: their statements of account, and how long debts are overdue."""

import datetime as dt
import enum
from collections import defaultdict
from datetime import date
from typing import Annotated, Any

import strawberry

from barberpro.domains.billing import tables
from barberpro.domains.billing.statements import account, ageing, service
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched, one
from barberpro.graph.scalars import CurrencyCode
from barberpro.graph.types import enumeration, extends, value

from ..locations import Location
from ..people import Customer
from ..values import Money, money
from .types import Invoice

READ = "billing:read"
LONGEST_DAYS = 366

On = Annotated[
    date, strawberry.argument(description="As this day ended at the location of each invoice.")
]
First = Annotated[date, strawberry.argument(description="The first day of the statement.")]
Last = Annotated[
    date,
    strawberry.argument(description="Its last day, which is in it; 366 days at most in all."),
]


@enumeration
class StatementEntryKind(enum.Enum):
    """What changed what a customer owes."""

    INVOICE_ISSUED = "INVOICE_ISSUED"
    """An invoice was issued: they owe its total."""
    INVOICE_PAID = "INVOICE_PAID"
    """All of an invoice was paid."""
    INVOICE_CREDITED = "INVOICE_CREDITED"
    """A credit note took an invoice back."""


@value
class StatementEntry:
    """Something that changed what a customer owes."""

    kind: StatementEntryKind
    """What happened."""
    on: dt.date
    """The day, at the location, that it counts for."""
    amount: Money = money("amount_minor")
    """By how much: above zero they owe more, below zero less."""
    balance: Money = money("balance_minor")
    """What they owed right after it."""
    invoice: Invoice | None = one(tables.invoice_lines.c.invoice_id, scope=READ)
    """The invoice that was issued or paid, or the credit note."""


@value
class AccountStatement:
    """What a customer owed in one currency as a period began, what changed it, and what they owed as it ended."""

    currency_code: CurrencyCode
    """The currency of its amounts."""
    opening: Money = money("opening_minor")
    """What they owed as its first day began; below zero it was owed to them."""
    invoiced: Money = money("invoiced_minor")
    """The invoices issued in it."""
    credited: Money = money("credited_minor")
    """What credit notes took back in it."""
    paid: Money = money("paid_minor")
    """What they paid in it."""
    closing: Money = money("closing_minor")
    """What they owed as its last day ended: opening and invoiced, less credited and paid."""
    entries: list[StatementEntry]
    """What changed it, in order; what comes to nothing is left out."""


@value
class Receivables:
    """What is owed in one currency, by how many days had passed since the last one to pay on."""

    currency_code: CurrencyCode
    """The currency of its amounts."""
    not_due: Money = money("not_due_minor")
    """What could still be paid in time."""
    overdue_to30_days: Money = money("to_30_minor")
    """What was overdue for 1 to 30 days."""
    overdue_to60_days: Money = money("to_60_minor")
    """What was overdue for 31 to 60 days."""
    overdue_to90_days: Money = money("to_90_minor")
    """What was overdue for 61 to 90 days."""
    overdue_longer: Money = money("over_90_minor")
    """What was overdue for more than 90 days."""
    to_refund: Money = money("refund_minor")
    """What was paid and then taken back by a credit note: the customer is owed it."""
    total: Money = money("total_minor")
    """All that is owed, less what is to be refunded: what the ledger's receivable accounts come to."""


async def _aged(
    parents: Any, context: Context, on: date, *, of_customers: bool
) -> list[list[ageing.Ageing]]:
    asked = {"owners": [p.id for p in parents], "until": on}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await context.rows(service.outstanding(of_customers=of_customers), asked):
        found[row.owner_id].append(row)
    return [ageing.aged(found[p.id], on) for p in parents]


async def owed_here(parents: Any, context: Context, on: On) -> list[list[ageing.Ageing]]:
    """What customers owed here when a day had ended, by how long it was overdue: an entry a currency."""
    return await _aged(parents, context, on, of_customers=False)


async def owed_by(parents: Any, context: Context, on: On) -> list[list[ageing.Ageing]]:
    """What they owed when a day had ended, by how long it was overdue, where the caller may see it: one a currency."""
    return await _aged(parents, context, on, of_customers=True)


async def statements(
    parents: Any, context: Context, since: First, until: Last
) -> list[list[account.Statement]]:
    """Their statements of account for a period, one a currency, of the locations whose invoices the caller may see."""
    if not 0 <= (until - since).days < LONGEST_DAYS:
        raise BadInput(
            f"A statement is of 1 to {LONGEST_DAYS} days; it is from {since} to {until}."
        )
    asked: dict[str, Any] = {"customers": [p.id for p in parents], "since": since}
    opening: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await context.rows(service.brought_forward(), asked):
        opening[row.customer_id][row.currency_code] = row.balance_minor
    moved: dict[str, list[Any]] = defaultdict(list)
    for row in await context.rows(service.moved(), asked | {"until": until}):
        moved[row.customer_id].append(row)
    return [account.drawn_up(opening[p.id], moved[p.id]) for p in parents]


@extends(Location)
class LocationReceivables:
    receivables: list[Receivables] = batched(owed_here, cost=20, size=1, needs=("id",), scope=READ)


@extends(Customer)
class CustomerAccount:
    receivables: list[Receivables] = batched(owed_by, cost=20, size=1, needs=("id",), scope=READ)
    statements: list[AccountStatement] = batched(
        statements, cost=20, size=1, needs=("id",), scope=READ
    )
