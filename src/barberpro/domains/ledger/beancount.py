"""The ledger as a text that other programs read and check: Beancount's.

Syntax as in Beancount's Language Syntax, version 3: `open` directives, transactions with metadata, and at the end a
`balance` assertion for each account, so that `bean-check` finds what we reckon to be what it reckons itself.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from barberpro.domains.locations.service import place
from barberpro.platform.doors import Reader, Rows
from barberpro.platform.money import Money
from barberpro.platform.sets import among, key_set

from .chart import Role
from .service import balances
from .tables import ledger_accounts, ledger_postings, ledger_transactions

PAGE = 1_000  # transactions read at a time
a, t, p = ledger_accounts.c, ledger_transactions.c, ledger_postings.c
ACCOUNTS = (
    select(a.id, a.role, a.detail, a.location_id, place.c.name)
    .join(place, place.c.id == a.location_id)
    .order_by(a.id)
)
SPAN = select(func.min(t.effective_on).label("first"), func.max(t.effective_on).label("last"))
NEXT = select(ledger_transactions).where(t.id > bindparam("after")).order_by(t.id).limit(PAGE)
POSTINGS = (
    select(p.transaction_id, p.account_id, p.amount_minor, p.currency_code)
    .where(among(p.transaction_id, key_set("these")))
    .order_by(p.transaction_id, p.position)
)
NAMES: dict[str, Callable[[str], str]] = {
    Role.RECEIVABLE: lambda _: "Assets:Receivable",
    Role.FUNDS: lambda detail: f"Assets:Funds:{detail.title()}",
    Role.REVENUE: lambda detail: f"Income:Revenue:{detail}",
    Role.DISCOUNTS: lambda _: "Income:Discounts",
    Role.VAT_DEBIT: lambda detail: f"Liabilities:VAT:{detail}",
}


async def exported(reader: Reader, title: str) -> AsyncIterator[str]:
    """The lines of an organization's whole ledger, in the order it was written."""
    accounts = {row.id: row for row in await reader.rows(ACCOUNTS)}
    names = {id_: _name(row) for id_, row in accounts.items()}
    span = (await reader.rows(SPAN))[0]
    yield f'option "title" {_text(title)}'
    if span.first is None:
        return
    came_to = await reader.rows(balances(), {"accounts": list(accounts), "until": date.max})
    for code in sorted({row.currency_code for row in came_to}):
        yield f'option "operating_currency" "{code}"'
    for id_, account in accounts.items():
        yield f"{span.first} open {names[id_]}"
        yield f"  id: {_text(id_)}"
        yield f"  location: {_text(account.name)}"
    after = ""
    while page := await reader.rows(NEXT, {"after": after}):
        after = page[-1].id
        postings = _by_transaction(await reader.rows(POSTINGS, {"these": [row.id for row in page]}))
        for row in page:
            for line in _transaction(row, postings[row.id], names):
                yield line
    for row in came_to:
        amount = Money(row.balance_minor, row.currency_code).amount
        day = span.last + timedelta(days=1)  # an assertion is about the beginning of its day
        yield f"{day} balance {names[row.account_id]} {amount} {row.currency_code}"


def _transaction(
    row: Row[Any], postings: Iterable[Row[Any]], names: dict[str, str]
) -> Iterable[str]:
    yield f"{row.effective_on} * {_text(row.kind)}"
    yield f"  id: {_text(row.id)}"
    yield f"  key: {_text(row.key)}"
    if row.reverses_id is not None:
        yield f"  reverses: {_text(row.reverses_id)}"
    for each in postings:
        amount = Money(each.amount_minor, each.currency_code).amount
        yield f"  {names[each.account_id]} {amount} {each.currency_code}"


def _by_transaction(rows: Rows) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.transaction_id].append(row)
    return found


def _name(account: Row[Any]) -> str:
    """An account's name ends in its location's id: a part begins with a digit or a capital."""
    location = account.location_id.partition("_")[2].upper()
    return f"{NAMES[account.role](account.detail)}:{location}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
