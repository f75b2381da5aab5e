"""The same service again and again, in the graph."""

import enum
from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings.errors import (
    NoChairFree,
    NotesTooLong,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    ProviderUnskilled,
    ReasonTooLong,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
    TooFarToTravel,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.series import service, tables
from barberpro.domains.bookings.series.errors import (
    NothingFits,
    OccurrenceNotFound,
    RuleInvalid,
    RuleUnsupported,
    SeriesNotFound,
    SeriesOutOfRange,
    SeriesOver,
)
from barberpro.domains.bookings.series.recurring import Pattern
from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.locations.errors import LocationClosedDown, LocationNotFound
from barberpro.domains.people.errors import (
    CustomerErased,
    CustomerNotFound,
    ProviderLeft,
    ProviderNotAtLocation,
    ProviderNotFound,
)
from barberpro.graph.choices import ordering
from barberpro.graph.fields import Connection, by_id, computed, connection, many, one
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scalars import LocalTime, local_time, minutes
from barberpro.graph.types import (
    Mutation,
    Node,
    Query,
    entity,
    enumeration,
    extends,
    input_type,
)
from barberpro.platform.doors import Transaction

from ..catalogue import Service
from ..locations import Location
from ..people import Customer, Provider
from .types import Booking, BookingChannel


@enumeration
class OccurrenceStatus(enum.Enum):
    """What became of one time of a series when it was made."""

    BOOKED = "BOOKED"
    """It was booked; what has become of it since, its booking tells."""
    CONFLICT = "CONFLICT"
    """Something was in the way."""
    SKIPPED = "SKIPPED"
    """The shop does not open that day, and such days were to be passed over."""


o, s = tables.series_occurrences.c, tables.booking_series.c
BookingSeriesOrder = ordering(
    "BookingSeries", {"CREATED_AT": "By when the series was made."}, CREATED_AT=s.created_at
)


@entity(tables.series_occurrences, scope="bookings:read")
class SeriesOccurrence(Node):
    """One time of a series."""

    number: int
    """Its place in the series, from 0."""
    starts_at: datetime
    """When it begins by the rule, or by how the series was moved; its booking may have been moved by itself."""
    status: OccurrenceStatus
    """What became of it."""
    code: str | None
    """The rule that was in its way, for programs; null where nothing was."""
    booking: Booking | None = one(o.booking_id)
    """What was booked."""


@entity(tables.booking_series, scope="bookings:read")
class BookingSeries(Node):
    """The same service again and again, by a rule on the shop's wall clock."""

    rule: str
    """The rule of RFC 5545, as it was given."""
    starts_on: date
    """From which date on."""
    time: LocalTime = computed("minute", fn=local_time)
    """At what time it was asked for, on the shop's wall clock."""
    skips_closed_days: bool
    """Whether days on which the shop does not open are passed over."""
    created_at: datetime
    """When it was made."""
    ended_at: datetime | None
    """When what was to come of it was called off; null where that was not done."""
    location: Location = one(s.location_id, scope="locations:read")
    """Where."""
    provider: Provider = one(s.provider_id, scope="people:read")
    """With whom, as it was made."""
    customer: Customer = one(s.customer_id, scope="people:read")
    """For whom."""
    service: Service = one(s.service_id, scope="catalogue:read")
    """What."""
    occurrences: list[SeriesOccurrence] = many(o.series_id, order=(o.number,), size=20)
    """Every time of it, in order; at most 104."""


@input_type
class BookingSeriesPatternInput:
    """When a series takes place."""

    rule: str
    """
    As in `FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=10`: of RFC 5545 the parts FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL,
    BYDAY, BYMONTHDAY, WKST, and one of COUNT and UNTIL. At most 104 times within two years.
    """
    starts_on: date
    """The first date, by the shop's calendar; it is one of the series where the rule has it."""
    time: LocalTime
    """
    At what time, on the shop's wall clock. One that a change of clocks leaves out moves forward, one that it repeats
    means the first.
    """
    skip_closed_days: bool = False
    """Pass over days on which the shop does not open at all, such as holidays, which are conflicts otherwise."""


@input_type
class BookingSeriesBookInput:
    """A series to be booked."""

    location_id: strawberry.ID
    """Where."""
    provider_id: strawberry.ID
    """With whom; they must work there."""
    customer_id: strawberry.ID
    """For whom."""
    service_id: strawberry.ID
    """What. Its price and duration today are those of each booking."""
    pattern: BookingSeriesPatternInput
    """When."""
    all_or_nothing: bool = False
    """Book nothing where one of them cannot be booked; otherwise those that can be are."""
    channel: BookingChannel = BookingChannel.WEB
    """How it came in."""
    notes: str | None = None
    """What the shop should know each time, in at most 1,000 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the series is booked once. Kept for a day."""


@input_type
class BookingSeriesMoveInput:
    """An occurrence to be moved. What is not given stays as it is."""

    occurrence_id: strawberry.ID
    """Which; its booking is confirmed, and has not begun."""
    following: bool = False
    """Move those that follow too, by as many days."""
    starts_on: date | None = None
    """To which date, by the shop's calendar."""
    time: LocalTime | None = None
    """To what time, on the shop's wall clock."""
    provider_id: strawberry.ID | None = None
    """To which provider, who must work at the location."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is moved once. Kept for a day."""


@input_type
class BookingSeriesEndInput:
    """A series to be called off."""

    series_id: strawberry.ID
    """Which."""
    from_occurrence_id: strawberry.ID | None = None
    """From which occurrence on; all that is still to come where it is left out."""
    reason: str | None = None
    """Why, for the history of each booking; at most 500 characters."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is called off once. Kept for a day."""


def pattern_of(given: BookingSeriesPatternInput) -> Pattern:
    """The pattern that was given."""
    return Pattern(given.rule, given.starts_on, minutes(given.time))


FITTING = (SlotTaken, NoChairFree, OutsideOpeningHours, OutsideShift, ProviderAway, TooFarToTravel)
TIMES = (*FITTING, StartsInThePast, StartsTooFarAhead)
BOOKING: Foreseen = {
    RuleInvalid: "pattern.rule",
    RuleUnsupported: "pattern.rule",
    SeriesOutOfRange: "pattern",
    NothingFits: "pattern",
    LocationNotFound: "locationId",
    LocationClosedDown: "locationId",
    ProviderNotFound: "providerId",
    ProviderLeft: "providerId",
    ProviderNotAtLocation: "providerId",
    ProviderUnskilled: "providerId",
    CustomerNotFound: "customerId",
    CustomerErased: "customerId",
    ServiceNotFound: "serviceId",
    ServiceWithdrawn: "serviceId",
    NotesTooLong: "notes",
    **dict.fromkeys(TIMES, "pattern"),
}


@mutation(BookingSeries, raises=BOOKING, scope="bookings:write", idempotent=True)
async def booking_series_book(tx: Transaction, input: BookingSeriesBookInput) -> Row[Any]:
    """
    Book a service again and again: each time that can be booked, or all or nothing. What could not be booked, the
    `occurrences` tell.
    """
    return await service.book(
        tx,
        location_id=input.location_id,
        provider_id=input.provider_id,
        customer_id=input.customer_id,
        service_id=input.service_id,
        pattern=pattern_of(input.pattern),
        skips_closed_days=input.pattern.skip_closed_days,
        all_or_nothing=input.all_or_nothing,
        channel=Channel(input.channel.value),
        notes=input.notes,
    )


@mutation(
    BookingSeries,
    raises={
        OccurrenceNotFound: "occurrenceId",
        SeriesOver: "occurrenceId",
        LocationClosedDown: None,
        ProviderNotFound: "providerId",
        ProviderLeft: "providerId",
        ProviderNotAtLocation: "providerId",
        ProviderUnskilled: "providerId",
        **dict.fromkeys(TIMES, "time"),
    },
    scope="bookings:write",
    idempotent=True,
)
async def booking_series_move(tx: Transaction, input: BookingSeriesMoveInput) -> Row[Any]:
    """
    Move an occurrence of a series, or it and those that follow, all or nothing. Within the notice of its policy each
    booking costs a fee, which its `charges` tell.
    """
    return await service.move(
        tx,
        input.occurrence_id,
        following=input.following,
        day=input.starts_on,
        minute=None if input.time is None else minutes(input.time),
        provider_id=input.provider_id,
    )


@mutation(
    BookingSeries,
    raises={
        SeriesNotFound: "seriesId",
        OccurrenceNotFound: "fromOccurrenceId",
        SeriesOver: "seriesId",
        ReasonTooLong: "reason",
    },
    scope="bookings:write",
    idempotent=True,
)
async def booking_series_end(tx: Transaction, input: BookingSeriesEndInput) -> Row[Any]:
    """
    Call off what is still to come of a series, all of it or from an occurrence on. Within the notice of its policy
    each booking costs a fee, which its `charges` tell.
    """
    return await service.end(
        tx,
        input.series_id,
        from_occurrence_id=input.from_occurrence_id,
        reason=input.reason,
    )


@extends(Mutation)
class SeriesMutations:
    booking_series_book = booking_series_book
    booking_series_move = booking_series_move
    booking_series_end = booking_series_end


@extends(Query)
class SeriesQueries:
    booking_series: BookingSeries | None = by_id(tables.booking_series)
    """A series by id; null where the caller can see none."""


@extends(Customer)
class CustomerSeries:
    booking_series: Connection[BookingSeries] = connection(
        s.customer_id, ordering=BookingSeriesOrder, scope="bookings:read"
    )
    """The series booked for the customer."""
