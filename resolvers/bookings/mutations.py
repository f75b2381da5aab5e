"""What can be done with bookings."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    BookingNotFound,
    ChairTaken,
    NoChairFree,
    NotesTooLong,
    NotOnTheMinute,
    NotYet,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    ProviderUnskilled,
    ReasonTooLong,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
    TooFarToTravel,
    WrongStatus,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.locations.errors import (
    ChairNotFound,
    LocationClosedDown,
    LocationNotFound,
)
from barberpro.domains.people.errors import (
    CustomerErased,
    CustomerNotFound,
    ProviderLeft,
    ProviderNotAtLocation,
    ProviderNotFound,
)
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction

from .types import Booking, BookingChannel


@input_type
class BookingCreateInput:
    """A booking to be made."""

    location_id: strawberry.ID
    """Where."""
    provider_id: strawberry.ID
    """With whom; they must work there."""
    customer_id: strawberry.ID
    """For whom."""
    service_id: strawberry.ID
    """What. Its price and duration today are the booking's."""
    starts_at: datetime
    """When, on a whole minute; from a quarter of an hour ago to a year ahead."""
    chair_id: strawberry.ID | None = None
    """In which chair; without one, in the first that is free by label."""
    channel: BookingChannel = BookingChannel.WEB
    """How it came in."""
    notes: str | None = None
    """What the shop should know, in at most 1,000 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the booking is made once. Kept for a day."""


@input_type
class BookingRescheduleInput:
    """A booking to be moved. What is not given stays as it is."""

    booking_id: strawberry.ID
    """Which booking."""
    starts_at: datetime | None = None
    """The new beginning, on a whole minute."""
    provider_id: strawberry.ID | None = None
    """The new provider, who must work at the booking's location."""
    chair_id: strawberry.ID | None = None
    """The new chair; without one, the chair it has where that is free, else the first free one."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the booking is moved once. Kept for a day."""


@input_type
class BookingCancelInput:
    """A booking to be called off."""

    booking_id: strawberry.ID
    """Which booking."""
    reason: str | None = None
    """Why, for the history; at most 500 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the booking is cancelled once. Kept for a day."""


@input_type
class BookingCheckInInput:
    """A booking whose customer is here."""

    booking_id: strawberry.ID
    """Which booking."""


@input_type
class BookingCompleteInput:
    """A booking whose service was done."""

    booking_id: strawberry.ID
    """Which booking."""


@input_type
class BookingMarkNoShowInput:
    """A booking whose customer did not come."""

    booking_id: strawberry.ID
    """Which booking."""


MOVING: Foreseen = {
    ProviderNotFound: "providerId",
    ProviderLeft: "providerId",
    ProviderNotAtLocation: "providerId",
    ChairNotFound: "chairId",
    LocationClosedDown: None,
    SlotTaken: "startsAt",
    ChairTaken: "chairId",
    NoChairFree: "startsAt",
    OutsideOpeningHours: "startsAt",
    ProviderUnskilled: "providerId",
    OutsideShift: "startsAt",
    ProviderAway: "startsAt",
    TooFarToTravel: "startsAt",
    StartsInThePast: "startsAt",
    StartsTooFarAhead: "startsAt",
    NotOnTheMinute: "startsAt",
}
"""What may stand in the way of a place in an agenda, and the part of the input it is about."""

STEPPING: Foreseen = {BookingNotFound: "bookingId", WrongStatus: "bookingId"}
MAKING: Foreseen = {
    **MOVING,
    LocationNotFound: "locationId",
    LocationClosedDown: "locationId",
    CustomerNotFound: "customerId",
    CustomerErased: "customerId",
    ServiceNotFound: "serviceId",
    ServiceWithdrawn: "serviceId",
    NotesTooLong: "notes",
}
"""What may stand in the way of something new in an agenda."""


@mutation(Booking, raises=MAKING, scope="bookings:write", idempotent=True)
async def booking_create(tx: Transaction, input: BookingCreateInput) -> Row[Any]:
    """Book a service. Nobody is ever booked twice: neither provider nor chair."""
    return await service.create(
        tx,
        location_id=input.location_id,
        provider_id=input.provider_id,
        customer_id=input.customer_id,
        service_id=input.service_id,
        starts_at=input.starts_at,
        chair_id=input.chair_id,
        channel=Channel(input.channel.value),
        notes=input.notes,
    )


@mutation(Booking, raises={**MOVING, **STEPPING}, scope="bookings:write", idempotent=True)
async def booking_reschedule(tx: Transaction, input: BookingRescheduleInput) -> Row[Any]:
    """
    Move a booking to another time, provider or chair of its location. Price and duration stay. To another time within
    the notice of its policy costs a fee, which its `charges` tell.
    """
    return await service.reschedule(
        tx,
        input.booking_id,
        starts_at=input.starts_at,
        provider_id=input.provider_id,
        chair_id=input.chair_id,
    )


@mutation(
    Booking, raises={**STEPPING, ReasonTooLong: "reason"}, scope="bookings:write", idempotent=True
)
async def booking_cancel(tx: Transaction, input: BookingCancelInput) -> Row[Any]:
    """
    Call a booking off. Its provider and chair are free again; what was billed stays billed until credited. Within the
    notice of its policy that costs a fee, which its `charges` tell.
    """
    return await service.cancel(tx, input.booking_id, reason=input.reason)


@mutation(Booking, raises=STEPPING, scope="bookings:write")
async def booking_check_in(tx: Transaction, input: BookingCheckInInput) -> Row[Any]:
    """The customer is in the shop."""
    return await service.check_in(tx, input.booking_id)


@mutation(Booking, raises={**STEPPING, NotYet: "bookingId"}, scope="bookings:write")
async def booking_complete(tx: Transaction, input: BookingCompleteInput) -> Row[Any]:
    """The service was done. It has begun by then."""
    return await service.complete(tx, input.booking_id)


@mutation(Booking, raises={**STEPPING, NotYet: "bookingId"}, scope="bookings:write")
async def booking_mark_no_show(tx: Transaction, input: BookingMarkNoShowInput) -> Row[Any]:
    """
    The customer had not come when it began. Provider and chair are free again; what was billed stays billed until
    credited. What its policy asks for that, its `charges` tell.
    """
    return await service.mark_no_show(tx, input.booking_id)


@extends(Mutation)
class BookingMutations:
    booking_create = booking_create
    booking_reschedule = booking_reschedule
    booking_cancel = booking_cancel
    booking_check_in = booking_check_in
    booking_complete = booking_complete
    booking_mark_no_show = booking_mark_no_show
