"""A booking is made, or refused with the reason."""

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest

from barberpro.domains.bookings import agenda, lapsing, service
from barberpro.domains.bookings.errors import (
    ChairTaken,
    NoChairFree,
    NotesTooLong,
    NotOnTheMinute,
    OutsideOpeningHours,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.tables import NOTES
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.errors import (
    ChairNotFound,
    LocationClosedDown,
    LocationNotFound,
)
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import (
    CustomerNotFound,
    ProviderLeft,
    ProviderNotAtLocation,
    ProviderNotFound,
)
from barberpro.platform import ids
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal

ZONE = "America/Argentina/Buenos_Aires"
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
LATER = NOW + timedelta(hours=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def test_a_booking_is_made(
    chain: Any, booked: Any, history: Any, told: Any, unsealed: Any, principal: Principal
) -> None:
    booking = await booked(starts_at=LATER, channel=Channel.PHONE, notes=" corte\r\nbajo\x00 ")
    assert ids.prefix_of(booking.id) == "bkg"
    assert booking._asdict() == {
        "id": booking.id,
        "organization_id": principal.tenant,
        "location_id": chain.centro.id,
        "provider_id": chain.ana.id,
        "chair_id": chain.chairs[0].id,
        "customer_id": chain.carla.id,
        "service_id": chain.cut.id,
        "status": "CONFIRMED",
        "channel": "PHONE",
        "starts_at": LATER,
        "ends_at": LATER + minutes(30),
        "taken_from": LATER,
        "free_at": LATER + minutes(40),
        "gap_starts_at": None,
        "gap_ends_at": None,
        "duration_minutes": 30,
        "price_minor": 1_250_000,
        "currency_code": "ARS",
        "is_first_visit": True,
        "notes": booking.notes,
        "created_at": NOW,
        "held_until": None,
        "policy_id": None,
        "invoice_id": None,
    }
    assert await unsealed(NOTES, booking.id) == {"notes": "corte\nbajo"}
    (made,) = await history(booking.id)
    assert (made.kind, made.from_status, made.to_status) == ("MADE", None, "CONFIRMED")
    assert (made.from_starts_at, made.to_starts_at) == (None, LATER)
    assert (made.from_provider_id, made.to_provider_id) == (None, chain.ana.id)
    assert (made.reason, made.changed_by, made.changed_at) == (None, principal.actor, NOW)
    (event,) = await told(booking.id)
    assert event.type == "booking.made"
    assert event.data == {
        "subject": booking.id,
        "location_id": chain.centro.id,
        "provider_id": chain.ana.id,
        "chair_id": chain.chairs[0].id,
        "customer_id": chain.carla.id,
        "service_id": chain.cut.id,
        "channel": "PHONE",
        "starts_at": "2026-11-23T14:00:00Z",
        "ends_at": "2026-11-23T14:30:00Z",
    }


async def test_a_booking_takes_seven_statements(chain: Any, opening: Any) -> None:
    async with opening() as tx:
        await service.create(tx, **chain.asks(starts_at=LATER))
        assert tx.statements == 7


async def test_another_offset_means_the_same_instant(booked: Any) -> None:
    booking = await booked(starts_at=LATER.astimezone(timezone(timedelta(hours=-3))))
    assert booking.starts_at == LATER
    assert booking.starts_at.utcoffset() == timedelta(0)


async def test_price_and_duration_are_those_of_the_day(chain: Any, booked: Any, done: Any) -> None:
    before = await booked(starts_at=LATER)
    dearer = Money(2_000_000, "ARS")
    await done(lambda tx: catalogue.reprice(tx, chain.cut.id, price=dearer))
    after = await booked(starts_at=LATER + minutes(60))
    assert (before.price_minor, after.price_minor) == (1_250_000, 2_000_000)


async def test_the_first_free_chair_by_label_is_taken(chain: Any, booked: Any) -> None:
    first = await booked(starts_at=LATER)
    second = await booked(starts_at=LATER, provider_id=chain.bruno.id)
    assert [first.chair_id, second.chair_id] == [chair.id for chair in chain.chairs]


async def test_a_chair_can_be_asked_for(chain: Any, booked: Any) -> None:
    booking = await booked(starts_at=LATER, chair_id=chain.chairs[1].id)
    assert booking.chair_id == chain.chairs[1].id


async def test_bookings_may_follow_each_other_after_the_buffer(booked: Any) -> None:
    await booked(starts_at=LATER)
    await booked(starts_at=LATER + minutes(40))
    assert (await booked(starts_at=LATER - minutes(40))).starts_at == LATER - minutes(40)


@pytest.mark.parametrize("offset", [-39, -1, 0, 1, 39])
async def test_a_provider_is_in_one_booking_at_a_time(
    chain: Any, booked: Any, refused: Any, offset: int
) -> None:
    await booked(starts_at=LATER)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER + minutes(offset))),
        SlotTaken,
        provider_id=chain.ana.id,
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_a_provider_taken_twice_is_taken_until_the_last(
    chain: Any, booked: Any, refused: Any, done: Any
) -> None:
    long = await done(
        lambda tx: catalogue.offer_service(
            tx, name="Color", duration_minutes=120, buffer_minutes=0, price=Money(1, "ARS")
        )
    )
    await booked(starts_at=LATER)
    await booked(starts_at=LATER + minutes(50))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER, service_id=long.id)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=LATER + minutes(90),
        time_zone=ZONE,
    )


async def test_the_longest_booking_is_seen_to_its_end(
    chain: Any, booked: Any, done: Any, refused: Any
) -> None:
    always = [Span(day, 0, 1440) for day in range(1, 8)]
    await done(lambda tx: locations.set_hours(tx, chain.centro.id, hours=always))
    longest = await done(
        lambda tx: catalogue.offer_service(
            tx, name="Todo", duration_minutes=720, buffer_minutes=240, price=Money(1, "ARS")
        )
    )
    await booked(starts_at=LATER, service_id=longest.id)
    ends = LATER + timedelta(hours=16)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=ends - minutes(1))),
        SlotTaken,
        provider_id=chain.ana.id,
        until=ends,
        time_zone=ZONE,
    )
    assert (await booked(starts_at=ends)).starts_at == ends


async def test_a_provider_is_taken_also_at_another_shop(
    chain: Any, booked: Any, refused: Any
) -> None:
    await booked(starts_at=LATER, location_id=chain.norte.id)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_even_where_the_caller_may_not_look(
    chain: Any, booked: Any, refused: Any, at_centro: Principal
) -> None:
    await booked(starts_at=LATER, location_id=chain.norte.id)
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        SlotTaken,
        who=at_centro,
        provider_id=chain.ana.id,
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_a_chair_is_in_one_booking_at_a_time(chain: Any, booked: Any, refused: Any) -> None:
    await booked(starts_at=LATER, chair_id=chain.chairs[1].id)
    asked = {"provider_id": chain.bruno.id, "chair_id": chain.chairs[1].id}
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER + minutes(39), **asked)),
        ChairTaken,
        chair="02",
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_without_a_free_chair_nothing_is_booked(
    chain: Any, booked: Any, refused: Any, done: Any
) -> None:
    await booked(starts_at=LATER)
    await booked(starts_at=LATER, provider_id=chain.bruno.id)
    third = await done(
        lambda tx: people.register_provider(tx, name="Dora", location_ids=[chain.centro.id])
    )
    await refused(
        lambda tx: service.create(
            tx, **chain.asks(starts_at=LATER + minutes(20), provider_id=third.id)
        ),
        NoChairFree,
        starts_at=LATER + minutes(20),
        free_at=LATER + minutes(60),
        time_zone=ZONE,
    )


@pytest.mark.parametrize("given_up", ["cancel", "mark_no_show"])
async def test_what_is_given_up_is_free_again(
    chain: Any, booked: Any, done: Any, clock: Any, given_up: str
) -> None:
    first = await booked(starts_at=LATER)
    clock.time = LATER
    await done(lambda tx: getattr(service, given_up)(tx, first.id))
    second = await booked(starts_at=LATER)
    assert second.chair_id == first.chair_id


@pytest.mark.parametrize("kept", ["check_in", "complete"])
async def test_what_takes_place_stays_taken(
    chain: Any, booked: Any, done: Any, refused: Any, clock: Any, kept: str
) -> None:
    first = await booked(starts_at=LATER)
    clock.time = LATER
    await done(lambda tx: getattr(service, kept)(tx, first.id))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        SlotTaken,
        provider_id=chain.ana.id,
        until=LATER + minutes(40),
        time_zone=ZONE,
    )


async def test_one_booking_of_a_customer_is_the_first(chain: Any, booked: Any, done: Any) -> None:
    first = await booked(starts_at=LATER)
    second = await booked(starts_at=LATER + minutes(60))
    assert (first.is_first_visit, second.is_first_visit) == (True, False)
    for each in (first, second):
        await done(lambda tx, each=each: service.cancel(tx, each.id))
    assert (await booked(starts_at=LATER)).is_first_visit is True


async def test_a_visit_elsewhere_counts_also_where_the_caller_may_not_look(
    chain: Any, booked: Any, at_centro: Principal
) -> None:
    await booked(starts_at=LATER, location_id=chain.norte.id)
    booking = await booked(at_centro, starts_at=LATER + minutes(60))
    assert booking.is_first_visit is False


UNKNOWN = [
    ("location_id", "loc", LocationNotFound),
    ("provider_id", "prv", ProviderNotFound),
    ("customer_id", "cus", CustomerNotFound),
    ("service_id", "svc", ServiceNotFound),
    ("chair_id", "chr", ChairNotFound),
]


@pytest.mark.parametrize(("key", "prefix", "failure"), UNKNOWN)
async def test_an_unknown_id_is_not_found(
    chain: Any, refused: Any, key: str, prefix: str, failure: Any
) -> None:
    what_is_no_id = (f"{prefix}_\x00", f"{prefix}_" + "0" * 10_000, "", "\ud800")
    for given in (ids.new(prefix), ids.new("evt"), *what_is_no_id):
        asked = chain.asks(starts_at=LATER, **{key: given})
        await refused(
            lambda tx, asked=asked: service.create(tx, **asked), failure, **{key: given[:40]}
        )


async def test_a_chair_of_another_shop_is_not_found(chain: Any, done: Any, refused: Any) -> None:
    elsewhere = await done(lambda tx: locations.add_chair(tx, chain.norte.id, label="99"))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER, chair_id=elsewhere.id)),
        ChairNotFound,
        chair_id=elsewhere.id,
    )


async def test_a_closed_down_shop_takes_no_bookings(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: locations.close(tx, chain.centro.id))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        LocationClosedDown,
        location_id=chain.centro.id,
    )


async def test_a_withdrawn_service_is_not_booked(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: catalogue.withdraw(tx, chain.cut.id))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        ServiceWithdrawn,
        service_id=chain.cut.id,
    )


async def test_who_left_is_not_booked(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: people.leave(tx, chain.ana.id))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        ProviderLeft,
        provider_id=chain.ana.id,
    )


async def test_who_does_not_work_here_is_not_booked(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: people.unassign_location(tx, chain.ana.id, chain.centro.id))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        ProviderNotAtLocation,
        provider_id=chain.ana.id,
        location_id=chain.centro.id,
    )


async def test_who_walks_in_is_written_down_up_to_15_minutes_later(booked: Any) -> None:
    booking = await booked(starts_at=NOW - minutes(15), channel=Channel.WALK_IN)
    assert booking.starts_at == NOW - minutes(15)


@pytest.mark.parametrize(
    "starts_at",
    [
        NOW - minutes(16),
        NOW - minutes(15) - timedelta(microseconds=1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    ],
)
async def test_what_has_passed_is_not_booked(chain: Any, refused: Any, starts_at: datetime) -> None:
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=starts_at)),
        StartsInThePast,
        earliest=NOW - minutes(15),
        time_zone=ZONE,
    )


async def test_a_year_ahead_is_the_furthest(booked: Any, clock: Any) -> None:
    clock.forward(days=1)  # a year after Tuesday 24 November 2026 is a Wednesday
    booking = await booked(starts_at=clock() + timedelta(days=365))
    assert booking.starts_at == datetime(2027, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "starts_at",
    [
        NOW + timedelta(days=365, minutes=1),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
async def test_nobody_books_further_ahead(chain: Any, refused: Any, starts_at: datetime) -> None:
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=starts_at)),
        StartsTooFarAhead,
        days=365,
        latest=NOW + timedelta(days=365),
        time_zone=ZONE,
    )


@pytest.mark.parametrize("off", [timedelta(seconds=1), timedelta(microseconds=1)])
async def test_a_booking_starts_on_a_whole_minute(chain: Any, refused: Any, off: timedelta) -> None:
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER + off)), NotOnTheMinute
    )


async def test_a_time_without_a_zone_is_a_defect(chain: Any, opening: Any, state: Any) -> None:
    before = await state()
    with pytest.raises(TypeError):
        async with opening() as tx:
            await service.create(tx, **chain.asks(starts_at=LATER.replace(tzinfo=None)))
    assert await state() == before


def local(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour + 3, minute, tzinfo=UTC)


@pytest.mark.parametrize("starts_at", [local(12, 30), local(14), local(19, 30), local(9, day=24)])
async def test_a_booking_may_fill_the_opening_hours(booked: Any, starts_at: datetime) -> None:
    assert (await booked(starts_at=starts_at)).starts_at == starts_at


@pytest.mark.parametrize(
    "starts_at",
    [
        local(12, 31),
        local(13, 10),
        local(13, 59),
        local(19, 31),
        local(8, 59, 24),
        local(10, day=29),
    ],
)
async def test_a_booking_stays_within_the_opening_hours(
    chain: Any, refused: Any, starts_at: datetime
) -> None:
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=starts_at)),
        OutsideOpeningHours,
        starts_at=starts_at,
        ends_at=starts_at + minutes(30),
        time_zone=ZONE,
    )


async def test_a_shop_without_hours_takes_no_bookings(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: locations.set_hours(tx, chain.centro.id, hours=[]))
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER)),
        OutsideOpeningHours,
        starts_at=LATER,
        ends_at=LATER + minutes(30),
        time_zone=ZONE,
    )


async def test_hours_are_those_of_the_shops_own_zone(
    chain: Any, done: Any, booked: Any, clock: Any
) -> None:
    """In Santiago clocks went forward in September: 9:00 there is 12:00 in UTC, an hour earlier than in winter."""
    santiago = await done(
        lambda tx: locations.open_location(
            tx,
            name="Santiago",
            city="Santiago",
            province="M",
            time_zone="America/Santiago",
            chairs=1,
            hours=[Span.between(2, time(9), time(10))],
        )
    )
    await done(lambda tx: people.assign_location(tx, chain.ana.id, santiago.id))
    summer = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert (await booked(location_id=santiago.id, starts_at=summer)).starts_at == summer
    winter = datetime(2027, 7, 6, 13, 0, tzinfo=UTC)
    assert (await booked(location_id=santiago.id, starts_at=winter)).starts_at == winter


async def test_notes_have_at_most_1000_characters(
    chain: Any, booked: Any, refused: Any, unsealed: Any
) -> None:
    await refused(
        lambda tx: service.create(tx, **chain.asks(starts_at=LATER, notes="ñ" * 1001)),
        NotesTooLong,
        limit=1000,
        length=1001,
    )
    booking = await booked(starts_at=LATER, notes="ñ" * 1000 + "  ")
    assert await unsealed(NOTES, booking.id) == {"notes": "ñ" * 1000}


async def test_blank_notes_are_none(booked: Any) -> None:
    assert (await booked(starts_at=LATER, notes=" \n\x07 ")).notes is None


async def test_who_is_limited_to_a_shop_books_there(
    booked: Any, at_centro: Principal, chain: Any
) -> None:
    assert (await booked(at_centro, starts_at=LATER)).location_id == chain.centro.id


async def test_who_is_limited_to_a_shop_knows_of_no_other(
    chain: Any, refused: Any, at_centro: Principal
) -> None:
    asked = chain.asks(starts_at=LATER, location_id=chain.norte.id)
    await refused(
        lambda tx: service.create(tx, **asked),
        LocationNotFound,
        who=at_centro,
        location_id=chain.norte.id,
    )


@pytest.mark.parametrize("key", ["provider", "chair"])
async def test_the_databases_own_rule_is_told_as_ours(
    chain: Any, booked: Any, refused: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """As if someone had written past the locks: what the agenda let through, the constraint refuses."""
    await booked(starts_at=LATER)
    taken = chain.chairs[0 if key == "chair" else 1].id

    async def blind(tx: Any, wish: Any) -> agenda.Seat:
        return agenda.Seat(taken, has_booked=True)

    monkeypatch.setattr(lapsing, "seat", blind)
    who = chain.ana if key == "provider" else chain.bruno
    facts = {"provider_id": who.id, "until": LATER + minutes(41)}
    await refused(
        lambda tx: service.create(
            tx, **chain.asks(starts_at=LATER + minutes(1), provider_id=who.id)
        ),
        SlotTaken if key == "provider" else NoChairFree,
        **(
            facts
            if key == "provider"
            else {"starts_at": LATER + minutes(1), "free_at": LATER + minutes(41)}
        ),
        time_zone=ZONE,
    )
