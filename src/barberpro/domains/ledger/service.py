"""What can be done with the ledger: post to it, take back what was posted, and read what accounts come to.

Nothing is ever altered or removed. Whoever posts holds whatever the entry is about, so that no two post it at once;
accounts are locked last of all, in their order, and only as one is opened.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
)

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import canonical, publish
from barberpro.platform.sets import among, key_set
from barberpro.platform.unique import insert_unless_taken

from . import events
from .chart import DISCOUNTS as DISCOUNTS
from .chart import RECEIVABLE as RECEIVABLE
from .chart import Account as Account
from .chart import Method as Method
from .chart import Role
from .chart import funds as funds
from .chart import revenue as revenue
from .chart import vat_debit as vat_debit
from .entries import Entry as Entry
from .entries import EntryKind as EntryKind
from .entries import Posting as Posting
from .entries import netted as netted
from .tables import ledger_accounts, ledger_postings, ledger_transactions

written = ledger_transactions.alias("written")
amount = ledger_postings.alias("amount")
account = ledger_accounts.alias("account")
"""Transactions, their amounts and the accounts of these, for others to join to rows of their own."""
a, t, p = ledger_accounts.c, ledger_transactions.c, ledger_postings.c

# Made once: what they set comes with each execution.
WRITE = insert(ledger_transactions).returning(ledger_transactions)
ADD = insert(ledger_transactions)
LIST = insert(ledger_postings)
AT = select(a.id, a.role, a.detail).where(a.location_id == bindparam("location"))
BY_KEY = select(ledger_transactions).where(t.key == bindparam("posted_as"))
AMONG = select(t.key, t.id).where(among(t.key, key_set("these")))
SUM = cast(func.sum(p.amount_minor), BigInteger)
DAY = bindparam("until", type_=p.effective_on.type)
BALANCES = (
    select(p.account_id, p.currency_code, SUM.label("balance_minor"))
    .where(among(p.account_id, key_set("accounts")), p.effective_on <= DAY)
    .group_by(p.account_id, p.currency_code)
    .order_by(p.account_id, p.currency_code)
)


def _summed(amount: Any, name: str) -> Any:
    return cast(func.sum(amount), BigInteger).label(name)


def _trial(*where: Any) -> Select[*tuple[Any, ...]]:
    """By account first, as the index has them: joined to each posting it took twice as long and more."""
    by_account = (
        select(
            p.account_id,
            p.currency_code,
            _summed(case((p.amount_minor > 0, p.amount_minor), else_=0), "debits"),
            _summed(case((p.amount_minor < 0, -p.amount_minor), else_=0), "credits"),
        )
        .where(p.effective_on <= DAY, *where)
        .group_by(p.account_id, p.currency_code)
        .subquery()
    )
    sums = by_account.c
    return (
        select(
            a.role,
            a.detail,
            sums.currency_code,
            _summed(sums.debits, "debit_minor"),
            _summed(sums.credits, "credit_minor"),
            _summed(sums.debits - sums.credits, "balance_minor"),
        )
        .join(ledger_accounts, a.id == sums.account_id)
        .group_by(a.role, a.detail, sums.currency_code)
        .order_by(a.role, a.detail, sums.currency_code)
    )


TRIAL = _trial()
TRIAL_AT = _trial(p.account_id.in_(select(a.id).where(a.location_id == bindparam("location"))))
OWED = (
    select(a.location_id, p.currency_code, SUM.label("balance_minor"))
    .join(ledger_accounts, a.id == p.account_id)
    .where(a.role == RECEIVABLE.role)
    .group_by(a.location_id, p.currency_code)
)
VAT = (
    select(a.location_id, a.detail, p.currency_code, SUM.label("balance_minor"))
    .join(ledger_accounts, a.id == p.account_id)
    .where(a.role == Role.VAT_DEBIT)
    .group_by(a.location_id, a.detail, p.currency_code)
)
ASTRAY = (
    select(p.transaction_id, p.currency_code, SUM.label("balance_minor"))
    .group_by(p.transaction_id, p.currency_code)
    .having(func.sum(p.amount_minor) != 0)
    .order_by(p.transaction_id)
)


async def post(tx: Transaction, entry: Entry) -> Row[Any]:
    """Write an entry down for good. An entry of the same key is refused by the database: ask `posted` first."""
    made, rows = _written(entry, await _accounts(tx, entry.location_id, [entry]), tx.now)
    await tx.insert(LIST, rows)  # first: SQLite looks at them as the transaction is written
    row = (await tx.execute(WRITE, made)).one()
    event = events.LedgerPosted(
        subject=row.id,
        location_id=row.location_id,
        invoice_id=row.invoice_id,
        reverses_id=row.reverses_id,
        kind=row.kind,
        key=row.key,
        effective_on=entry.effective_on.isoformat(),
        postings=[
            {name: each[name] for name in ("account_id", "amount_minor", "currency_code")}
            for each in rows
        ],
    )
    await publish(tx, event, after=row)
    return row


async def post_all(tx: Transaction, entries: Sequence[Entry]) -> None:
    """The same for many at once, told as one event with the hash over all of their rows."""
    by_location: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_location[entry.location_id].append(entry)
    made, postings = [], []
    for location_id in sorted(by_location):
        here = by_location[location_id]
        accounts = await _accounts(tx, location_id, here)
        for entry in here:
            each, rows = _written(entry, accounts, tx.now)
            made.append(each)
            postings += rows
    if not made:
        return
    await tx.insert(LIST, postings)
    await tx.insert(ADD, made)
    hashed = hashlib.sha256()
    for row in (*made, *postings):
        hashed.update(canonical(row))
    event = events.LedgerCaughtUp(
        subject=tx.principal.tenant,
        transactions=len(made),
        postings=len(postings),
        digest=hashed.hexdigest(),
    )
    await publish(tx, event)


async def posted(tx: Transaction, key: str) -> Row[Any] | None:
    """The transaction of that key, or None where it was never posted."""
    return await tx.row(BY_KEY, {"posted_as": key})


async def ids_by_key(tx: Transaction, keys: Sequence[str]) -> dict[str, str]:
    """The transactions of these keys, as far as they were posted."""
    rows = await tx.rows(AMONG, {"these": keys}) if keys else []
    return {row.key: row.id for row in rows}


def balances() -> Select[*tuple[Any, ...]]:
    """What `:accounts` came to when the day `:until` ended, by account and currency.

    Rows of account_id, currency_code and balance_minor, a debit above zero; none of an account without postings.
    """
    return BALANCES


def trial_balance(*, at_one_location: bool = False) -> Select[*tuple[Any, ...]]:
    """Debits, credits and balance of each role when the day `:until` ended; at `:location` or at all together.

    Rows of role, detail, currency_code, debit_minor, credit_minor and balance_minor.
    """
    return TRIAL_AT if at_one_location else TRIAL


def owed() -> Select[*tuple[Any, ...]]:
    """What all customers of each location owe: rows of location_id, currency_code and balance_minor."""
    return OWED


def vat() -> Select[*tuple[Any, ...]]:
    """The VAT owed at each location by rate, below zero: rows of location_id, detail, currency_code, balance_minor."""
    return VAT


def astray() -> Select[*tuple[Any, ...]]:
    """Transactions that do not come to zero, which the database should have refused; none is right."""
    return ASTRAY


def _written(
    entry: Entry, accounts: Mapping[Account, str], now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of a transaction and of its postings, all but their tenant."""
    made = {
        "id": ids.new("ltx"),
        "location_id": entry.location_id,
        "invoice_id": entry.invoice_id,
        "reverses_id": entry.reverses_id,
        "kind": entry.kind,
        "key": entry.key,
        "effective_on": entry.effective_on,
        "recorded_at": now,
    }
    return made, [
        {
            "id": ids.new("pst"),
            "transaction_id": made["id"],
            "account_id": accounts[posting.account],
            "position": position,
            "currency_code": posting.amount.currency_code,
            "amount_minor": posting.amount.minor,
            "effective_on": entry.effective_on,
        }
        for position, posting in enumerate(entry.postings, 1)
    ]


async def _accounts(
    tx: Transaction, location_id: str, entries: Iterable[Entry]
) -> dict[Account, str]:
    """The ids of the location's accounts, those opened that these entries name and it has not yet."""
    wanted = sorted({posting.account for entry in entries for posting in entry.postings})
    found = await _known(tx, location_id)
    missing = [account for account in wanted if account not in found]
    for account in missing:
        row = {
            "id": ids.new("acc"),
            "location_id": location_id,
            "role": account.role,
            "detail": account.detail,
            "created_at": tx.now,
        }
        await insert_unless_taken(tx, ledger_accounts, row)  # another may open it at the same time
    return await _known(tx, location_id) if missing else found


async def _known(tx: Transaction, location_id: str) -> dict[Account, str]:
    rows = await tx.rows(AT, {"location": location_id})
    return {Account(Role(row.role), row.detail): row.id for row in rows}
