"""What is said of bookings after the fact: recorded, retracted, rated; and the visits they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    AlreadyBilled,
    BookingNotFound,
    NoChairFree,
    NotCompleted,
    NotOnTheMinute,
    NotOverYet,
    ScoreOutOfRange,
    SlotTaken,
    TooLongAgo,
)
from barberpro.domains.bookings.tables import REASONS
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.catalogue.errors import PriceOutOfRange, UnknownCurrency
from barberpro.domains.locations import service as locations
from barberpro.domains.people import service as people
from barberpro.domains.people.handlers import forget_visit, remember_visit
from barberpro.platform import ids
from barberpro.platform.doors import transaction
from barberpro.platform.events import events, revived
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
LAST_YEAR = NOW - timedelta(days=365)


@pytest.fixture
def recorded(done: Any, chain: Any) -> Any:
    async def write_down(**other: Any) -> Any:
        asked = chain.asks(**{"starts_at": LAST_YEAR, **other})
        return await done(lambda tx: service.record(tx, **asked))

    return write_down


@pytest.fixture
def visits(done: Any) -> Any:
    """The visits on record of the organization."""

    async def read() -> list[Any]:
        table = metadata.tables["visits"]
        columns = select(table.c.booking_id, table.c.customer_id, table.c.ended_at)
        return [tuple(row) for row in await done(lambda tx: tx.rows(columns))]

    return read


@pytest.fixture
def tells(database: Any, clock: Any, principal: Principal, done: Any) -> Any:
    """Hand the events about a booking to the domain of people, in this order of their places."""

    async def tell(booking_id: str, *order: int) -> None:
        about = select(events).where(events.c.subject == booking_id).order_by(events.c.id)
        told = await done(lambda tx: tx.rows(about))
        for place in order:
            event = revived(told[place].type, told[place].data)
            handler = forget_visit if told[place].type == "booking.retracted" else remember_visit
            async with transaction(database, principal, clock, "test", answering="evt") as tx:
                await handler(tx, event)  # type: ignore[arg-type]

    return tell


async def test_what_took_place_is_written_down(
    recorded: Any, chain: Any, history: Any, told: Any, principal: Principal
) -> None:
    booking = await recorded(price=Money(900_00, "ARS"))
    assert booking.status == "COMPLETED"
    assert (booking.starts_at, booking.ends_at) == (LAST_YEAR, LAST_YEAR + timedelta(minutes=30))
    assert booking.free_at == booking.ends_at
    assert (booking.price_minor, booking.currency_code) == (90_000, "ARS")
    assert (booking.chair_id, booking.created_at) == (chain.chairs[0].id, NOW)
    (entry,) = await history(booking.id)
    assert (entry.kind, entry.from_status, entry.to_status) == ("RECORDED", None, "COMPLETED")
    assert entry.changed_by == principal.actor
    assert (await told(booking.id))[0] == (
        "booking.recorded",
        booking.id,
        {
            "subject": booking.id,
            "location_id": chain.centro.id,
            "provider_id": chain.ana.id,
            "customer_id": chain.carla.id,
            "service_id": chain.cut.id,
            "starts_at": "2025-11-23T13:00:00Z",
            "ended_at": "2025-11-23T13:30:00Z",
        },
    )


async def test_without_a_price_it_is_todays(recorded: Any, chain: Any) -> None:
    assert (await recorded()).price_minor == chain.cut.price_minor


async def test_shops_people_and_services_of_the_past_may_be_gone(
    recorded: Any, done: Any, chain: Any
) -> None:
    async def gone(tx: Any) -> None:
        await people.leave(tx, chain.ana.id)
        await catalogue.withdraw(tx, chain.cut.id)
        await locations.close(tx, chain.centro.id)

    await done(gone)
    sunday_night = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert (await recorded(starts_at=sunday_night)).status == "COMPLETED"


async def test_nobody_was_in_two_chairs(recorded: Any, done: Any, refused: Any, chain: Any) -> None:
    first = await recorded()
    again = chain.asks(starts_at=LAST_YEAR + timedelta(minutes=29))
    await refused(
        lambda tx: service.record(tx, **again),
        SlotTaken,
        provider_id=chain.ana.id,
        until=first.free_at,
        time_zone=chain.centro.time_zone,
    )
    await recorded(provider_id=chain.bruno.id)
    third = await done(
        lambda tx: people.register_provider(tx, name="Eva", location_ids=[chain.centro.id])
    )
    await refused(
        lambda tx: service.record(tx, **chain.asks(starts_at=LAST_YEAR, provider_id=third.id)),
        NoChairFree,
        starts_at=first.starts_at,
        free_at=first.free_at,
        time_zone=chain.centro.time_zone,
    )


@pytest.mark.parametrize(
    ("asked", "failure", "facts"),
    [
        (
            {"starts_at": NOW - timedelta(minutes=29)},
            NotOverYet,
            {"ends_at": NOW + timedelta(minutes=1), "time_zone": "America/Argentina/Buenos_Aires"},
        ),
        ({"starts_at": NOW - timedelta(days=3651)}, TooLongAgo, {"years": 10}),
        ({"starts_at": LAST_YEAR + timedelta(seconds=1)}, NotOnTheMinute, {}),
        ({"price": Money(-1, "ARS")}, PriceOutOfRange, {"maximum": "10000000000.00"}),
        ({"price": Money(1, "XXQ")}, UnknownCurrency, {}),
    ],
)
async def test_what_cannot_have_been_is_refused(
    refused: Any, chain: Any, asked: dict[str, Any], failure: Any, facts: Any
) -> None:
    given = chain.asks(**{"starts_at": LAST_YEAR, **asked})
    await refused(lambda tx: service.record(tx, **given), failure, **facts)


async def test_a_recorded_booking_is_a_visit_until_it_is_retracted(
    recorded: Any,
    done: Any,
    visits: Any,
    tells: Any,
    history: Any,
    chain: Any,
    unsealed: Any,
) -> None:
    booking = await recorded()
    await tells(booking.id, 0, 0)
    assert await visits() == [(booking.id, chain.carla.id, booking.ends_at)]
    after = await done(lambda tx: service.retract(tx, booking.id, reason="Era otra persona"))
    assert after._asdict() == booking._asdict() | {"status": "CANCELLED"}
    changes = await history(booking.id)
    assert [(h.kind, await unsealed(REASONS, h.id)) for h in changes] == [
        ("RECORDED", {"reason": None}),
        ("RETRACTED", {"reason": "Era otra persona"}),
    ]
    await tells(booking.id, 1)
    assert await visits() == []


async def test_told_in_the_wrong_order_it_is_no_visit_either(
    recorded: Any, done: Any, visits: Any, tells: Any
) -> None:
    booking = await recorded()
    await done(lambda tx: service.retract(tx, booking.id))
    await tells(booking.id, 1, 0)
    assert await visits() == []


async def test_the_place_of_a_retracted_booking_is_free(recorded: Any, done: Any) -> None:
    booking = await recorded()
    await done(lambda tx: service.retract(tx, booking.id))
    assert (await recorded()).chair_id == booking.chair_id


async def test_a_rating_is_the_last_word(
    recorded: Any, done: Any, told: Any, clock: Any, state: Any
) -> None:
    booking = await recorded()
    assert await done(lambda tx: service.rate(tx, booking.id, score=2)) == booking
    clock.forward(days=1)
    await done(lambda tx: service.rate(tx, booking.id, score=5))
    before = await state()
    assert [(r[-2], r[-1]) for r in before["ratings"]] == [(5, clock())]
    assert [t.data["score"] for t in await told(booking.id) if t.type == "booking.rated"] == [2, 5]


@pytest.mark.parametrize("score", [0, 6, -1, 2**40])
async def test_a_rating_has_one_to_five_stars(recorded: Any, refused: Any, score: int) -> None:
    booking = await recorded()
    await refused(
        lambda tx: service.rate(tx, booking.id, score=score), ScoreOutOfRange, least=1, most=5
    )


async def test_what_was_not_done_cannot_be_rated(booked: Any, refused: Any) -> None:
    booking = await booked(starts_at=NOW + timedelta(hours=1))
    await refused(
        lambda tx: service.rate(tx, booking.id, score=5), NotCompleted, from_status="CONFIRMED"
    )
    unknown = ids.new("bkg")
    await refused(
        lambda tx: service.rate(tx, unknown, score=5), BookingNotFound, booking_id=unknown
    )


async def test_what_is_billed_is_credited_before_it_is_retracted(
    recorded: Any, done: Any, refused: Any, chain: Any
) -> None:
    booking = await recorded()
    draft = {"location_id": chain.centro.id, "booking_ids": [booking.id]}
    invoice = await done(lambda tx: billing.create(tx, **draft))
    await refused(
        lambda tx: service.retract(tx, booking.id),
        AlreadyBilled,
        booking_id=booking.id,
        invoice_id=invoice.id,
    )
    await done(lambda tx: billing.void(tx, invoice.id))
    assert (await done(lambda tx: service.retract(tx, booking.id))).status == "CANCELLED"
