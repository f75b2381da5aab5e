"""A booking is held to what its shop and its provider say of their days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    ProviderUnskilled,
    SlotTaken,
    TooFarToTravel,
)
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.domains.people.rosters import Shift
from barberpro.platform.money import Money

ZONE = "America/Argentina/Buenos_Aires"
MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 11:00 in Buenos Aires, and a holiday
TUESDAY = MONDAY + timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def asks(chain: Any) -> Any:
    """What creates a cut with Ana in the centre on Tuesday at eleven, and whatever is asked otherwise."""
    return lambda **other: lambda tx: service.create(tx, **chain.asks(starts_at=TUESDAY) | other)


async def test_a_date_with_hours_of_its_own(chain: Any, done: Any, refused: Any, asks: Any) -> None:
    await done(
        lambda tx: locations.set_exception(
            tx, chain.centro.id, day=TUESDAY.date(), hours=[(660, 690)]
        )
    )
    late = TUESDAY + MINUTE
    until = late + 30 * MINUTE
    facts = {"starts_at": late, "ends_at": until, "time_zone": ZONE}
    await refused(asks(starts_at=late), OutsideOpeningHours, **facts)
    await done(asks())  # from 11:00 to 11:30; the sweeping after is behind closed doors


async def test_holidays_are_kept_by_who_says_so(
    chain: Any, done: Any, refused: Any, asks: Any
) -> None:
    await done(lambda tx: locations.set_holidays(tx, chain.centro.id, closes=True))
    until = MONDAY + 30 * MINUTE
    facts = {"starts_at": MONDAY, "ends_at": until, "time_zone": ZONE}
    await refused(asks(starts_at=MONDAY), OutsideOpeningHours, **facts)
    await done(asks(starts_at=MONDAY, location_id=chain.norte.id))
    await done(asks())


async def test_a_shift_is_at_one_shop_and_ends(
    chain: Any, done: Any, refused: Any, asks: Any
) -> None:
    shift = Shift(chain.centro.id, Span(2, 600, 690))  # Tuesdays from 10:00 to 11:30
    await done(lambda tx: people.set_shifts(tx, chain.ana.id, week=[shift]))
    for other in ({"starts_at": TUESDAY + MINUTE}, {"location_id": chain.norte.id}):
        starts = other.get("starts_at", TUESDAY)
        facts = {"starts_at": starts, "ends_at": starts + 30 * MINUTE, "time_zone": ZONE}
        await refused(asks(**other), OutsideShift, provider_id=chain.ana.id, **facts)
    await done(asks())
    await done(asks(provider_id=chain.bruno.id, location_id=chain.norte.id))  # who has none


async def test_time_off_is_somewhere_or_everywhere(
    chain: Any, done: Any, refused: Any, asks: Any
) -> None:
    back = TUESDAY + 60 * MINUTE
    off = {"starts_at": TUESDAY + 29 * MINUTE, "ends_at": back}
    here = await done(
        lambda tx: people.take_off(tx, chain.ana.id, location_id=chain.norte.id, **off)
    )
    at_norte = asks(location_id=chain.norte.id)
    facts = {"provider_id": chain.ana.id, "until": back, "time_zone": ZONE}
    await refused(at_norte, ProviderAway, **facts)
    await done(lambda tx: people.come_back(tx, here.id))
    await done(lambda tx: people.take_off(tx, chain.ana.id, **off))
    await refused(at_norte, ProviderAway, **facts)
    await refused(asks(), ProviderAway, **facts)
    await done(asks(starts_at=TUESDAY - MINUTE))
    await refused(asks(starts_at=back - MINUTE), ProviderAway, **facts)
    await done(asks(starts_at=back))


async def test_a_provider_does_what_they_can(
    chain: Any, done: Any, refused: Any, asks: Any
) -> None:
    beard = await done(
        lambda tx: catalogue.offer_service(
            tx, name="Barba", duration_minutes=20, buffer_minutes=0, price=Money(1, "ARS")
        )
    )
    await done(lambda tx: people.set_skills(tx, chain.ana.id, service_ids=[beard.id]))
    facts = {"provider_id": chain.ana.id, "service_id": chain.cut.id}
    await refused(asks(), ProviderUnskilled, **facts)
    await done(asks(service_id=beard.id))
    await done(asks(provider_id=chain.bruno.id))


async def test_nobody_is_in_two_shops_without_the_time_to_go_there(
    chain: Any, done: Any, refused: Any, asks: Any
) -> None:
    await done(lambda tx: locations.set_travel(tx, chain.norte.id, chain.centro.id, minutes=20))
    await done(asks())  # keeps Ana in the centre from 11:00 to 11:40
    facts = {"provider_id": chain.ana.id, "minutes": 20}
    norte = {"location_id": chain.norte.id}
    for near in (-59, 59):
        await refused(asks(starts_at=TUESDAY + near * MINUTE, **norte), TooFarToTravel, **facts)
    before = await done(asks(starts_at=TUESDAY - 60 * MINUTE, **norte))
    await done(asks(starts_at=TUESDAY + 60 * MINUTE, **norte))
    # What is called off takes nobody anywhere.
    await done(lambda tx: service.cancel(tx, before.id))
    await done(asks(starts_at=TUESDAY - 40 * MINUTE))


async def test_without_a_known_way_only_the_time_itself_is_taken(
    done: Any, refused: Any, asks: Any, chain: Any
) -> None:
    norte = {"location_id": chain.norte.id}
    await done(asks())
    await done(asks(starts_at=TUESDAY + 40 * MINUTE, **norte))
    facts = {"provider_id": chain.ana.id, "time_zone": ZONE}
    await refused(
        asks(starts_at=TUESDAY - 5 * MINUTE, **norte),
        SlotTaken,
        until=TUESDAY + 40 * MINUTE,
        **facts,
    )


async def test_a_move_is_held_to_the_same(
    chain: Any, done: Any, refused: Any, asks: Any, booked: Any
) -> None:
    booking = await booked(starts_at=TUESDAY)
    later = TUESDAY + 20 * MINUTE
    await done(lambda tx: locations.set_travel(tx, chain.norte.id, chain.centro.id, minutes=30))
    await done(asks(location_id=chain.norte.id, starts_at=TUESDAY + 75 * MINUTE))

    def moves(**to: Any) -> Any:
        return lambda tx: service.reschedule(tx, booking.id, **to)

    facts = {"provider_id": chain.ana.id, "minutes": 30}
    await refused(moves(starts_at=later), TooFarToTravel, **facts)
    back = later + 10 * MINUTE
    off = {"starts_at": TUESDAY, "ends_at": back}
    await done(lambda tx: people.take_off(tx, chain.bruno.id, **off))
    away = {"provider_id": chain.bruno.id, "until": back, "time_zone": ZONE}
    await refused(moves(provider_id=chain.bruno.id), ProviderAway, **away)
    # To another chair it moves all the same: its time and its provider stay.
    await done(lambda tx: people.take_off(tx, chain.ana.id, **off))
    moved = await done(moves(chair_id=chain.chairs[1].id))
    assert moved.chair_id == chain.chairs[1].id


async def test_its_own_way_is_not_in_its_way(chain: Any, done: Any, booked: Any) -> None:
    booking = await booked(starts_at=TUESDAY)
    await done(lambda tx: locations.set_travel(tx, chain.norte.id, chain.centro.id, minutes=30))
    moved = await done(
        lambda tx: service.reschedule(tx, booking.id, starts_at=TUESDAY + 10 * MINUTE)
    )
    assert moved.starts_at == TUESDAY + 10 * MINUTE
