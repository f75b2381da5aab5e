"""Bookings in the graph, and the agendas they add to locations, providers and customers."""

import enum
from datetime import datetime

import strawberry
from sqlalchemy import select

from barberpro.domains.bookings import tables
from barberpro.graph.choices import at_least, below, equals, filtering, is_in, ordering
from barberpro.graph.fields import Connection, by_id, connection, expression, many, one, page
from barberpro.graph.sealed import sealed
from barberpro.graph.types import Node, Query, entity, enumeration, extends

from ..catalogue import Service
from ..locations import Chair, Location
from ..people import Customer, Provider
from ..values import Money, money
from .policies import BookingCharge, BookingPolicy


@enumeration
class BookingStatus(enum.Enum):
    """How far a booking has come."""

    HELD = "HELD"
    """Its place is kept until `heldUntil`, and nothing is booked yet."""
    CONFIRMED = "CONFIRMED"
    """The customer is expected."""
    CHECKED_IN = "CHECKED_IN"
    """The customer is in the shop."""
    COMPLETED = "COMPLETED"
    """The service was done."""
    CANCELLED = "CANCELLED"
    """It will not take place; chair and provider are free."""
    NO_SHOW = "NO_SHOW"
    """The customer did not come."""
    RELEASED = "RELEASED"
    """Its place was held, and given back."""
    EXPIRED = "EXPIRED"
    """Its place was held, and nobody confirmed it in time."""


@enumeration
class BookingChannel(enum.Enum):
    """How a booking came in."""

    WEB = "WEB"
    """The organization's web site."""
    APP = "APP"
    """An app of the organization."""
    PHONE = "PHONE"
    """A call to the shop."""
    WALK_IN = "WALK_IN"
    """The customer stood in the door."""
    PARTNER = "PARTNER"
    """A partner's system."""


@enumeration
class BookingChangeKind(enum.Enum):
    """What was done to a booking."""

    MADE = "MADE"
    """It was made."""
    MOVED = "MOVED"
    """It was moved to another time, provider or chair."""
    CHECKED_IN = "CHECKED_IN"
    """The customer came in."""
    COMPLETED = "COMPLETED"
    """The service was done."""
    CANCELLED = "CANCELLED"
    """It was called off."""
    MISSED = "MISSED"
    """The customer did not come."""
    RECORDED = "RECORDED"
    """It was written down after it had taken place."""
    RETRACTED = "RETRACTED"
    """It had not taken place after all."""
    HELD = "HELD"
    """Its place was kept for the customer."""
    EXTENDED = "EXTENDED"
    """Its place was kept for longer."""
    CONFIRMED = "CONFIRMED"
    """What was held was booked."""
    RELEASED = "RELEASED"
    """What was held was given back."""
    EXPIRED = "EXPIRED"
    """What was held ran out, which is said when somebody wants its place, at the latest an hour after."""


@entity(tables.booking_changes, scope="bookings:read")
class BookingChange(Node):
    """One entry of a booking's history."""

    kind: BookingChangeKind
    """What was done."""
    from_status: BookingStatus | None
    """The status before; null where it was made."""
    to_status: BookingStatus
    """The status after."""
    from_starts_at: datetime | None
    """The beginning before; null where it was made."""
    to_starts_at: datetime
    """The beginning after."""
    reason: str | None = sealed(tables.booking_changes.c.reason, tables.REASONS)
    """Why, in the words of whoever did it."""
    changed_by: strawberry.ID
    """The user, or else the client, who did it; `worker` where it was the platform itself, as when a hold ran out."""
    changed_at: datetime
    """When it was done."""


stars = (
    select(tables.ratings.c.score)
    .where(tables.ratings.c.booking_id == tables.bookings.c.id)
    .scalar_subquery()
)


@entity(tables.bookings, scope="bookings:read")
class Booking(Node):
    """A customer's place in an agenda."""

    starts_at: datetime
    """When the service begins; chair and provider are occupied for the service's buffer before it."""
    ends_at: datetime
    """When the service ends; they stay occupied for the service's buffer beyond it."""
    gap_starts_at: datetime | None
    """From when on its provider is free for others, while the customer keeps the chair; null where there is no gap."""
    gap_ends_at: datetime | None
    """When its provider is back from the gap."""
    status: BookingStatus
    """How far it has come."""
    channel: BookingChannel
    """How it came in."""
    duration_minutes: int
    """How long the service takes, as agreed when it was booked."""
    price: Money = money("price_minor")
    """What was agreed when it was booked."""
    is_first_visit: bool
    """Whether the customer had never been booked before."""
    notes: str | None = sealed(tables.bookings.c.notes, tables.NOTES)
    """What the shop should know."""
    created_at: datetime
    """When it was made, or held."""
    held_until: datetime | None
    """Until when its place is, or was, only held; null where it is booked. From then on anybody can have it."""
    rating: int | None = expression(tables.bookings, stars, cost=1)
    """How the customer found it, from 1 to 5; null where they did not say."""
    policy: BookingPolicy | None = one(tables.bookings.c.policy_id)
    """The terms it was made under; null where none had been published."""
    charges: list[BookingCharge] = many(
        tables.booking_charges.c.booking_id, order=(tables.booking_charges.c.charged_at,), size=2
    )
    """Its deposit, and what is owed for being late or not coming, the oldest first."""
    location: Location = one(tables.bookings.c.location_id, scope="locations:read")
    """Where."""
    provider: Provider = one(tables.bookings.c.provider_id, scope="people:read")
    """With whom."""
    chair: Chair = one(tables.bookings.c.chair_id, scope="locations:read")
    """In which chair."""
    customer: Customer = one(tables.bookings.c.customer_id, scope="people:read")
    """For whom."""
    service: Service = one(tables.bookings.c.service_id, scope="catalogue:read")
    """What."""
    history: list[BookingChange] = many(
        tables.booking_changes.c.booking_id, order=(tables.booking_changes.c.changed_at,), size=5
    )
    """Everything that was done to it, the oldest first."""


BookingOrder = ordering(
    "Booking",
    {"STARTS_AT": "By when the service begins.", "CREATED_AT": "By when the booking was made."},
    STARTS_AT=tables.bookings.c.starts_at,
    CREATED_AT=tables.bookings.c.created_at,
)


@filtering
class BookingFilter:
    """Which bookings."""

    status: list[BookingStatus] | None = is_in(tables.bookings.c.status)
    """Those in one of these statuses."""
    location_id: strawberry.ID | None = equals(tables.bookings.c.location_id)
    """Those at this location."""
    provider_id: strawberry.ID | None = equals(tables.bookings.c.provider_id)
    """Those with this provider."""
    customer_id: strawberry.ID | None = equals(tables.bookings.c.customer_id)
    """Those of this customer."""
    starts_from: datetime | None = at_least(tables.bookings.c.starts_at)
    """Those that begin at this instant or later."""
    starts_before: datetime | None = below(tables.bookings.c.starts_at)
    """Those that begin before this instant."""


@extends(Location)
class LocationBookings:
    bookings: Connection[Booking] = connection(
        tables.bookings.c.location_id,
        ordering=BookingOrder,
        filter=BookingFilter,
        scope="bookings:read",
    )
    """The location's agenda."""


@extends(Provider)
class ProviderBookings:
    bookings: Connection[Booking] = connection(
        tables.bookings.c.provider_id,
        ordering=BookingOrder,
        filter=BookingFilter,
        scope="bookings:read",
    )
    """The provider's whole agenda, as far as the caller may see it."""


@extends(Customer)
class CustomerBookings:
    bookings: Connection[Booking] = connection(
        tables.bookings.c.customer_id,
        ordering=BookingOrder,
        filter=BookingFilter,
        scope="bookings:read",
    )
    """What the customer has booked, past and to come."""


@extends(Query)
class BookingQueries:
    booking: Booking | None = by_id(tables.bookings)
    """A booking by id; null where the caller can see none."""
    bookings: Connection[Booking] = page(
        tables.bookings, ordering=BookingOrder, filter=BookingFilter
    )
    """The bookings the caller may see."""
