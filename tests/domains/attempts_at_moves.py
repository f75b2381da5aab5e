"""What outsiders try with visits that customers are asked to move, and with those that are booked together."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert

from barberpro.domains.bookings.appointments import service as appointments
from barberpro.domains.bookings.appointments import tables
from barberpro.domains.bookings.appointments.service import Wanted
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.reshuffling import service as reshuffling
from barberpro.domains.bookings.reshuffling.tables import reshuffle_moves, reshuffles
from barberpro.domains.bookings.series import service as series
from barberpro.domains.bookings.series.recurring import Pattern
from barberpro.domains.bookings.series.tables import booking_series, series_occurrences
from barberpro.platform import ids
from barberpro.platform.doors import Transaction

SOME_DAY = date(2026, 11, 24)
SOME_TIME = datetime(2026, 11, 25, 14, tzinfo=UTC)
TERMS = {"within_minutes": 15, "least_minutes": 30, "days_ahead": 0}


async def asked_of(tx: Transaction, booking: Row[Any]) -> tuple[str, str]:
    """A reshuffle in which a booking's customer and another's are asked, and the move of the first."""
    asked = ids.new("rsh")
    await tx.insert(
        insert(reshuffles),
        [
            {
                "id": asked,
                "location_id": booking.location_id,
                "provider_id": booking.provider_id,
                "date": booking.starts_at.date(),
                "status": "ASKED",
                "won_minutes": 30,
                "usual_minutes": 30,
                "expires_at": tx.now + timedelta(days=1),
                "created_at": tx.now,
            }
        ],
    )
    move = {
        "reshuffle_id": asked,
        "location_id": booking.location_id,
        "booking_id": booking.id,
        "customer_id": booking.customer_id,
        "from_starts_at": booking.starts_at,
        "to_starts_at": booking.starts_at + timedelta(minutes=5),
        "status": "ASKED",
    }
    made = ids.new("rsm")
    await tx.insert(insert(reshuffle_moves), [{"id": made, **move}])
    return asked, made


async def again(tx: Transaction, things: Any, **other: Any) -> Row[Any]:
    """A series of two with these things."""
    usual = {
        "location_id": things.location,
        "provider_id": things.provider,
        "customer_id": things.customer,
        "service_id": things.service,
        "pattern": Pattern("FREQ=WEEKLY;COUNT=2", SOME_TIME.date() + timedelta(days=7), 600),
        "channel": Channel.WEB,
    }
    return await series.book(tx, **{**usual, **other})


async def repeated(tx: Transaction, booking: Row[Any]) -> tuple[str, str]:
    """A series with this booking, and its occurrence."""
    made, occurrence = ids.new("ser"), ids.new("occ")
    of = {"location_id": booking.location_id}
    row = {
        "id": made,
        **of,
        "provider_id": booking.provider_id,
        "customer_id": booking.customer_id,
        "service_id": booking.service_id,
        "rule": "FREQ=DAILY;COUNT=1",
        "starts_on": SOME_DAY,
        "minute": 600,
        "skips_closed_days": False,
        "created_at": tx.now,
    }
    await tx.insert(insert(booking_series), [row])
    row = {
        "id": occurrence,
        **of,
        "series_id": made,
        "number": 0,
        "starts_at": booking.starts_at,
        "status": "BOOKED",
        "booking_id": booking.id,
    }
    await tx.insert(insert(series_occurrences), [row])
    return made, occurrence


async def tied_of(tx: Transaction, *booked: Row[Any]) -> str:
    """An appointment of what was booked one by one."""
    made = ids.new("apt")
    shop = {"location_id": booked[0].location_id}
    row = {"id": made, **shop, "customer_id": booked[0].customer_id, "created_at": tx.now}
    await tx.insert(insert(tables.appointments), [row])
    items = [
        {
            "id": ids.new("api"),
            **shop,
            "appointment_id": made,
            "booking_id": each.id,
            "place_in_appointment": n,
            "guest": 0,
        }
        for n, each in enumerate(booked)
    ]
    await tx.insert(insert(tables.appointment_items), items)
    return made


async def tied(tx: Transaction, things: Any, customer: Any = None, **other: Any) -> Row[Any]:
    """An appointment of one service with these things."""
    item = {"service_id": things.service, "provider_id": things.provider, **other}
    return await appointments.book(
        tx,
        location_id=things.location,
        customer_id=customer or things.customer,
        starts_at=SOME_TIME,
        items=[Wanted(**item)],
        channel=Channel.WEB,
    )


ATTEMPTS: list[tuple[Any, Any]] = [
    (series.book, lambda tx, theirs, _: again(tx, theirs)),
    (series.book, lambda tx, theirs, own: again(tx, own, customer_id=theirs.customer)),
    (
        series.move,
        lambda tx, theirs, _: series.move(tx, theirs.occurrence, following=True, minute=1_020),
    ),
    (series.end, lambda tx, theirs, _: series.end(tx, theirs.series)),
    (appointments.book, lambda tx, theirs, _: tied(tx, theirs)),
    (appointments.book, lambda tx, theirs, own: tied(tx, own, theirs.customer)),
    (
        appointments.book,
        lambda tx, theirs, own: tied(tx, own, customer_id=theirs.customer),
    ),
    (appointments.confirm, lambda tx, theirs, _: appointments.confirm(tx, theirs.appointment)),
    (
        appointments.move,
        lambda tx, theirs, _: appointments.move(
            tx, theirs.appointment, starts_at=SOME_TIME + timedelta(hours=1)
        ),
    ),
    (appointments.cancel, lambda tx, theirs, _: appointments.cancel(tx, theirs.appointment)),
    (
        appointments.statuses,
        lambda tx, theirs, _: tx.rows(appointments.statuses([theirs.appointment])),
    ),
    (
        reshuffling.set_terms,
        lambda tx, theirs, _: reshuffling.set_terms(tx, theirs.location, **TERMS),
    ),
    (
        reshuffling.propose,
        lambda tx, theirs, own: reshuffling.propose(
            tx, location_id=theirs.location, provider_id=own.provider, day=SOME_DAY
        ),
    ),
    (
        reshuffling.propose,
        lambda tx, theirs, own: reshuffling.propose(
            tx, location_id=own.location, provider_id=theirs.provider, day=SOME_DAY
        ),
    ),
    (
        reshuffling.answer,
        lambda tx, theirs, _: reshuffling.answer(tx, theirs.move, accepted=True),
    ),
    (reshuffling.withdraw, lambda tx, theirs, _: reshuffling.withdraw(tx, theirs.reshuffle)),
]
READS = {appointments.statuses}
TAKE_NO_IDS = {reshuffling.by_night, reshuffling.tenants_that_ask}
