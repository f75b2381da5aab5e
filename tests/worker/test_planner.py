"""The worker improves a plan for the time it was given, and leaves one that was given up."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings.planning import service
from barberpro.domains.bookings.planning.drawing import Wanted
from barberpro.domains.bookings.tables import plan_items, plans
from barberpro.worker import planner
from barberpro.worker.planner import LEASE, Planner


@pytest.fixture
def making(chain: Any, done: Any, clock: Any) -> Any:
    """`await making(seconds)` is a plan that first fit leaves a request out of: it takes the middle."""

    async def make(seconds: int) -> Any:
        def cut(first: int, last: int) -> Wanted:
            return Wanted(
                customer_id=chain.carla.id,
                service_id=chain.cut.id,
                earliest=clock() + timedelta(minutes=first),
                latest=clock() + timedelta(minutes=last),
                location_ids=[chain.centro.id],
                provider_ids=[chain.ana.id],
            )

        wanted = [cut(20, 70), cut(0, 70)]
        return await done(lambda tx: service.make_plan(tx, wanted=wanted, seconds=seconds))

    return make


@pytest.fixture
def reading(done: Any) -> Any:
    """`await reading(id)` is the plan as it stands."""

    async def read(plan_id: str) -> Any:
        return (await done(lambda tx: tx.rows(select(plans).where(plans.c.id == plan_id))))[0]

    return read


async def test_a_plan_becomes_better_than_first_fit(
    making: Any, reading: Any, done: Any, database: Any, clock: Any
) -> None:
    plan = await making(1)
    assert (plan.status, plan.progress, plan.accepted) == ("IMPROVING", 0, 1)

    while (await reading(plan.id)).status == "IMPROVING":
        assert await Planner(database, clock).step(asyncio.Event())

    better = await reading(plan.id)
    assert (better.status, better.progress, better.leased_until) == ("PROPOSED", 100, None)
    assert (better.greedy_accepted, better.accepted) == (1, 2)
    of_it = select(plan_items).where(plan_items.c.plan_id == plan.id)
    starts = [(row.place_in_plan, row.starts_at - clock()) for row in await done(_rows(of_it))]
    assert sorted(starts) == [(0, timedelta(minutes=40)), (1, timedelta(0))]


async def test_what_is_given_up_is_not_improved_further(
    making: Any, reading: Any, done: Any, database: Any, clock: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(planner, "TELL_SECONDS", 0.05)
    plan = await making(300)
    at_it = asyncio.create_task(_until_claimed(Planner(database, clock), plan.id, reading))
    while not at_it.done() and (await reading(plan.id)).leased_until is None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)

    await done(lambda tx: service.cancel_plan(tx, plan.id))
    await at_it

    given_up = await reading(plan.id)
    assert (given_up.status, given_up.accepted) == ("CANCELLED", 1)


async def test_who_dies_over_a_plan_leaves_it_to_another(
    making: Any, reading: Any, database: Any, clock: Any
) -> None:
    plan = await making(1)
    ours = Planner(database, clock)
    while (claimed := await ours._claim()) is not None and claimed.id != plan.id:
        continue
    assert (await reading(plan.id)).leased_until == clock() + LEASE
    assert await ours._claim() is None

    clock.time += LEASE + timedelta(seconds=1)

    again = set()
    while (claimed := await ours._claim()) is not None:
        again.add(claimed.id)
    assert plan.id in again


async def _until_claimed(planner: Planner, plan_id: str, reading: Any) -> None:
    while (await reading(plan_id)).status == "IMPROVING":
        await planner.step(asyncio.Event())


def _rows(statement: Any) -> Any:
    return lambda tx: tx.rows(statement)
