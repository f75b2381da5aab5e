"""What the ledger takes, what it refuses whoever asks, and what accounts come to."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from barberpro.domains.ledger import service
from barberpro.domains.ledger.chart import Method
from barberpro.domains.ledger.entries import Unbalanced
from barberpro.domains.ledger.service import (
    DISCOUNTS,
    RECEIVABLE,
    Entry,
    EntryKind,
    Posting,
    funds,
)
from barberpro.domains.ledger.tables import ledger_accounts, ledger_postings, ledger_transactions
from barberpro.platform import ids
from barberpro.platform.money import Money

CASH = funds(Method.CASH)
DAY = date(2026, 11, 23)
FOREVER = date.max


def entry(location: str, *amounts: tuple[Any, int, str], **other: Any) -> Entry:
    usual: dict[str, Any] = {
        "location_id": location,
        "kind": EntryKind.INVOICE_PAID,
        "key": "paid:1",
        "effective_on": DAY,
        "postings": tuple(Posting(account, Money(n, code)) for account, n, code in amounts),
    }
    return Entry(**usual | other)


def cash(location: str, minor: int = 500, **other: Any) -> Entry:
    return entry(location, (CASH, minor, "ARS"), (RECEIVABLE, -minor, "ARS"), **other)


@pytest.fixture
def posted(done: Any) -> Any:
    async def post(made: Entry) -> Any:
        return await done(lambda tx: service.post(tx, made))

    return post


async def test_an_entry_is_kept_as_it_was_made_and_told(
    chain: Any, posted: Any, state: Any, told: Any, clock: Any
) -> None:
    row = await posted(cash(chain.centro.id))
    kept = await state()
    accounts = {row[3]: row for row in kept["ledger_accounts"]}
    assert {role: (r[2], r[4], r[5]) for role, r in accounts.items()} == {
        "FUNDS": (chain.centro.id, "CASH", clock.time),
        "RECEIVABLE": (chain.centro.id, "", clock.time),
    }
    tenant = chain.centro.organization_id
    assert kept["ledger_transactions"] == [
        (row.id, tenant, chain.centro.id, None, None, "INVOICE_PAID", "paid:1", DAY, clock.time)
    ]
    first, second = [accounts[role][0] for role in ("FUNDS", "RECEIVABLE")]
    assert sorted((r[1:] for r in kept["ledger_postings"]), key=lambda r: r[3]) == [
        (tenant, row.id, first, 1, "ARS", 500, DAY),
        (tenant, row.id, second, 2, "ARS", -500, DAY),
    ]
    ((kind, _, facts),) = await told(row.id)
    assert kind == "ledger.posted"
    assert facts["postings"] == [
        {"account_id": first, "amount_minor": 500, "currency_code": "ARS"},
        {"account_id": second, "amount_minor": -500, "currency_code": "ARS"},
    ]
    assert (facts["key"], facts["effective_on"]) == ("paid:1", "2026-11-23")


async def test_accounts_are_opened_once_a_location(chain: Any, posted: Any, state: Any) -> None:
    for n, shop in enumerate((chain.centro, chain.centro, chain.norte)):
        await posted(cash(shop.id, key=f"paid:{n}"))
    assert len((await state())["ledger_accounts"]) == 4


@pytest.mark.parametrize(
    "amounts",
    [
        [(CASH, 500, "ARS"), (RECEIVABLE, -499, "ARS")],
        [(CASH, 500, "ARS"), (RECEIVABLE, -500, "USD")],
        [],
    ],
)
def test_what_does_not_come_to_zero_is_no_entry(amounts: Any) -> None:
    with pytest.raises(Unbalanced):
        entry("loc", *amounts)


@pytest.mark.parametrize(
    ("amounts", "days"),
    [
        ([("ARS", 500), ("ARS", -499)], [DAY, DAY]),
        ([("ARS", 500), ("USD", -500)], [DAY, DAY]),
        ([("ARS", 500)], [DAY]),
        ([], []),
        ([("ARS", 500), ("ARS", -500)], [DAY, date(2026, 11, 24)]),
    ],
)
async def test_the_database_itself_refuses_what_does_not_come_to_zero(
    chain: Any, posted: Any, opening: Any, state: Any, amounts: Any, days: Any
) -> None:
    await posted(cash(chain.centro.id))
    before = await state()
    with pytest.raises(DBAPIError, match="ledger_transactions_balance"):
        async with opening() as tx:
            await written(tx, before, chain.centro.id, amounts, days)
    assert await state() == before


async def written(tx: Any, kept: Any, location: str, amounts: Any, days: Any) -> None:
    """A transaction past the service, with these postings."""
    account, made = kept["ledger_accounts"][0][0], ids.new("ltx")
    tx.published += 1  # so that nothing but the database stands in the way
    await tx.insert(
        insert(ledger_postings),
        [
            {
                "id": ids.new("pst"),
                "transaction_id": made,
                "account_id": account,
                "position": n,
                "currency_code": code,
                "amount_minor": minor,
                "effective_on": day,
            }
            for n, ((code, minor), day) in enumerate(zip(amounts, days, strict=True), 1)
        ],
    )
    values = {
        "id": made,
        "location_id": location,
        "kind": "INVOICE_PAID",
        "key": "other",
        "effective_on": DAY,
        "recorded_at": tx.now,
    }
    await tx.execute(insert(ledger_transactions), values)


async def test_postings_without_their_transaction_cannot_stay(
    chain: Any, posted: Any, opening: Any, state: Any
) -> None:
    await posted(cash(chain.centro.id))
    before = await state()
    account = before["ledger_accounts"][0][0]
    with pytest.raises(DBAPIError):
        async with opening() as tx:
            tx.published += 1
            await tx.insert(
                insert(ledger_postings), [posting(ids.new("ltx"), account, n) for n in (1, -1)]
            )
    assert await state() == before


@pytest.mark.parametrize("minors", [(700,), (700, -700)])
async def test_nothing_is_added_to_a_transaction_that_is_there(
    chain: Any, posted: Any, opening: Any, state: Any, minors: Any
) -> None:
    row = await posted(cash(chain.centro.id))
    before = await state()
    account = before["ledger_accounts"][0][0]
    with pytest.raises(DBAPIError, match="ledger_postings_closed"):
        async with opening() as tx:
            tx.published += 1
            await tx.insert(insert(ledger_postings), [posting(row.id, account, n) for n in minors])
    assert await state() == before


def posting(transaction: str, account: str, minor: int) -> dict[str, Any]:
    return {
        "id": ids.new("pst"),
        "transaction_id": transaction,
        "account_id": account,
        "position": 1_000 + minor,
        "currency_code": "ARS",
        "amount_minor": minor,
        "effective_on": DAY,
    }


@pytest.mark.parametrize("table", [ledger_accounts, ledger_transactions, ledger_postings])
@pytest.mark.parametrize("verb", ["update", "delete"])
async def test_nothing_is_altered_or_removed(
    chain: Any, posted: Any, opening: Any, state: Any, table: Any, verb: str
) -> None:
    await posted(cash(chain.centro.id))
    before = await state()
    statement = delete(table) if verb == "delete" else update(table).values(id=table.c.id)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        async with opening() as tx:
            await tx.execute(statement)
    assert await state() == before


async def test_what_happened_is_posted_once(
    chain: Any, posted: Any, opening: Any, state: Any, done: Any
) -> None:
    row = await posted(cash(chain.centro.id))
    assert (await done(lambda tx: service.posted(tx, "paid:1"))).id == row.id
    assert await done(lambda tx: service.posted(tx, "paid:2")) is None
    before = await state()
    with pytest.raises(DBAPIError, match=r"key"):
        await posted(cash(chain.centro.id, 999))
    assert await state() == before


async def test_a_transaction_is_taken_back_once(chain: Any, posted: Any, state: Any) -> None:
    row = await posted(cash(chain.centro.id))
    back = await posted(cash(chain.centro.id, -500, key="back:1", reverses_id=row.id))
    assert back.reverses_id == row.id
    before = await state()
    with pytest.raises(DBAPIError, match="reverses"):
        await posted(cash(chain.centro.id, -500, key="back:2", reverses_id=row.id))
    assert await state() == before


async def test_balances_are_those_of_the_day(chain: Any, posted: Any, done: Any) -> None:
    await posted(cash(chain.centro.id, 500, key="1", effective_on=date(2026, 11, 23)))
    await posted(cash(chain.centro.id, 70, key="2", effective_on=date(2026, 11, 25)))
    await posted(entry(chain.centro.id, (CASH, 9, "USD"), (DISCOUNTS, -9, "USD"), key="3"))
    await posted(cash(chain.norte.id, 30, key="4"))
    accounts = await done(
        lambda tx: tx.rows(
            select(ledger_accounts.c.id).where(
                ledger_accounts.c.role == "FUNDS", ledger_accounts.c.location_id == chain.centro.id
            )
        )
    )

    async def came_to(day: date) -> list[tuple[str, int]]:
        asked = {"accounts": [row.id for row in accounts], "until": day}
        rows = await done(lambda tx: tx.rows(service.balances(), asked))
        return [(row.currency_code, row.balance_minor) for row in rows]

    assert await came_to(date(2026, 11, 22)) == []
    assert await came_to(date(2026, 11, 24)) == [("ARS", 500), ("USD", 9)]
    assert await came_to(date(2026, 11, 25)) == [("ARS", 570), ("USD", 9)]

    async def tried(statement: Any, **asked: Any) -> list[tuple[Any, ...]]:
        rows = await done(lambda tx: tx.rows(statement, {"until": DAY, **asked}))
        return [tuple(row) for row in rows]

    assert await tried(service.trial_balance()) == [
        ("DISCOUNTS", "", "USD", 0, 9, -9),
        ("FUNDS", "CASH", "ARS", 530, 0, 530),
        ("FUNDS", "CASH", "USD", 9, 0, 9),
        ("RECEIVABLE", "", "ARS", 0, 530, -530),
    ]
    at_norte = service.trial_balance(at_one_location=True)
    assert await tried(at_norte, location=chain.norte.id) == [
        ("FUNDS", "CASH", "ARS", 30, 0, 30),
        ("RECEIVABLE", "", "ARS", 0, 30, -30),
    ]
