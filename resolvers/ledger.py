"""The ledger in the graph: accounts and what they come to, transactions and their postings."""

import enum
from collections import defaultdict
from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.ledger import chart, service, tables
from barberpro.graph.choices import at_least, below, equals, filtering, is_in, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import (
    Connection,
    batched,
    by_id,
    computed,
    connection,
    many,
    one,
    page,
)
from barberpro.graph.scalars import CurrencyCode
from barberpro.graph.types import Node, Query, entity, enumeration, extends, value
from barberpro.platform import money as amounts

from .billing import Invoice, PaymentMethod
from .locations import Location
from .values import Money, money

READ = "ledger:read"


@enumeration
class LedgerAccountKind(enum.Enum):
    """Which side of the books an account stands on."""

    ASSET = "ASSET"
    """What the organization has or is owed; a debit adds to it."""
    LIABILITY = "LIABILITY"
    """What it owes; a credit adds to it."""
    INCOME = "INCOME"
    """What it earns; a credit adds to it."""


@enumeration
class LedgerAccountRole(enum.Enum):
    """What an account is for."""

    RECEIVABLE = "RECEIVABLE"
    """What customers owe; below zero where the organization owes them."""
    FUNDS = "FUNDS"
    """Money received, by how it was."""
    REVENUE = "REVENUE"
    """What was charged, by rate of VAT, without the tax and before discounts."""
    DISCOUNTS = "DISCOUNTS"
    """What was taken off prices, without the tax: it lessens revenue."""
    VAT_DEBIT = "VAT_DEBIT"
    """VAT that is owed to the tax authority, by rate."""


@enumeration
class LedgerEntryKind(enum.Enum):
    """What happened that was posted."""

    INVOICE_ISSUED = "INVOICE_ISSUED"
    """An invoice got its number: the customer owes its total."""
    INVOICE_PAID = "INVOICE_PAID"
    """All of an invoice was paid."""
    INVOICE_CREDITED = "INVOICE_CREDITED"
    """A credit note took an invoice back: the issue, reversed."""


def account_kind(role: str) -> str:
    """Which side of the books it stands on."""
    return chart.KINDS[chart.Role(role)]


def tax_rate_bps(role: str, detail: str) -> int | None:
    """The rate of VAT it is of, in basis points; null where it is of none."""
    return chart.rate_of(role, detail)


def method(role: str, detail: str) -> str | None:
    """How its money was received; null where it holds none."""
    return chart.method_of(role, detail)


Ends = Annotated[
    date | None,
    strawberry.argument(description="When this day ended; with all that was posted by default."),
]
At = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Of this location; of all the caller sees by default."),
]


async def balances(parents: Any, context: Context, on: Ends = None) -> list[list[amounts.Money]]:
    """What it comes to in each currency: debits less credits, so what customers owe is above zero, revenue below.

    None in a currency that was never posted to it.
    """
    asked = {"accounts": [p.id for p in parents], "until": on or date.max}
    found: dict[str, list[amounts.Money]] = defaultdict(list)
    for row in await context.rows(service.balances(), asked):
        found[row.account_id].append(amounts.Money(row.balance_minor, row.currency_code))
    return [found[p.id] for p in parents]


@entity(tables.ledger_postings, scope=READ)
class LedgerPosting(Node):
    """An amount on one account. It never changes; what was wrong is taken back by another transaction."""

    position: int
    """Its place in the transaction, from 1."""
    amount: Money = money("amount_minor")
    """A debit above zero, a credit below. Those of a transaction come to zero in each currency."""


@entity(tables.ledger_transactions, scope=READ)
class LedgerTransaction(Node):
    """Something that happened, as amounts on two or more accounts that come to zero."""

    kind: LedgerEntryKind
    """What happened."""
    key: str
    """What names it, once in an organization: it cannot be posted twice."""
    effective_on: date
    """The day, at the location, that it counts for."""
    recorded_at: datetime
    """When it was written down."""
    location: Location = one(tables.ledger_transactions.c.location_id, scope="locations:read")
    """Where it happened."""
    invoice: Invoice | None = one(tables.ledger_transactions.c.invoice_id, scope="billing:read")
    """The invoice or credit note it is about."""
    postings: list[LedgerPosting] = many(
        tables.ledger_postings.c.transaction_id,
        order=(tables.ledger_postings.c.position,),
        size=4,
    )
    """Its amounts, in order."""


@extends(LedgerTransaction)
class LedgerCorrections:
    reverses: LedgerTransaction | None = one(tables.ledger_transactions.c.reverses_id)
    """The transaction that this one takes back."""
    reversed_by: list[LedgerTransaction] = many(
        tables.ledger_transactions.c.reverses_id,
        order=(tables.ledger_transactions.c.recorded_at,),
        size=1,
    )
    """The transaction that took this one back; none or one."""


LedgerTransactionOrder = ordering(
    "LedgerTransaction",
    {"RECORDED_AT": "When it was written down."},
    RECORDED_AT=tables.ledger_transactions.c.recorded_at,
)


@filtering
class LedgerTransactionFilter:
    """Which transactions. All of what is given must hold."""

    kind: list[LedgerEntryKind] | None = is_in(tables.ledger_transactions.c.kind)
    """Of one of these kinds."""
    location_id: strawberry.ID | None = equals(tables.ledger_transactions.c.location_id)
    """Those of this location."""
    invoice_id: strawberry.ID | None = equals(tables.ledger_transactions.c.invoice_id)
    """Those about this invoice or credit note."""
    effective_from: date | None = at_least(tables.ledger_transactions.c.effective_on)
    """Those that count for this day or later."""
    effective_before: date | None = below(tables.ledger_transactions.c.effective_on)
    """Those that count for a day before this one."""


@entity(tables.ledger_accounts, scope=READ)
class LedgerAccount(Node):
    """What a location keeps account of. It is opened when something is first posted to it."""

    role: LedgerAccountRole
    """What it is for."""
    kind: LedgerAccountKind = computed("role", fn=account_kind)
    tax_rate_bps: int | None = computed("role", "detail", fn=tax_rate_bps)
    method: PaymentMethod | None = computed("role", "detail", fn=method)
    created_at: datetime
    """When it was opened."""
    location: Location = one(tables.ledger_accounts.c.location_id, scope="locations:read")
    """Whose it is."""
    balances: list[Money] = batched(balances, cost=4, size=1, needs=("id",))


@extends(LedgerPosting)
class LedgerPostingAccount:
    account: LedgerAccount = one(tables.ledger_postings.c.account_id)
    """The account it stands on."""


LedgerAccountOrder = ordering(
    "LedgerAccount",
    {"ROLE": "What it is for.", "CREATED_AT": "When it was opened."},
    ROLE=tables.ledger_accounts.c.role,
    CREATED_AT=tables.ledger_accounts.c.created_at,
)


@filtering
class LedgerAccountFilter:
    """Which accounts. All of what is given must hold."""

    role: list[LedgerAccountRole] | None = is_in(tables.ledger_accounts.c.role)
    """Of one of these roles."""
    location_id: strawberry.ID | None = equals(tables.ledger_accounts.c.location_id)
    """Those of this location."""


@value
class TrialBalanceLine:
    """All accounts of a role together, in one currency."""

    role: LedgerAccountRole
    """What they are for."""
    kind: LedgerAccountKind = computed("role", fn=account_kind)
    tax_rate_bps: int | None = computed("role", "detail", fn=tax_rate_bps)
    method: PaymentMethod | None = computed("role", "detail", fn=method)
    currency_code: CurrencyCode
    """The currency of its amounts."""
    debit: Money = money("debit_minor")
    """All debits."""
    credit: Money = money("credit_minor")
    """All credits. Over all lines of a currency they are as much as the debits."""
    balance: Money = money("balance_minor")
    """Debits less credits."""


async def trial_balance(
    parents: Any, context: Context, on: Ends = None, location_id: At = None
) -> list[list[Row[Any]]]:
    """What all accounts come to, by role; what customers owe is above zero, revenue below."""
    asked: dict[str, Any] = {"until": on or date.max}
    if location_id is not None:
        asked["location"] = location_id
    statement = service.trial_balance(at_one_location=location_id is not None)
    rows = list(await context.rows(statement, asked))
    return [rows for _ in parents]


@extends(Invoice)
class InvoiceLedger:
    ledger_transactions: list[LedgerTransaction] = many(
        tables.ledger_transactions.c.invoice_id,
        order=(tables.ledger_transactions.c.recorded_at,),
        size=2,
        scope=READ,
    )
    """What was posted about it, the first first; nothing as long as it is a draft."""


@extends(Location)
class LocationLedger:
    ledger_accounts: Connection[LedgerAccount] = connection(
        tables.ledger_accounts.c.location_id,
        ordering=LedgerAccountOrder,
        filter=LedgerAccountFilter,
        scope=READ,
    )
    """What is kept account of here."""


@extends(Query)
class LedgerQueries:
    ledger_account: LedgerAccount | None = by_id(tables.ledger_accounts)
    """An account by id; null where the caller can see none."""
    ledger_accounts: Connection[LedgerAccount] = page(
        tables.ledger_accounts, ordering=LedgerAccountOrder, filter=LedgerAccountFilter
    )
    """The accounts the caller may see."""
    ledger_transaction: LedgerTransaction | None = by_id(tables.ledger_transactions)
    """A transaction by id; null where the caller can see none."""
    ledger_transactions: Connection[LedgerTransaction] = page(
        tables.ledger_transactions,
        ordering=LedgerTransactionOrder,
        filter=LedgerTransactionFilter,
    )
    """The transactions the caller may see."""
    trial_balance: list[TrialBalanceLine] = batched(trial_balance, cost=20, size=20, scope=READ)
