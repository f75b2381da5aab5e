"""A place is held, and is booked, given back, or free again by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    BookingNotFound,
    HoldLimitReached,
    HoldOutOfRange,
    HoldRanOut,
    NoChairFree,
    NotBillable,
    SlotTaken,
    TooFarToTravel,
    TooManyHolds,
    WrongStatus,
)
from barberpro.domains.locations import service as locations
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import CustomerErased
from barberpro.platform.doors import Transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata
from barberpro.worker.upkeep import sweep_holds

ZONE = "America/Argentina/Buenos_Aires"
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
LATER = NOW + timedelta(hours=1)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def held(done: Any, chain: Any) -> Any:
    """`await held(minutes=3)` holds Carla's cut with Ana at eleven, with whatever is asked otherwise."""

    async def hold(who: Principal | None = None, **other: Any) -> Any:
        asked = chain.asks(**{"starts_at": LATER, **other})
        return await done(lambda tx: service.hold(tx, **asked), who)

    return hold


async def test_a_place_is_held(
    chain: Any, held: Any, history: Any, told: Any, principal: Principal
) -> None:
    booking = await held(minutes=7)
    assert (booking.status, booking.held_until) == ("HELD", NOW + minutes(7))
    assert (booking.starts_at, booking.free_at) == (LATER, LATER + minutes(40))
    assert (booking.price_minor, booking.is_first_visit) == (1_250_000, True)
    (made,) = await history(booking.id)
    assert (made.kind, made.from_status, made.to_status) == ("HELD", None, "HELD")
    assert (made.changed_by, made.changed_at) == (principal.actor, NOW)
    (event,) = await told(booking.id)
    assert event.type == "booking.held"
    assert event.data == {
        "subject": booking.id,
        "location_id": chain.centro.id,
        "provider_id": chain.ana.id,
        "chair_id": chain.chairs[0].id,
        "customer_id": chain.carla.id,
        "service_id": chain.cut.id,
        "channel": "WEB",
        "starts_at": "2026-11-23T14:00:00Z",
        "ends_at": "2026-11-23T14:30:00Z",
        "held_until": "2026-11-23T13:07:00Z",
    }


async def test_without_a_word_it_is_held_for_five_minutes(held: Any) -> None:
    assert (await held()).held_until == NOW + minutes(5)


async def test_nothing_is_held_for_longer_than_it_could_be_booked(held: Any) -> None:
    assert (await held(starts_at=NOW - minutes(10), minutes=30)).held_until == NOW + minutes(5)


@pytest.mark.parametrize("count", [-5, 0, 31])
async def test_it_is_held_for_1_to_30_minutes(chain: Any, refused: Any, count: int) -> None:
    asked = chain.asks(starts_at=LATER, minutes=count)
    facts = {"minimum": 1, "maximum": 30}
    await refused(lambda tx: service.hold(tx, **asked), HoldOutOfRange, **facts)


async def test_what_is_held_is_in_the_way_of_bookings_and_of_holds(
    chain: Any, held: Any, refused: Any
) -> None:
    await held()
    asked = chain.asks(starts_at=LATER)
    facts = {
        "provider_id": chain.ana.id, "until": LATER + minutes(40), "time_zone": ZONE
    }  # fmt: skip
    await refused(lambda tx: service.create(tx, **asked), SlotTaken, **facts)
    await refused(lambda tx: service.hold(tx, **asked), SlotTaken, **facts)


async def test_its_chair_is_kept(
    chain: Any, held: Any, booked: Any, done: Any, refused: Any
) -> None:
    cora = await done(
        lambda tx: people.register_provider(tx, name="Cora", location_ids=[chain.centro.id])
    )
    await held()
    other = await booked(starts_at=LATER, provider_id=chain.bruno.id)
    assert other.chair_id == chain.chairs[1].id
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER, provider_id=cora.id)),
        NoChairFree,
        starts_at=LATER,
        free_at=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_what_is_held_elsewhere_leaves_time_for_the_way(
    chain: Any, held: Any, done: Any, refused: Any, clock: Any
) -> None:
    await done(lambda tx: locations.set_travel(tx, chain.centro.id, chain.norte.id, minutes=25))
    gone = await held(location_id=chain.norte.id)
    asked = chain.asks(starts_at=LATER + minutes(50))
    facts = {"provider_id": chain.ana.id, "minutes": 25}
    await refused(lambda tx: service.create(tx, **asked), TooFarToTravel, **facts)
    clock.forward(minutes=5)
    assert (await done(lambda tx: service.create(tx, **asked))).status == "CONFIRMED"
    await refused(
        lambda tx: service.confirm(tx, gone.id), HoldRanOut, until=NOW + minutes(5), time_zone=ZONE
    )


async def test_when_it_ran_out_its_place_is_free_and_it_says_so(
    held: Any, booked: Any, history: Any, told: Any, clock: Any, done: Any
) -> None:
    hold = await held()
    clock.forward(minutes=5)
    assert (await booked(starts_at=LATER)).status == "CONFIRMED"
    _, change = await history(hold.id)
    assert (change.kind, change.from_status, change.to_status) == ("EXPIRED", "HELD", "EXPIRED")
    assert (change.changed_by, change.changed_at) == ("worker", NOW + minutes(5))
    event = (await told(hold.id))[1]
    assert (event.type, event.data["held_until"]) == (
        "booking.hold_expired",
        "2026-11-23T13:05:00Z",
    )
    table = metadata.tables["bookings"]
    kept = await done(lambda tx: tx.rows(select(table).where(table.c.id == hold.id)))
    assert kept[0]._asdict() == hold._asdict() | {"status": "EXPIRED"}


async def test_until_it_runs_out_not_a_moment_is_free(
    chain: Any, held: Any, refused: Any, clock: Any
) -> None:
    await held()
    clock.forward(minutes=5, microseconds=-1)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_who_sees_one_shop_gets_a_place_held_at_another(
    chain: Any, held: Any, booked: Any, at_centro: Principal, clock: Any
) -> None:
    """Ana was held at norte by somebody; that ran out, and no longer keeps her from centro."""
    hold = await held(location_id=chain.norte.id)
    clock.forward(minutes=5)
    made = await booked(who=at_centro, starts_at=LATER)
    assert (made.status, made.id > hold.id) == ("CONFIRMED", True)


async def test_a_booking_moves_to_where_a_hold_ran_out(
    held: Any, booked: Any, done: Any, clock: Any
) -> None:
    booking = await booked(starts_at=LATER + timedelta(hours=3))
    await held()
    clock.forward(minutes=5)
    moved = await done(lambda tx: service.reschedule(tx, booking.id, starts_at=LATER))
    assert moved.starts_at == LATER


async def test_a_hold_is_confirmed(
    chain: Any, held: Any, done: Any, history: Any, told: Any
) -> None:
    hold = await held(notes="corte bajo")
    booking = await done(lambda tx: service.confirm(tx, hold.id))
    assert booking._asdict() == hold._asdict() | {"status": "CONFIRMED", "held_until": None}
    change = (await history(hold.id))[1]
    assert (change.kind, change.from_status, change.to_status) == (
        "CONFIRMED",
        "HELD",
        "CONFIRMED",
    )
    event = (await told(hold.id))[1]
    assert (event.type, event.data["chair_id"]) == ("booking.confirmed", chain.chairs[0].id)


async def test_of_two_holds_the_first_that_is_confirmed_is_the_first_visit(
    held: Any, done: Any
) -> None:
    one, two = await held(), await held(starts_at=LATER + timedelta(hours=1))
    assert (one.is_first_visit, two.is_first_visit) == (True, True)
    second = await done(lambda tx: service.confirm(tx, two.id))
    first = await done(lambda tx: service.confirm(tx, one.id))
    assert (second.is_first_visit, first.is_first_visit) == (True, False)


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("step", ["confirm", "release_hold", "extend"])
async def test_what_ran_out_is_over_whether_or_not_somebody_swept_it(
    held: Any, done: Any, refused: Any, clock: Any, step: str, is_swept: bool
) -> None:
    hold = await held()
    clock.forward(minutes=6)
    if is_swept:
        assert await done(service.sweep) == 1
    more = {"minutes": 5} if step == "extend" else {}
    await refused(
        lambda tx: getattr(service, step)(tx, hold.id, **more),
        HoldRanOut,
        until=NOW + minutes(5),
        time_zone=ZONE,
    )


async def test_a_hold_is_given_back(held: Any, done: Any, booked: Any, refused: Any) -> None:
    hold = await held()
    released = await done(lambda tx: service.release_hold(tx, hold.id))
    assert released._asdict() == hold._asdict() | {"status": "RELEASED"}
    assert (await booked(starts_at=LATER)).chair_id == hold.chair_id
    facts = {"from_status": "RELEASED", "to_status": "CONFIRMED"}
    await refused(lambda tx: service.confirm(tx, hold.id), WrongStatus, **facts)


async def test_a_hold_is_extended_up_to_half_an_hour(
    held: Any, done: Any, refused: Any, clock: Any, told: Any
) -> None:
    hold = await held()
    clock.forward(minutes=4)
    longer = await done(lambda tx: service.extend(tx, hold.id, minutes=20))
    assert longer.held_until == NOW + minutes(24)
    assert (await told(hold.id))[1].data["from_held_until"] == "2026-11-23T13:05:00Z"
    same = await done(lambda tx: service.extend(tx, hold.id, minutes=10))
    assert same._asdict() == longer._asdict()
    assert len(await told(hold.id)) == 2
    clock.forward(minutes=16)
    await refused(
        lambda tx: service.extend(tx, hold.id, minutes=11),
        HoldLimitReached,
        latest=NOW + minutes(30),
        time_zone=ZONE,
    )
    last = await done(lambda tx: service.extend(tx, hold.id, minutes=10))
    assert last.held_until == NOW + minutes(30)


async def test_three_places_are_held_for_a_customer_at_once(
    chain: Any, held: Any, done: Any, refused: Any
) -> None:
    holds = [await held(starts_at=LATER + timedelta(hours=n)) for n in (0, 4, 5)]
    asked = chain.asks(starts_at=LATER + timedelta(hours=6))
    facts = {"customer_id": chain.carla.id, "most": 3}
    await refused(lambda tx: service.hold(tx, **asked), TooManyHolds, **facts)
    await done(lambda tx: service.release_hold(tx, holds[0].id))
    assert (await done(lambda tx: service.hold(tx, **asked))).status == "HELD"


@pytest.mark.parametrize("step", ["reschedule", "cancel", "check_in", "complete", "mark_no_show"])
async def test_what_is_held_is_no_booking_yet(
    held: Any, refused: Any, clock: Any, step: str
) -> None:
    hold = await held(starts_at=NOW)
    ends = {
        "reschedule": "CONFIRMED", "cancel": "CANCELLED", "check_in": "CHECKED_IN",
        "complete": "COMPLETED", "mark_no_show": "NO_SHOW",
    }  # fmt: skip
    facts = {"from_status": "HELD", "to_status": ends[step]}
    await refused(lambda tx: getattr(service, step)(tx, hold.id), WrongStatus, **facts)


async def test_what_is_held_is_not_billed_nor_learned_from(
    chain: Any, held: Any, booked: Any, done: Any, refused: Any, clock: Any
) -> None:
    hold = await held()
    made = await booked(starts_at=LATER + timedelta(hours=1))
    assert made.is_first_visit
    await refused(
        lambda tx: billing.create(tx, location_id=chain.centro.id, booking_ids=[hold.id]),
        NotBillable,
        booking_id=hold.id,
        from_status="HELD",
    )
    before = {"before": NOW + timedelta(days=1)}
    learned = await done(lambda tx: tx.rows(service.history(), before))
    assert [row.id for row in learned] == [made.id]


async def test_who_was_forgotten_meanwhile_is_not_booked(
    chain: Any, held: Any, done: Any, refused: Any
) -> None:
    hold = await held()
    await done(lambda tx: people.erase_customer(tx, chain.carla.id))
    facts = {"customer_id": chain.carla.id}
    await refused(lambda tx: service.confirm(tx, hold.id), CustomerErased, **facts)


@pytest.mark.parametrize("step", ["confirm", "release_hold", "extend"])
async def test_who_is_limited_to_a_shop_does_nothing_with_holds_elsewhere(
    chain: Any, held: Any, refused: Any, at_centro: Principal, step: str
) -> None:
    hold = await held(location_id=chain.norte.id)
    more = {"minutes": 10} if step == "extend" else {}

    async def act(tx: Transaction) -> Any:
        return await getattr(service, step)(tx, hold.id, **more)

    await refused(act, BookingNotFound, who=at_centro, booking_id=hold.id)


async def test_what_nobody_wants_again_is_swept_within_the_hour(
    held: Any, told: Any, clock: Any, platform: Platform
) -> None:
    gone, live = await held(), await held(starts_at=LATER + timedelta(hours=1), minutes=10)
    clock.forward(minutes=6)
    await sweep_holds(platform.database, clock)
    assert [e.type for e in await told(gone.id)] == ["booking.held", "booking.hold_expired"]
    assert [e.type for e in await told(live.id)] == ["booking.held"]
