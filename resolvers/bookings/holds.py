"""Holds: a place that is kept while a customer makes up their mind."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    HoldLimitReached,
    HoldOutOfRange,
    HoldRanOut,
    TooManyHolds,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.people.errors import CustomerErased
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction

from .mutations import MAKING, STEPPING
from .types import Booking, BookingChannel


@input_type
class BookingHoldInput:
    """A place to be held: what is to be booked in it, and for how long it is kept."""

    location_id: strawberry.ID
    """Where."""
    provider_id: strawberry.ID
    """With whom; they must work there."""
    customer_id: strawberry.ID
    """For whom. At most 3 places are held for a customer at the same time."""
    service_id: strawberry.ID
    """What. Its price and duration today are the booking's, also where it is confirmed later."""
    starts_at: datetime
    """When, on a whole minute; from a quarter of an hour ago to a year ahead."""
    chair_id: strawberry.ID | None = None
    """In which chair; without one, in the first that is free by label."""
    channel: BookingChannel = BookingChannel.WEB
    """How it came in."""
    notes: str | None = None
    """What the shop should know, in at most 1,000 characters."""
    minutes: int = 5
    """For how many minutes, 1 to 30; but never longer than a quarter of an hour after its start."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the place is held once. Kept for a day."""


@input_type
class BookingHoldExtendInput:
    """A hold that should last longer."""

    booking_id: strawberry.ID
    """Which."""
    minutes: int = 5
    """For how many minutes from now, 1 to 30. In all it lasts for 30 minutes at most."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is extended once. Kept for a day."""


@input_type
class BookingConfirmInput:
    """A hold that is to be booked."""

    booking_id: strawberry.ID
    """Which."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is confirmed once. Kept for a day."""


@input_type
class BookingHoldReleaseInput:
    """A hold that is needed no more."""

    booking_id: strawberry.ID
    """Which."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is released once. Kept for a day."""


LASTING: Foreseen = {**STEPPING, HoldRanOut: "bookingId"}


@mutation(
    Booking,
    raises={**MAKING, HoldOutOfRange: "minutes", TooManyHolds: "customerId"},
    scope="bookings:write",
    idempotent=True,
)
async def booking_hold(tx: Transaction, input: BookingHoldInput) -> Row[Any]:
    """Keep a place for some minutes. Nobody else gets it meanwhile; then it is free by itself."""
    return await service.hold(
        tx,
        location_id=input.location_id,
        provider_id=input.provider_id,
        customer_id=input.customer_id,
        service_id=input.service_id,
        starts_at=input.starts_at,
        chair_id=input.chair_id,
        channel=Channel(input.channel.value),
        notes=input.notes,
        minutes=input.minutes,
    )


@mutation(
    Booking,
    raises={**LASTING, HoldOutOfRange: "minutes", HoldLimitReached: "minutes"},
    scope="bookings:write",
    idempotent=True,
)
async def booking_hold_extend(tx: Transaction, input: BookingHoldExtendInput) -> Row[Any]:
    """Keep a place for longer. One that is kept for longer already stays as it is."""
    return await service.extend(tx, input.booking_id, minutes=input.minutes)


@mutation(
    Booking,
    raises={**LASTING, CustomerErased: "bookingId"},
    scope="bookings:write",
    idempotent=True,
)
async def booking_confirm(tx: Transaction, input: BookingConfirmInput) -> Row[Any]:
    """Book what is held, at the price it was held at."""
    return await service.confirm(tx, input.booking_id)


@mutation(Booking, raises=LASTING, scope="bookings:write", idempotent=True)
async def booking_hold_release(tx: Transaction, input: BookingHoldReleaseInput) -> Row[Any]:
    """Give back a place that is held. It is free at once."""
    return await service.release_hold(tx, input.booking_id)


@extends(Mutation)
class BookingHolds:
    booking_hold = booking_hold
    booking_hold_extend = booking_hold_extend
    booking_confirm = booking_confirm
    booking_hold_release = booking_hold_release
