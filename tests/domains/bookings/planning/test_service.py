"""A chain's own day is planned, and applied whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings.planning import service
from barberpro.domains.bookings.planning.drawing import Wanted, draw
from barberpro.domains.bookings.planning.errors import (
    PlanNoLongerFits,
    PlanNotFound,
    PlanOutOfRange,
    WindowTooShort,
    WrongPlanStatus,
)
from barberpro.domains.bookings.planning.instance import Policies
from barberpro.domains.bookings.tables import bookings as table
from barberpro.domains.bookings.tables import plan_items
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import CustomerNotFound
from barberpro.platform.money import Money

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
ONE = NOW + timedelta(hours=3)
"""When the siesta begins."""


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def wish(chain: Any) -> Callable[..., Wanted]:
    """Carla's cut in the centre before the siesta, and whatever is asked otherwise."""

    def wanted(**other: Any) -> Wanted:
        usual = {
            "customer_id": chain.carla.id,
            "service_id": chain.cut.id,
            "earliest": NOW,
            "latest": ONE,
            "location_ids": [chain.centro.id],
        }
        return Wanted(**usual | other)

    return wanted


@pytest.fixture
def items(done: Any) -> Any:
    """The requests of a plan, in order."""
    c = plan_items.c

    async def read(plan_id: str) -> Any:
        of_it = select(plan_items).where(c.plan_id == plan_id).order_by(c.place_in_plan)
        return await done(lambda tx: tx.rows(of_it))

    return read


async def test_requests_find_their_places_around_what_is_booked(
    chain: Any, done: Any, booked: Any, items: Any, wish: Any, told: Any
) -> None:
    await booked(starts_at=NOW)  # Ana, until 10:40 with the buffer
    wishes = [wish(provider_ids=[chain.ana.id]), wish(provider_ids=[chain.ana.id]), wish()]

    plan = await done(lambda tx: service.make_plan(tx, wanted=wishes))

    assert (plan.status, plan.progress, plan.requests, plan.accepted) == ("PROPOSED", 100, 3, 3)
    # Two people at work from 9 to 13 and from 14 to 20, at either shop; four visits of 40 minutes.
    assert (plan.shift_minutes, plan.taken_minutes) == (2 * 600, 4 * 40)
    assert [(row.provider_id, row.starts_at - NOW) for row in await items(plan.id)] == [
        (chain.ana.id, minutes(40)),
        (chain.ana.id, minutes(80)),
        (chain.bruno.id, minutes(0)),
    ]
    assert [row.chair_id for row in await items(plan.id)] == [
        chain.chairs[0].id,
        chain.chairs[0].id,
        chain.chairs[1].id,
    ]


async def test_buffers_before_are_planned_and_booked(
    chain: Any, done: Any, booked: Any, items: Any, wish: Any
) -> None:
    laser = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Láser",
            duration_minutes=30,
            buffer_before_minutes=15,
            buffer_minutes=0,
            price=Money(1, "ARS"),
        )
    )
    await booked(starts_at=NOW + minutes(15), service_id=laser.id)  # Ana, from 10:00 to 10:45
    only = {"provider_ids": [chain.ana.id], "service_id": laser.id}

    plan = await done(lambda tx: service.make_plan(tx, wanted=[wish(**only), wish(**only)]))

    assert plan.taken_minutes == 3 * 45
    starts = [row.starts_at - NOW for row in await items(plan.id)]
    assert starts == [minutes(60), minutes(105)]
    await done(lambda tx: service.apply_plan(tx, plan.id))
    found = await done(lambda tx: tx.rows(select(table).order_by(table.c.starts_at)))
    assert [each.taken_from - NOW for each in found] == [minutes(0), minutes(45), minutes(90)]


async def test_a_plan_is_booked_whole(
    chain: Any, done: Any, items: Any, wish: Any, told: Any
) -> None:
    plan = await done(lambda tx: service.make_plan(tx, wanted=[wish(), wish()]))

    applied = await done(lambda tx: service.apply_plan(tx, plan.id))

    assert applied.status == "APPLIED"
    found = await done(lambda tx: tx.rows(select(table).order_by(table.c.id)))
    rows = await items(plan.id)
    assert [row.booking_id for row in rows] == [each.id for each in found]
    assert [(row.provider_id, row.chair_id, row.starts_at) for row in rows] == [
        (each.provider_id, each.chair_id, each.starts_at) for each in found
    ]
    assert {each.status for each in found} == {"CONFIRMED"}


async def test_a_plan_that_no_longer_fits_books_nothing(
    chain: Any, done: Any, booked: Any, items: Any, wish: Any, refused: Any
) -> None:
    wishes = [wish(provider_ids=[chain.ana.id]), wish(provider_ids=[chain.bruno.id])]
    plan = await done(lambda tx: service.make_plan(tx, wanted=wishes))
    away = {"provider_id": chain.bruno.id, "chair_id": chain.chairs[1].id}
    await booked(starts_at=NOW + minutes(15), **away)
    late = (await items(plan.id))[1]

    await refused(
        lambda tx: service.apply_plan(tx, plan.id),
        PlanNoLongerFits,
        count=1,
        item_ids=[late.id],
        reasons=["SLOT_TAKEN"],
    )


async def test_a_request_without_a_place_says_what_is_against_it(
    chain: Any, done: Any, items: Any, wish: Any
) -> None:
    narrow = {"latest": NOW + minutes(30), "provider_ids": [chain.ana.id]}

    plan = await done(lambda tx: service.make_plan(tx, wanted=[wish(**narrow), wish(**narrow)]))
    first, second = await items(plan.id)

    assert (plan.requests, plan.accepted) == (2, 1)
    assert (first.provider_id, first.breaks) == (chain.ana.id, [])
    assert (second.chair_id, second.location_id) == (None, chain.centro.id)
    assert (second.provider_id, second.breaks) == (chain.ana.id, ["BUSY"])
    applied = await done(lambda tx: service.apply_plan(tx, plan.id))
    assert (applied.status, len(await done(lambda tx: tx.rows(select(table))))) == ("APPLIED", 1)


async def test_the_instance_keeps_shifts_skills_absences_and_ways(
    chain: Any, done: Any, wish: Any
) -> None:
    async def busy(tx: Any) -> None:
        await people.set_skills(tx, chain.bruno.id, service_ids=[chain.cut.id])
        await people.take_off(
            tx,
            chain.ana.id,
            starts_at=NOW,
            ends_at=NOW + minutes(60),
            location_id=chain.centro.id,
        )

    await done(busy)
    instance = await done(lambda tx: draw(tx, [wish()], Policies()))

    assert instance.start == datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    (request,) = instance.requests
    assert (request.earliest, request.latest, request.minutes, request.after) == (600, 780, 30, 10)
    shifts = {
        (each.id, shift.location): [
            (s.start, s.until) for s in each.shifts if s.location == shift.location
        ]
        for each in instance.providers
        for shift in each.shifts
    }
    first_day = {key: hours[:3] for key, hours in shifts.items()}
    assert first_day[chain.ana.id, chain.centro.id] == [(540, 600), (660, 780), (840, 1200)]
    assert first_day[chain.bruno.id, chain.centro.id][:2] == [(540, 780), (840, 1200)]
    assert [each.skills for each in instance.providers] == [(chain.cut.id,)] * 2


async def test_what_cannot_be_planned_is_refused(
    chain: Any, done: Any, wish: Any, refused: Any
) -> None:
    async def refuse(wishes: list[Wanted], failure: Any, seconds: int = 0, **facts: Any) -> None:
        await refused(
            lambda tx: service.make_plan(tx, wanted=wishes, seconds=seconds), failure, **facts
        )

    await refuse([], PlanOutOfRange, what="requests", least=1, most=300, given=0)
    await refuse(
        [wish()] * 10_000, PlanOutOfRange, what="requests", least=1, most=300, given=10_000
    )
    await refuse([wish()], PlanOutOfRange, 301, what="seconds", least=0, most=300, given=301)
    far = wish(latest=NOW + timedelta(days=7))
    await refuse([far], PlanOutOfRange, what="days", least=1, most=7, given=8)
    over = wish(earliest=NOW - timedelta(days=2), latest=NOW - timedelta(days=1))
    await refuse([over], PlanOutOfRange, what="days", least=1, most=7, given=0)
    short = wish(latest=NOW + minutes(29))
    await refuse([wish(), short], WindowTooShort, request=1, needed=30, given=29)
    await refuse([wish(value=-1)], PlanOutOfRange, what="points", least=0, most=1_000_000, given=-1)
    await refuse([wish(customer_id="cus_x")], CustomerNotFound, customer_id="cus_x")


async def test_a_plan_that_is_over_stays_so(done: Any, wish: Any, refused: Any) -> None:
    improving = await done(lambda tx: service.make_plan(tx, wanted=[wish()], seconds=5))
    applied = await done(lambda tx: service.make_plan(tx, wanted=[wish()]))
    await done(lambda tx: service.apply_plan(tx, applied.id))

    async def refuse(act: Any, plan: str, status: str) -> None:
        await refused(lambda tx: act(tx, plan), WrongPlanStatus, from_status=status)

    await refuse(service.apply_plan, improving.id, "IMPROVING")
    await refuse(service.apply_plan, applied.id, "APPLIED")
    await refuse(service.cancel_plan, applied.id, "APPLIED")
    assert (await done(lambda tx: service.cancel_plan(tx, improving.id))).status == "CANCELLED"
    await refuse(service.cancel_plan, improving.id, "CANCELLED")
    await refused(
        lambda tx: service.apply_plan(tx, applied.id + "x"), PlanNotFound, plan_id=applied.id + "x"
    )


async def test_a_plan_at_another_shop_is_not_seen(
    chain: Any, done: Any, opening: Any, wish: Any, at_centro: Any
) -> None:
    at_norte = wish(location_ids=[chain.norte.id])
    plan = await done(lambda tx: service.make_plan(tx, wanted=[at_norte]))

    with pytest.raises(PlanNotFound):
        async with opening(at_centro) as tx:
            await service.cancel_plan(tx, plan.id)
