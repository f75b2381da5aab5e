"""What a shop says of its days beside its week, and of the way to its other shops."""

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.locations import service, tables
from barberpro.domains.locations.errors import (
    ExceptionOutOfRange,
    HoursOverlap,
    InvalidHours,
    LocationNotFound,
    TooManyHours,
    TravelTimeOutOfRange,
)
from barberpro.graph.fields import computed, many, one
from barberpro.graph.mutations import mutation
from barberpro.graph.scalars import LocalTime, local_time, minutes
from barberpro.graph.types import Mutation, Node, entity, extends, input_type
from barberpro.platform.doors import Transaction

from ..locations import Location


def _local(minute: int | None) -> LocalTime | None:
    return None if minute is None else local_time(minute)


@entity(tables.opening_exceptions, scope="locations:read")
class OpeningException(Node):
    """What holds on one date in place of its weekday's hours, and of a holiday."""

    date: date
    """The date, on the location's calendar."""
    opens_at: LocalTime | None = computed("opens_minute", fn=_local)
    """When the doors open; null where the location is closed all day."""
    closes_at: LocalTime | None = computed("closes_minute", fn=_local)
    """When the doors close; null where the location is closed all day."""


@entity(tables.travel_times, scope="locations:read")
class TravelTime(Node):
    """How long somebody takes from one location to another."""

    minutes: int
    """How long."""
    to_location: Location | None = one(tables.travel_times.c.to_location_id)
    """Where to; null where the caller may not see it."""


@extends(Location)
class LocationCalendar:
    closes_on_holidays: bool
    """Whether it is closed on public holidays, national and provincial, where a date has no hours of its own."""
    opening_exceptions: list[OpeningException] = many(
        tables.opening_exceptions.c.location_id,
        order=(tables.opening_exceptions.c.date, tables.opening_exceptions.c.opens_minute),
        size=10,
    )
    """Dates with hours of their own, past ones too, in order."""
    travel_times: list[TravelTime] = many(tables.travel_times.c.from_location_id, size=10)
    """The ways to other locations that are known. Who works at both is booked so that they arrive in time."""


@input_type
class HoursInput:
    """A span of one date."""

    opens_at: LocalTime
    """When the doors open, on the location's wall clock."""
    closes_at: LocalTime
    """When the doors close; `24:00` for midnight."""


@input_type
class LocationSetExceptionInput:
    """What holds at a location on one date."""

    location_id: strawberry.ID
    """Which location."""
    date: date
    """The date, on the location's calendar: today or later."""
    hours: list[HoursInput] | None = None
    """Its hours; an empty list: closed all day; null or left out: those of its weekday again."""


@input_type
class LocationSetHolidaysInput:
    """Whether a location keeps holidays."""

    location_id: strawberry.ID
    """Which location."""
    closes_on_holidays: bool
    """Whether it is closed on public holidays."""


@input_type
class LocationSetTravelTimeInput:
    """How long the way between two locations takes."""

    location_id: strawberry.ID
    """The one."""
    to_location_id: strawberry.ID
    """The other."""
    minutes: int | None = None
    """How long, 1 to 240, in either direction; null or left out: nothing is known of it any more."""


@mutation(
    Location,
    raises={
        LocationNotFound: "locationId",
        InvalidHours: "hours",
        HoursOverlap: "hours",
        TooManyHours: "hours",
        ExceptionOutOfRange: "date",
    },
    scope="locations:write",
)
async def location_set_exception(tx: Transaction, input: LocationSetExceptionInput) -> Row[Any]:
    """Give one date hours of its own, or take them back. Bookings made under other hours still stand."""
    given = input.hours
    return await service.set_exception(
        tx,
        input.location_id,
        day=input.date,
        hours=None
        if given is None
        else [(minutes(h.opens_at), minutes(h.closes_at)) for h in given],
    )


@mutation(Location, raises={LocationNotFound: "locationId"}, scope="locations:write")
async def location_set_holidays(tx: Transaction, input: LocationSetHolidaysInput) -> Row[Any]:
    """Close on public holidays from now on, or open on them as on any weekday."""
    return await service.set_holidays(tx, input.location_id, closes=input.closes_on_holidays)


@mutation(
    Location,
    raises={LocationNotFound: "locationId", TravelTimeOutOfRange: "minutes"},
    scope="locations:write",
)
async def location_set_travel_time(tx: Transaction, input: LocationSetTravelTimeInput) -> Row[Any]:
    """Say how long somebody takes from one location to another and back."""
    return await service.set_travel(
        tx, input.location_id, input.to_location_id, minutes=input.minutes
    )


@extends(Mutation)
class CalendarMutations:
    location_set_exception = location_set_exception
    location_set_holidays = location_set_holidays
    location_set_travel_time = location_set_travel_time
