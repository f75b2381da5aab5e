"""A booking is moved, or stays where it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import agenda, lapsing, service
from barberpro.domains.bookings.errors import (
    BookingNotFound,
    ChairTaken,
    NoChairFree,
    NotOnTheMinute,
    OutsideOpeningHours,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
    WrongStatus,
)
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.errors import ChairNotFound, LocationClosedDown
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import ProviderLeft, ProviderNotAtLocation, ProviderNotFound
from barberpro.platform import ids
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal

ZONE = "America/Argentina/Buenos_Aires"
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
ELEVEN, NOON = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def moves(booking: Any, **to: Any) -> Any:
    return lambda tx: service.reschedule(tx, booking.id, **to)


async def test_a_booking_moves_to_another_time(
    chain: Any, booked: Any, done: Any, history: Any, told: Any, principal: Principal, clock: Any
) -> None:
    before = await booked(starts_at=ELEVEN, notes="corto")
    dearer = Money(9_900_000, "ARS")
    await done(lambda tx: catalogue.reprice(tx, chain.cut.id, price=dearer))
    clock.forward(minutes=5)
    moved = await done(moves(before, starts_at=NOON))
    span = {"taken_from": NOON, "starts_at": NOON}
    span |= {"ends_at": NOON + minutes(30), "free_at": NOON + minutes(40)}
    assert moved._asdict() == before._asdict() | span
    _, change = await history(before.id)
    assert (change.kind, change.from_status, change.to_status) == (
        "MOVED",
        "CONFIRMED",
        "CONFIRMED",
    )
    assert (change.from_starts_at, change.to_starts_at) == (ELEVEN, NOON)
    assert (change.from_provider_id, change.to_provider_id) == (chain.ana.id, chain.ana.id)
    assert (change.changed_by, change.changed_at) == (principal.actor, NOW + minutes(5))
    assert (await told(before.id))[1:] == [
        (
            "booking.moved",
            before.id,
            {
                "subject": before.id,
                "location_id": chain.centro.id,
                "from_starts_at": "2026-11-23T14:00:00Z",
                "from_provider_id": chain.ana.id,
                "from_chair_id": before.chair_id,
                "starts_at": "2026-11-23T15:00:00Z",
                "ends_at": "2026-11-23T15:30:00Z",
                "provider_id": chain.ana.id,
                "chair_id": before.chair_id,
            },
        )
    ]


async def test_a_move_takes_eight_statements(booked: Any, opening: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    async with opening() as tx:
        await service.reschedule(tx, booking.id, starts_at=NOON)
        assert tx.statements == 8


async def test_a_booking_moves_to_another_provider(
    chain: Any, booked: Any, done: Any, history: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    moved = await done(moves(booking, provider_id=chain.bruno.id))
    assert moved._asdict() == booking._asdict() | {"provider_id": chain.bruno.id}
    change = (await history(booking.id))[1]
    assert (change.from_provider_id, change.to_provider_id) == (chain.ana.id, chain.bruno.id)
    assert (await booked(starts_at=ELEVEN)).provider_id == chain.ana.id


async def test_a_booking_moves_to_another_chair(chain: Any, booked: Any, done: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    moved = await done(moves(booking, chair_id=chain.chairs[1].id))
    assert moved._asdict() == booking._asdict() | {"chair_id": chain.chairs[1].id}


async def test_a_booking_keeps_its_chair_where_that_is_free(
    chain: Any, booked: Any, done: Any
) -> None:
    booking = await booked(starts_at=ELEVEN, chair_id=chain.chairs[1].id)
    assert (await done(moves(booking, starts_at=NOON))).chair_id == chain.chairs[1].id


async def test_a_booking_takes_another_chair_where_its_own_is_taken(
    chain: Any, booked: Any, done: Any
) -> None:
    await booked(starts_at=NOON, provider_id=chain.bruno.id)
    booking = await booked(starts_at=ELEVEN)
    assert booking.chair_id == chain.chairs[0].id
    assert (await done(moves(booking, starts_at=NOON))).chair_id == chain.chairs[1].id


async def test_a_booking_is_not_in_its_own_way(booked: Any, done: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    moved = await done(moves(booking, starts_at=ELEVEN + minutes(10)))
    assert (moved.starts_at, moved.chair_id) == (ELEVEN + minutes(10), booking.chair_id)


async def test_to_where_it_is_a_booking_does_not_move(
    chain: Any, booked: Any, done: Any, state: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    before = await state()
    same = {"starts_at": ELEVEN, "provider_id": chain.ana.id, "chair_id": booking.chair_id}
    for to in ({}, same, {"starts_at": ELEVEN}):
        assert await done(moves(booking, **to)) == booking
    assert await state() == before


async def test_duration_and_buffer_stay(chain: Any, booked: Any, done: Any) -> None:
    long = await done(
        lambda tx: catalogue.offer_service(
            tx, name="Color", duration_minutes=95, buffer_minutes=25, price=Money(1, "ARS")
        )
    )
    booking = await booked(starts_at=NOW, service_id=long.id)
    moved = await done(moves(booking, starts_at=ELEVEN))
    assert moved.ends_at - moved.starts_at == minutes(95)
    assert moved.free_at - moved.ends_at == minutes(25)
    assert moved.duration_minutes == 95


async def test_a_late_customer_keeps_the_chair_with_another_provider(
    chain: Any, booked: Any, done: Any, clock: Any
) -> None:
    """Only a new start has to lie ahead."""
    booking = await booked(starts_at=NOW)
    clock.forward(minutes=25)
    assert (await done(moves(booking, provider_id=chain.bruno.id))).starts_at == NOW


async def test_a_taken_provider_is_refused(chain: Any, booked: Any, refused: Any) -> None:
    await booked(starts_at=NOON)
    booking = await booked(starts_at=ELEVEN)
    await refused(
        moves(booking, starts_at=NOON - minutes(1)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=NOON + minutes(40),
        time_zone=ZONE,
    )


async def test_a_taken_chair_is_refused(chain: Any, booked: Any, refused: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    await booked(starts_at=ELEVEN, provider_id=chain.bruno.id)
    await refused(
        moves(booking, chair_id=chain.chairs[1].id),
        ChairTaken,
        chair="02",
        until=ELEVEN + minutes(40),
        time_zone=ZONE,
    )


async def test_without_a_free_chair_it_stays(
    chain: Any, booked: Any, done: Any, refused: Any
) -> None:
    dora = await done(
        lambda tx: people.register_provider(tx, name="Dora", location_ids=[chain.centro.id])
    )
    booking = await booked(starts_at=ELEVEN, provider_id=dora.id)
    await booked(starts_at=NOON)
    await booked(starts_at=NOON, provider_id=chain.bruno.id)
    await refused(
        moves(booking, starts_at=NOON),
        NoChairFree,
        starts_at=NOON,
        free_at=NOON + minutes(40),
        time_zone=ZONE,
    )


@pytest.mark.parametrize(
    ("to", "failure", "facts"),
    [
        (NOW - minutes(16), StartsInThePast, {"earliest": NOW - minutes(15)}),
        (
            NOW + timedelta(days=366),
            StartsTooFarAhead,
            {"days": 365, "latest": NOW + timedelta(days=365)},
        ),
        (
            NOON + minutes(50),
            OutsideOpeningHours,
            {"starts_at": NOON + minutes(50), "ends_at": NOON + minutes(80)},
        ),
    ],
)
async def test_the_new_time_obeys_the_rules(
    booked: Any, refused: Any, to: datetime, failure: Any, facts: dict[str, Any]
) -> None:
    booking = await booked(starts_at=ELEVEN)
    await refused(moves(booking, starts_at=to), failure, **facts, time_zone=ZONE)


async def test_the_new_time_is_on_a_whole_minute(booked: Any, refused: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    await refused(moves(booking, starts_at=NOON + timedelta(seconds=30)), NotOnTheMinute)


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("cancel", "CANCELLED"),
        ("check_in", "CHECKED_IN"),
        ("complete", "COMPLETED"),
        ("mark_no_show", "NO_SHOW"),
    ],
)
async def test_only_a_confirmed_booking_moves(
    booked: Any, done: Any, refused: Any, clock: Any, step: str, status: str
) -> None:
    booking = await booked(starts_at=ELEVEN)
    clock.time = booking.starts_at
    await done(lambda tx: getattr(service, step)(tx, booking.id))
    for to in (NOON, ELEVEN):
        await refused(
            moves(booking, starts_at=to), WrongStatus, from_status=status, to_status="CONFIRMED"
        )


async def test_what_does_not_exist_is_not_found(chain: Any, booked: Any, refused: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    unknown = ids.new("bkg")
    await refused(
        lambda tx: service.reschedule(tx, unknown, starts_at=NOON),
        BookingNotFound,
        booking_id=unknown,
    )
    for nothing in ("x", ""):
        await refused(moves(booking, provider_id=nothing), ProviderNotFound, provider_id=nothing)
        await refused(moves(booking, chair_id=nothing), ChairNotFound, chair_id=nothing)


async def test_who_left_or_works_elsewhere_takes_no_bookings_over(
    chain: Any, booked: Any, done: Any, refused: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    to_bruno = moves(booking, provider_id=chain.bruno.id)
    await done(lambda tx: people.unassign_location(tx, chain.bruno.id, chain.centro.id))
    await refused(
        to_bruno,
        ProviderNotAtLocation,
        provider_id=chain.bruno.id,
        location_id=chain.centro.id,
    )
    await done(lambda tx: people.leave(tx, chain.bruno.id))
    await refused(to_bruno, ProviderLeft, provider_id=chain.bruno.id)


async def test_in_a_closed_down_shop_nothing_moves(
    chain: Any, booked: Any, done: Any, refused: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    await done(lambda tx: locations.close(tx, chain.centro.id))
    await refused(moves(booking, starts_at=NOON), LocationClosedDown, location_id=chain.centro.id)


async def test_who_is_limited_to_a_shop_moves_nothing_elsewhere(
    chain: Any, booked: Any, refused: Any, at_centro: Principal
) -> None:
    booking = await booked(starts_at=ELEVEN, location_id=chain.norte.id)
    await refused(
        moves(booking, starts_at=NOON), BookingNotFound, who=at_centro, booking_id=booking.id
    )


async def test_the_databases_own_rule_is_told_as_ours(
    chain: Any, booked: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await booked(starts_at=NOON)
    booking = await booked(starts_at=ELEVEN)

    async def blind(tx: Any, wish: Any) -> agenda.Seat:
        return agenda.Seat(chain.chairs[1].id, has_booked=True)

    monkeypatch.setattr(lapsing, "seat", blind)
    await refused(
        moves(booking, starts_at=NOON),
        SlotTaken,
        provider_id=chain.ana.id,
        until=NOON + minutes(40),
        time_zone=ZONE,
    )
