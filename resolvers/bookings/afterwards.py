"""What can be said of a booking after the fact."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    AlreadyBilled,
    BookingNotFound,
    ChairTaken,
    NoChairFree,
    NotCompleted,
    NotesTooLong,
    NotOnTheMinute,
    NotOverYet,
    ReasonTooLong,
    ScoreOutOfRange,
    SlotTaken,
    TooLongAgo,
    WrongStatus,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue.errors import PriceOutOfRange, ServiceNotFound, UnknownCurrency
from barberpro.domains.locations.errors import ChairNotFound, LocationNotFound
from barberpro.domains.people.errors import CustomerErased, CustomerNotFound, ProviderNotFound
from barberpro.graph.mutations import mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.money import AmountInexact

from ..values import MoneyInput, given
from .types import Booking, BookingChannel


@input_type
class BookingRecordInput:
    """A booking that took place before it was known here."""

    location_id: strawberry.ID
    """Where."""
    provider_id: strawberry.ID
    """With whom, though they may have left since."""
    customer_id: strawberry.ID
    """For whom."""
    service_id: strawberry.ID
    """What, though it may have been withdrawn since. Its duration today is the booking's."""
    starts_at: datetime
    """When, on a whole minute, up to ten years back; it must have ended."""
    chair_id: strawberry.ID | None = None
    """In which chair; without one, in the first that was free by label."""
    price: MoneyInput | None = None
    """What was paid; without it, the service's price of today."""
    channel: BookingChannel = BookingChannel.WALK_IN
    """How it came in."""
    notes: str | None = None
    """What the shop should know, in at most 1,000 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is written down once. Kept for a day."""


@input_type
class BookingRetractInput:
    """A completed booking that did not take place."""

    booking_id: strawberry.ID
    """Which booking."""
    reason: str | None = None
    """Why, for the history; at most 500 characters."""


@input_type
class BookingRateInput:
    """How a customer found it."""

    booking_id: strawberry.ID
    """Which booking; its service must have been done."""
    score: int
    """Stars, from 1 to 5."""


@mutation(
    Booking,
    raises={
        LocationNotFound: "locationId",
        ProviderNotFound: "providerId",
        CustomerNotFound: "customerId",
        CustomerErased: "customerId",
        ServiceNotFound: "serviceId",
        ChairNotFound: "chairId",
        SlotTaken: "startsAt",
        ChairTaken: "chairId",
        NoChairFree: "startsAt",
        NotOnTheMinute: "startsAt",
        NotOverYet: "startsAt",
        TooLongAgo: "startsAt",
        PriceOutOfRange: "price.amount",
        AmountInexact: "price.amount",
        UnknownCurrency: "price.currencyCode",
        NotesTooLong: "notes",
    },
    scope="bookings:write",
    idempotent=True,
)
async def booking_record(tx: Transaction, input: BookingRecordInput) -> Row[Any]:
    """Write down a booking that took place: the history of a shop that is new here. It is completed at once."""
    return await service.record(
        tx,
        location_id=input.location_id,
        provider_id=input.provider_id,
        customer_id=input.customer_id,
        service_id=input.service_id,
        starts_at=input.starts_at,
        chair_id=input.chair_id,
        price=given(input.price) if input.price else None,
        channel=Channel(input.channel.value),
        notes=input.notes,
    )


@mutation(
    Booking,
    raises={
        BookingNotFound: "bookingId",
        WrongStatus: "bookingId",
        AlreadyBilled: "bookingId",
        ReasonTooLong: "reason",
    },
    scope="bookings:write",
)
async def booking_retract(tx: Transaction, input: BookingRetractInput) -> Row[Any]:
    """Take back that a booking took place. It is cancelled, and counts for nothing any more."""
    return await service.retract(tx, input.booking_id, reason=input.reason)


@mutation(
    Booking,
    raises={BookingNotFound: "bookingId", NotCompleted: "bookingId", ScoreOutOfRange: "score"},
    scope="bookings:write",
)
async def booking_rate(tx: Transaction, input: BookingRateInput) -> Row[Any]:
    """Say how a service was that was done. Said again, the last word counts."""
    return await service.rate(tx, input.booking_id, score=input.score)


@extends(Mutation)
class BookingAfterwards:
    booking_record = booking_record
    booking_retract = booking_retract
    booking_rate = booking_rate
