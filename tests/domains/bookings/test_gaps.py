"""In the gap of a booking its provider is free for others, and its chair is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import ChairTaken, SlotTaken, TooFarToTravel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.platform.money import Money

ZONE = "America/Argentina/Buenos_Aires"
FOUR = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
async def colour(chain: Any, done: Any) -> Any:
    """30 minutes of work, 40 in which it sets, 20 of work, and a buffer of 10."""
    return await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Color",
            duration_minutes=90,
            buffer_minutes=10,
            gap_after_minutes=30,
            gap_minutes=40,
            price=Money(3_800_000, "ARS"),
        )
    )


async def test_a_cut_and_its_buffer_fit_into_the_gap(chain: Any, booked: Any, colour: Any) -> None:
    around = await booked(starts_at=FOUR, service_id=colour.id)
    within = await booked(starts_at=FOUR + minutes(30))
    assert (around.gap_starts_at, around.gap_ends_at) == (
        FOUR + minutes(30),
        FOUR + minutes(70),
    )
    assert (around.ends_at, around.free_at) == (FOUR + minutes(90), FOUR + minutes(100))
    assert (within.gap_starts_at, within.gap_ends_at) == (None, None)
    assert within.provider_id == around.provider_id
    assert [around.chair_id, within.chair_id] == [chair.id for chair in chain.chairs]


async def test_what_is_booked_may_be_in_the_gap_of_what_comes_later(
    booked: Any, colour: Any
) -> None:
    await booked(starts_at=FOUR + minutes(30))
    around = await booked(starts_at=FOUR, service_id=colour.id)
    assert around.starts_at == FOUR


async def test_two_with_gaps_do_not_interlock_where_their_work_meets(
    chain: Any, booked: Any, refused: Any, colour: Any
) -> None:
    await booked(starts_at=FOUR, service_id=colour.id)
    asked = chain.asks(starts_at=FOUR + minutes(25), service_id=colour.id)
    await refused(
        lambda tx: service.create(tx, **asked),
        SlotTaken,
        provider_id=chain.ana.id,
        until=FOUR + minutes(100),
        time_zone=ZONE,
    )


async def test_two_with_long_gaps_interlock(chain: Any, booked: Any, done: Any) -> None:
    perm = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Permanente",
            duration_minutes=60,
            buffer_minutes=0,
            gap_after_minutes=20,
            gap_minutes=20,
            price=Money(1, "ARS"),
        )
    )
    await booked(starts_at=FOUR, service_id=perm.id)
    second = await booked(starts_at=FOUR + minutes(20), service_id=perm.id)
    assert second.gap_ends_at == FOUR + minutes(60)


@pytest.mark.parametrize("offset", [-39, -1, 1, 29, 31, 69, 70, 99])
async def test_outside_the_gap_the_provider_is_taken(
    chain: Any, booked: Any, refused: Any, colour: Any, offset: int
) -> None:
    await booked(starts_at=FOUR, service_id=colour.id)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=FOUR + minutes(offset))),
        SlotTaken,
        provider_id=chain.ana.id,
        until=FOUR + minutes(100),
        time_zone=ZONE,
    )


async def test_in_the_gap_the_chair_is_taken(
    chain: Any, booked: Any, refused: Any, colour: Any
) -> None:
    around = await booked(starts_at=FOUR, service_id=colour.id)
    asked = chain.asks(starts_at=FOUR + minutes(30), chair_id=around.chair_id)
    await refused(
        lambda tx: service.create(tx, **asked),
        ChairTaken,
        chair="01",
        until=FOUR + minutes(100),
        time_zone=ZONE,
    )


async def test_nobody_travels_in_a_gap(
    chain: Any, booked: Any, done: Any, refused: Any, colour: Any
) -> None:
    both = chain.centro.id, chain.norte.id
    await done(lambda tx: locations.set_travel(tx, *both, minutes=1))
    await booked(starts_at=FOUR, service_id=colour.id)
    asked = chain.asks(starts_at=FOUR + minutes(31), location_id=chain.norte.id)
    await refused(
        lambda tx: service.create(tx, **asked),
        TooFarToTravel,
        provider_id=chain.ana.id,
        minutes=1,
    )


async def test_the_gap_moves_with_the_booking_and_into_a_gap_one_may_move(
    booked: Any, done: Any, refused: Any, colour: Any, chain: Any
) -> None:
    around = await booked(starts_at=FOUR + minutes(60), service_id=colour.id)
    cut = await booked(starts_at=FOUR)
    around = await done(lambda tx: service.reschedule(tx, around.id, starts_at=FOUR + minutes(50)))
    assert around.gap_starts_at == FOUR + minutes(80)
    assert around.gap_ends_at == FOUR + minutes(120)
    moved = await done(lambda tx: service.reschedule(tx, cut.id, starts_at=FOUR + minutes(80)))
    assert moved.starts_at == around.gap_starts_at
    await refused(
        lambda tx: service.reschedule(tx, around.id, starts_at=FOUR + minutes(51)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=FOUR + minutes(120),
        time_zone=ZONE,
    )


async def test_a_gap_can_be_held_into(chain: Any, booked: Any, done: Any, colour: Any) -> None:
    await booked(starts_at=FOUR, service_id=colour.id)
    held = chain.asks(starts_at=FOUR + minutes(30))
    assert (await done(lambda tx: service.hold(tx, **held, minutes=5))).status == "HELD"


async def test_what_took_place_in_a_gap_is_written_down(chain: Any, done: Any, colour: Any) -> None:
    long_ago = FOUR - timedelta(days=30)
    asked = chain.asks(starts_at=long_ago, service_id=colour.id)
    around = await done(lambda tx: service.record(tx, **asked))
    within = chain.asks(starts_at=long_ago + minutes(30))
    assert around.gap_starts_at == long_ago + minutes(30)
    assert (await done(lambda tx: service.record(tx, **within))).status == "COMPLETED"
