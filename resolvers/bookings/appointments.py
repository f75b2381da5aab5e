"""Several services booked together, in the graph."""

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings.appointments import sequence, service, tables
from barberpro.domains.bookings.appointments.errors import (
    AppointmentNotFound,
    AppointmentOutOfRange,
    AppointmentOver,
)
from barberpro.domains.bookings.appointments.service import Wanted
from barberpro.domains.bookings.errors import (
    ChairTaken,
    HoldOutOfRange,
    HoldRanOut,
    NoChairFree,
    NotesTooLong,
    NotOnTheMinute,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    ProviderUnskilled,
    ReasonTooLong,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
    TooFarToTravel,
    TooManyHolds,
    WrongStatus,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.locations.errors import ChairNotFound, LocationClosedDown, LocationNotFound
from barberpro.domains.people.errors import (
    CustomerErased,
    CustomerNotFound,
    ProviderLeft,
    ProviderNotAtLocation,
    ProviderNotFound,
)
from barberpro.graph.choices import ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, by_id, connection, many, one
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, Node, Query, entity, enumeration, extends, input_type
from barberpro.platform.doors import Transaction

from ..locations import Location
from ..people import Customer
from .types import Booking, BookingChannel


@enumeration
class AppointmentStatus(enum.Enum):
    """Where an appointment stands, by its bookings. What was called off counts only where nothing else is left."""

    HELD = "HELD"
    """Its places are kept, and nothing is booked yet."""
    CONFIRMED = "CONFIRMED"
    """Its guests are expected."""
    UNDER_WAY = "UNDER_WAY"
    """Somebody is here, or a part of it was done."""
    COMPLETED = "COMPLETED"
    """All that was left of it was done."""
    NO_SHOW = "NO_SHOW"
    """Nobody came."""
    CANCELLED = "CANCELLED"
    """It will not take place: it was called off, given back, or held for too long."""


async def status(parents: Sequence[Any], context: Context) -> list[AppointmentStatus]:
    """Where it stands."""
    found: dict[str, list[str]] = {parent.id: [] for parent in parents}
    for row in await context.rows(service.statuses(list(found))):
        found[row.appointment_id].append(row.status)
    return [AppointmentStatus(sequence.status(found[parent.id]).value) for parent in parents]


a, i = tables.appointments.c, tables.appointment_items.c
AppointmentOrder = ordering(
    "Appointment", {"CREATED_AT": "By when the appointment was made."}, CREATED_AT=a.created_at
)


@entity(tables.appointment_items, scope="bookings:read")
class AppointmentItem(Node):
    """One service of an appointment."""

    place_in_appointment: int
    """Its place in the order given, from 0."""
    guest: int
    """Which of the guests it is for, by number."""
    booking: Booking = one(i.booking_id)
    """What was booked."""


@entity(tables.appointments, scope="bookings:read")
class Appointment(Node):
    """Several services booked together at one location, for one customer or for several guests."""

    created_at: datetime
    """When it was made, or held."""
    status: AppointmentStatus = batched(status, cost=1, needs=("id",))
    location: Location = one(a.location_id, scope="locations:read")
    """Where."""
    customer: Customer = one(a.customer_id, scope="people:read")
    """Who made it."""
    items: list[AppointmentItem] = many(i.appointment_id, order=(i.place_in_appointment,), size=3)
    """Its services in the order given, at most 10."""


@input_type
class AppointmentItemInput:
    """A service of an appointment."""

    service_id: strawberry.ID
    """What. Its price and duration today are the booking's."""
    provider_id: strawberry.ID
    """With whom; they must work there."""
    chair_id: strawberry.ID | None = None
    """In which chair; without one, in the first that is free by label."""
    guest: int = 0
    """For which of the guests, 0 to 9: services of one guest follow each other, those of several go side by side."""
    after_minutes: int = 0
    """
    How many minutes, 0 to 480, after the guest's service before has ended, or their first after the appointment
    begins. A provider who goes on with the same guest has cleared up by then.
    """
    customer_id: strawberry.ID | None = None
    """Who the guest is; who makes the appointment where it is left out."""


@input_type
class AppointmentBookInput:
    """Services to be booked together."""

    location_id: strawberry.ID
    """Where."""
    customer_id: strawberry.ID
    """Who makes the appointment."""
    starts_at: datetime
    """When it begins, on a whole minute; from a quarter of an hour ago to a year ahead."""
    items: list[AppointmentItemInput]
    """The services, 1 to 10."""
    hold_minutes: int | None = None
    """Keep the places for so many minutes, 1 to 30, instead of booking them; all of them count as one place held."""
    channel: BookingChannel = BookingChannel.WEB
    """How it came in."""
    notes: str | None = None
    """What the shop should know, in at most 1,000 characters; they stand with the first booking."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the appointment is made once. Kept for a day."""


@input_type
class AppointmentConfirmInput:
    """An appointment that is held, and is to be booked."""

    appointment_id: strawberry.ID
    """Which."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is confirmed once. Kept for a day."""


@input_type
class AppointmentMoveInput:
    """An appointment to be moved to another time."""

    appointment_id: strawberry.ID
    """Which."""
    starts_at: datetime
    """When the first of what is left of it begins now, on a whole minute; all the rest moves by as much."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is moved once. Kept for a day."""


@input_type
class AppointmentCancelInput:
    """An appointment to be called off."""

    appointment_id: strawberry.ID
    """Which."""
    reason: str | None = None
    """Why, for the history of each booking; at most 500 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is cancelled once. Kept for a day."""


TIMES = (
    SlotTaken,
    NoChairFree,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    TooFarToTravel,
    StartsInThePast,
    StartsTooFarAhead,
    NotOnTheMinute,
)
"""What may be wrong with when a booking would be."""
BOOKING: Foreseen = {
    AppointmentOutOfRange: "items.*",
    LocationNotFound: "locationId",
    LocationClosedDown: "locationId",
    CustomerNotFound: "items.*.customerId",
    CustomerErased: "items.*.customerId",
    ServiceNotFound: "items.*.serviceId",
    ServiceWithdrawn: "items.*.serviceId",
    ProviderNotFound: "items.*.providerId",
    ProviderLeft: "items.*.providerId",
    ProviderNotAtLocation: "items.*.providerId",
    ProviderUnskilled: "items.*.providerId",
    ChairNotFound: "items.*.chairId",
    ChairTaken: "items.*.chairId",
    NotesTooLong: "notes",
    HoldOutOfRange: "holdMinutes",
    TooManyHolds: "items.*.customerId",
    **dict.fromkeys(TIMES, "items.*"),
}
WHOLE: Foreseen = {
    AppointmentNotFound: "appointmentId",
    AppointmentOver: "appointmentId",
    WrongStatus: "appointmentId",
}
MOVING: Foreseen = {
    **WHOLE,
    LocationClosedDown: None,
    ProviderLeft: None,
    ProviderNotAtLocation: None,
    ProviderUnskilled: None,
    **dict.fromkeys(TIMES, "startsAt"),
}


@mutation(Appointment, raises=BOOKING, scope="bookings:write", idempotent=True)
async def appointment_book(tx: Transaction, input: AppointmentBookInput) -> Row[Any]:
    """
    Book several services together, or keep their places for some minutes: all of them or none. What stands in the way
    of one says its place in the list.
    """
    return await service.book(
        tx,
        location_id=input.location_id,
        customer_id=input.customer_id,
        starts_at=input.starts_at,
        items=[Wanted(**vars(each)) for each in input.items],
        channel=Channel(input.channel.value),
        notes=input.notes,
        hold_minutes=input.hold_minutes,
    )


@mutation(
    Appointment,
    raises={**WHOLE, HoldRanOut: "appointmentId", CustomerErased: "appointmentId"},
    scope="bookings:write",
    idempotent=True,
)
async def appointment_confirm(tx: Transaction, input: AppointmentConfirmInput) -> Row[Any]:
    """Book all that is held of an appointment, at the prices it was held at."""
    return await service.confirm(tx, input.appointment_id)


@mutation(Appointment, raises=MOVING, scope="bookings:write", idempotent=True)
async def appointment_move(tx: Transaction, input: AppointmentMoveInput) -> Row[Any]:
    """
    Move what is left of an appointment to another time, whole or not at all. Within the notice of its policy each
    booking costs a fee, which its `charges` tell.
    """
    return await service.move(tx, input.appointment_id, starts_at=input.starts_at)


@mutation(
    Appointment,
    raises={**WHOLE, ReasonTooLong: "reason"},
    scope="bookings:write",
    idempotent=True,
)
async def appointment_cancel(tx: Transaction, input: AppointmentCancelInput) -> Row[Any]:
    """
    Call off what is left of an appointment, and give back what is held, whole or not at all. Within the notice of its
    policy each booking costs a fee, which its `charges` tell.
    """
    return await service.cancel(tx, input.appointment_id, reason=input.reason)


@extends(Mutation)
class AppointmentMutations:
    appointment_book = appointment_book
    appointment_confirm = appointment_confirm
    appointment_move = appointment_move
    appointment_cancel = appointment_cancel


@extends(Query)
class AppointmentQueries:
    appointment: Appointment | None = by_id(tables.appointments)
    """An appointment by id; null where the caller can see none."""


@extends(Customer)
class CustomerAppointments:
    appointments: Connection[Appointment] = connection(
        a.customer_id, ordering=AppointmentOrder, scope="bookings:read"
    )
    """The appointments the customer made."""
