"""Debts by customer, by location and by age are what the ledger says, to the cent."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.billing import service as billing
from barberpro.domains.billing.service import Line
from barberpro.domains.billing.statements import service
from barberpro.domains.billing.statements.account import drawn_up
from barberpro.domains.billing.statements.ageing import Ageing, aged
from barberpro.domains.ledger import service as ledger
from barberpro.platform.money import Money

START = datetime(2026, 6, 1, 15, tzinfo=UTC)


def gel(minor: int) -> Line:
    return Line(description="Gel", quantity=1, unit_price=Money(minor, "ARS"))


@pytest.fixture
def owed(done: Any) -> Any:
    """`await owed(id, day, of_customers=…)`: how old the debts of one location or customer are."""

    async def read(owner: str, until: date, **which: Any) -> list[Ageing]:
        asked = {"owners": [owner], "until": until}
        rows = await done(lambda tx: tx.rows(service.outstanding(**which), asked))
        return aged(rows, until)

    return read


@pytest.fixture
def statement(done: Any, chain: Any) -> Any:
    """`await statement(first, last)`: Carla's."""

    async def read(since: date, until: date) -> Any:
        asked = {"customers": [chain.carla.id], "since": since}
        before = await done(lambda tx: tx.rows(service.brought_forward(), asked))
        moved = await done(lambda tx: tx.rows(service.moved(), asked | {"until": until}))
        return drawn_up({row.currency_code: row.balance_minor for row in before}, moved)

    return read


@pytest.fixture
async def days(chain: Any, done: Any, clock: Any) -> list[date]:
    """Those of half a year with invoices at two shops, Carla's or nobody's, some paid, some taken back."""
    rng = random.Random(20261123)
    left: dict[str, list[str]] = {"ISSUED": [], "PAID": []}
    found = [START + timedelta(days=3 * n) for n in range(40)]
    for clock.time in found:
        asked: dict[str, Any] = {
            "location_id": rng.choice([chain.centro.id, chain.norte.id]),
            "customer_id": rng.choice([chain.carla.id, None]),
            "by_hand": [gel(rng.randint(1, 10**6))],
            "terms": rng.choice(list(billing.Terms)),
        }
        draft = await done(lambda tx, asked=asked: billing.create(tx, **asked))
        await done(lambda tx, id_=draft.id: billing.issue(tx, id_))
        left["ISSUED"].append(draft.id)
        if rng.random() < 0.5:
            id_ = left["ISSUED"].pop(rng.randrange(len(left["ISSUED"])))
            await done(lambda tx, id_=id_: billing.pay(tx, id_))
            left["PAID"].append(id_)
        status = rng.choice(["ISSUED", "PAID"])
        if left[status] and rng.random() < 0.2:
            id_ = left[status].pop(rng.randrange(len(left[status])))
            await done(lambda tx, id_=id_: billing.credit(tx, id_))
    return [day.date() for day in found]


async def test_debts_are_on_each_day_what_the_ledger_says(
    chain: Any, done: Any, owed: Any, days: list[date]
) -> None:
    refunds = 0
    for shop in (chain.centro.id, chain.norte.id):
        for day in days[::6]:
            asked = {"location": shop, "until": day}
            trial = ledger.trial_balance(at_one_location=True)
            lines = await done(lambda tx, asked=asked, trial=trial: tx.rows(trial, asked))
            posted = sum(line.balance_minor for line in lines if line.role == "RECEIVABLE")
            found = await owed(shop, day)
            assert sum(each.total_minor for each in found) == posted
            refunds += sum(each.refund_minor for each in found)
    assert refunds > 0, "some was paid and then taken back"


async def test_a_customers_debts_are_what_their_statement_ends_with(
    chain: Any, owed: Any, statement: Any, days: list[date]
) -> None:
    for first, last in zip(days[:-9:5], days[9::5], strict=True):
        (drawn,) = await statement(first, last)
        (debts,) = await owed(chain.carla.id, last, of_customers=True)
        assert drawn.closing_minor == debts.total_minor
        (before,) = await owed(chain.carla.id, first - timedelta(days=1), of_customers=True) or [
            None
        ]
        assert drawn.opening_minor == (before.total_minor if before else 0)


async def test_a_debt_grows_old_until_it_is_paid(
    chain: Any, done: Any, owed: Any, clock: Any
) -> None:
    """Net 15 of Monday 23 November ends on Tuesday 8 December, a holiday: the 9th is the last day."""
    clock.time = datetime(2026, 11, 23, 15, tzinfo=UTC)
    asked = {"location_id": chain.centro.id, "by_hand": [gel(121)], "terms": billing.Terms.NET_15}
    draft = await done(lambda tx: billing.create(tx, **asked))
    await done(lambda tx: billing.issue(tx, draft.id))
    clock.time = datetime(2027, 1, 9, 2, tzinfo=UTC)  # still the 8th in Buenos Aires
    await done(lambda tx: billing.pay(tx, draft.id))

    async def shown(day: date) -> list[tuple[int, int, int]]:
        found = await owed(chain.centro.id, day)
        return [(each.not_due_minor, each.to_30_minor, each.total_minor) for each in found]

    assert await shown(date(2026, 11, 22)) == []
    assert await shown(date(2026, 12, 9)) == [(121, 0, 121)]
    assert await shown(date(2026, 12, 10)) == [(0, 121, 121)]
    assert await shown(date(2027, 1, 7)) == [(0, 121, 121)]
    assert await shown(date(2027, 1, 8)) == []


async def test_what_was_paid_and_taken_back_is_to_be_refunded(
    chain: Any, done: Any, owed: Any, statement: Any, clock: Any
) -> None:
    today = clock.time.date()
    for minor in (500, 300):
        asked = {"location_id": chain.centro.id, "by_hand": [gel(minor)]}
        draft = await done(
            lambda tx, asked=asked: billing.create(tx, **asked, customer_id=chain.carla.id)
        )
        await done(lambda tx, id_=draft.id: billing.issue(tx, id_))
    await done(lambda tx: billing.pay(tx, draft.id))
    note = await done(lambda tx: billing.credit(tx, draft.id))
    (found,) = await owed(chain.carla.id, today, of_customers=True)
    assert (found.not_due_minor, found.refund_minor, found.total_minor) == (500, 300, 200)
    (drawn,) = await statement(today, today)
    assert (drawn.invoiced_minor, drawn.paid_minor, drawn.credited_minor) == (800, 300, 300)
    assert [entry.balance_minor for entry in drawn.entries] == [500, 800, 500, 200]
    assert drawn.entries[-1].invoice_id == note.id
    (later,) = await statement(today + timedelta(days=1), today + timedelta(days=2))
    assert (later.opening_minor, later.closing_minor, later.entries) == (200, 200, [])
