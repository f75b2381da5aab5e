"""In the buffer before a booking its provider and its chair are kept, as in the one after it."""

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
async def laser(chain: Any, done: Any) -> Any:
    """A quarter of an hour to set it up, 40 minutes, and nothing to clear away."""
    return await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Láser",
            duration_minutes=40,
            buffer_before_minutes=15,
            buffer_minutes=0,
            price=Money(5_000_000, "ARS"),
        )
    )


async def test_a_booking_says_from_when_on_it_is_taken(booked: Any, laser: Any) -> None:
    plain = await booked(starts_at=FOUR - minutes(120))
    assert plain.taken_from == plain.starts_at
    prepared = await booked(starts_at=FOUR, service_id=laser.id)
    assert (prepared.taken_from, prepared.starts_at) == (FOUR - minutes(15), FOUR)
    assert prepared.free_at == prepared.ends_at == FOUR + minutes(40)


@pytest.mark.parametrize("offset", [-54, -40, -16, -1])
async def test_nobody_is_booked_into_the_buffer_before(
    chain: Any, booked: Any, refused: Any, laser: Any, offset: int
) -> None:
    """A cut takes 30 minutes and a buffer of 10."""
    await booked(starts_at=FOUR, service_id=laser.id)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=FOUR + minutes(offset))),
        SlotTaken,
        provider_id=chain.ana.id,
        until=FOUR + minutes(40),
        time_zone=ZONE,
    )


async def test_the_buffer_before_begins_where_the_buffer_after_ends(
    booked: Any, laser: Any
) -> None:
    await booked(starts_at=FOUR, service_id=laser.id)
    cut = await booked(starts_at=FOUR - minutes(55))
    assert cut.free_at == FOUR - minutes(15)


async def test_a_buffer_before_does_not_reach_into_what_is_booked(
    chain: Any, booked: Any, refused: Any, laser: Any
) -> None:
    cut = await booked(starts_at=FOUR)
    asked = chain.asks(starts_at=cut.free_at + minutes(14), service_id=laser.id)
    taken = {"provider_id": chain.ana.id, "until": cut.free_at, "time_zone": ZONE}
    await refused(lambda tx: service.create(tx, **asked), SlotTaken, **taken)
    await refused(lambda tx: service.hold(tx, **asked, minutes=5), SlotTaken, **taken)
    prepared = await booked(starts_at=cut.free_at + minutes(15), service_id=laser.id)
    assert prepared.taken_from == cut.free_at


async def test_the_chair_is_kept_too(
    chain: Any, booked: Any, done: Any, refused: Any, laser: Any
) -> None:
    first = await booked(starts_at=FOUR, service_id=laser.id)
    away = chain.asks(
        starts_at=FOUR - minutes(40), provider_id=chain.bruno.id, chair_id=first.chair_id
    )
    await refused(
        lambda tx: service.create(tx, **away),
        ChairTaken,
        chair="01",
        until=FOUR + minutes(40),
        time_zone=ZONE,
    )


async def test_the_buffer_moves_with_the_booking(
    chain: Any, booked: Any, done: Any, refused: Any, laser: Any
) -> None:
    await booked(starts_at=FOUR)
    later = await booked(starts_at=FOUR + minutes(90), service_id=laser.id)
    moved = await done(lambda tx: service.reschedule(tx, later.id, starts_at=FOUR + minutes(55)))
    assert moved.taken_from == FOUR + minutes(40)
    await refused(
        lambda tx: service.reschedule(tx, later.id, starts_at=FOUR + minutes(54)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=FOUR + minutes(40),
        time_zone=ZONE,
    )


async def test_the_way_ends_where_the_buffer_begins(
    chain: Any, booked: Any, done: Any, refused: Any, laser: Any
) -> None:
    both = chain.centro.id, chain.norte.id
    await done(lambda tx: locations.set_travel(tx, *both, minutes=20))
    cut = await booked(starts_at=FOUR)
    there = {"service_id": laser.id, "location_id": chain.norte.id}
    early = chain.asks(starts_at=cut.free_at + minutes(34), **there)
    await refused(
        lambda tx: service.create(tx, **early),
        TooFarToTravel,
        provider_id=chain.ana.id,
        minutes=20,
    )
    in_time = await booked(starts_at=cut.free_at + minutes(35), **there)
    assert in_time.taken_from == cut.free_at + minutes(20)


async def test_a_long_buffer_at_another_shop_is_seen(
    chain: Any, booked: Any, done: Any, refused: Any
) -> None:
    """It starts more than the longest way after the slot, and keeps its provider before that."""
    both = chain.centro.id, chain.norte.id
    await done(lambda tx: locations.set_travel(tx, *both, minutes=240))
    long = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Todo",
            duration_minutes=30,
            buffer_before_minutes=240,
            buffer_minutes=0,
            price=Money(1, "ARS"),
        )
    )
    await booked(starts_at=FOUR, service_id=long.id, location_id=chain.norte.id)
    asked = chain.asks(starts_at=FOUR - minutes(360))
    await refused(
        lambda tx: service.create(tx, **asked),
        TooFarToTravel,
        provider_id=chain.ana.id,
        minutes=240,
    )


async def test_what_took_place_keeps_nobody_before_or_after_it(
    chain: Any, done: Any, laser: Any
) -> None:
    long_ago = FOUR - timedelta(days=30)
    asked = chain.asks(starts_at=long_ago, service_id=laser.id)
    past = await done(lambda tx: service.record(tx, **asked))
    assert (past.taken_from, past.free_at) == (past.starts_at, past.ends_at)
