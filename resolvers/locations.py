"""Locations in the graph: an organization's shops, their chairs and hours."""

from typing import Any

import strawberry
from sqlalchemy import Row, func, select

from barberpro.domains.locations import service, tables
from barberpro.domains.locations.errors import (
    ChairCountOutOfRange,
    ChairLabelTaken,
    HoursOverlap,
    InvalidHours,
    LimitedToLocations,
    LocationNameTaken,
    LocationNotFound,
    TooManyHours,
    UnknownProvince,
    UnknownTimeZone,
)
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.fields import Connection, by_id, computed, expression, many, page
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scalars import LocalTime, TimeZone, local_time, minutes
from barberpro.graph.types import Mutation, Node, Query, entity, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName


@entity(tables.chairs, scope="locations:read")
class Chair(Node):
    """A seat that a customer is booked into."""

    label: str
    """What the shop calls it, unique within the location."""
    is_active: bool
    """Whether it can be booked."""


@entity(tables.opening_hours, scope="locations:read")
class OpeningHours(Node):
    """A span of a weekday in which a location is open."""

    weekday: int
    """Day of the week as in ISO 8601: Monday is 1, Sunday is 7."""
    opens_at: LocalTime = computed("opens_minute", fn=local_time)
    """When the doors open, on the location's wall clock."""
    closes_at: LocalTime = computed("closes_minute", fn=local_time)
    """When the doors close; a booking has ended by then."""


@entity(tables.locations, scope="locations:read")
class Location(Node):
    """One shop of an organization."""

    name: str
    """What people call it, unique within the organization."""
    city: str
    """The city it stands in."""
    province: str
    """The letter of its province in ISO 3166-2:AR: `B` for Buenos Aires, `C` for the capital."""
    time_zone: TimeZone
    """The zone its opening hours are meant in."""
    is_active: bool
    """Whether it takes bookings."""
    chairs: list[Chair] = many(tables.chairs.c.location_id, order=(tables.chairs.c.label,), size=10)
    """Its chairs, by label."""
    chair_count: int = expression(
        tables.locations,
        select(func.count())
        .where(tables.chairs.c.location_id == tables.locations.c.id, tables.chairs.c.is_active)
        .scalar_subquery(),
    )
    """How many chairs can be booked."""
    opening_hours: list[OpeningHours] = many(
        tables.opening_hours.c.location_id,
        order=(tables.opening_hours.c.weekday, tables.opening_hours.c.opens_minute),
        size=10,
    )
    """When it is open, from Monday on."""


LocationOrder = ordering(
    "Location",
    {
        "NAME": "By name, in the order of the alphabet.",
        "CREATED_AT": "By when it came to be.",
    },
    NAME=tables.locations.c.name_key,
    CREATED_AT=tables.locations.c.created_at,
)


@filtering
class LocationFilter:
    """Which locations."""

    city: str | None = equals(tables.locations.c.city)
    """Those in this city, spelled as it is."""
    is_active: bool | None = equals(tables.locations.c.is_active)
    """Those that take bookings, or those that do not."""


@input_type
class OpeningHoursInput:
    """A span of a weekday in which a location is open."""

    weekday: int
    """Day of the week as in ISO 8601: Monday is 1, Sunday is 7."""
    opens_at: LocalTime
    """When the doors open, on the location's wall clock."""
    closes_at: LocalTime
    """When the doors close; `24:00` for midnight."""


@input_type
class LocationOpenInput:
    """A shop about to open."""

    name: str
    """What people call it, unique within the organization."""
    city: str
    """The city it stands in."""
    province: str
    """The letter of its province in ISO 3166-2:AR."""
    time_zone: TimeZone = TimeZone("America/Argentina/Buenos_Aires")
    """The zone its opening hours are meant in."""
    chairs: list[str]
    """The labels of its chairs, 1 to 200."""
    opening_hours: list[OpeningHoursInput]
    """When it is open; spans of one day may touch, not overlap."""


@input_type
class LocationSetHoursInput:
    """New opening hours of a location."""

    location_id: strawberry.ID
    """Which location."""
    opening_hours: list[OpeningHoursInput]
    """All its hours from now on. Bookings made under the old ones still stand."""


@input_type
class LocationCloseInput:
    """A location that takes no bookings any more."""

    location_id: strawberry.ID
    """Which location."""


@input_type
class LocationReopenInput:
    """A location that takes bookings again."""

    location_id: strawberry.ID
    """Which location."""


@input_type
class ChairAddInput:
    """One more chair in a location."""

    location_id: strawberry.ID
    """Which location."""
    label: str
    """What the shop calls it, unique within the location."""


HOURS: Foreseen = {
    InvalidHours: "openingHours",
    HoursOverlap: "openingHours",
    TooManyHours: "openingHours",
}


@mutation(
    Location,
    raises={
        **HOURS,
        InvalidName: "name",
        LocationNameTaken: "name",
        UnknownProvince: "province",
        UnknownTimeZone: "timeZone",
        ChairCountOutOfRange: "chairs",
        ChairLabelTaken: "chairs",
        LimitedToLocations: None,
    },
    scope="locations:write",
)
async def location_open(tx: Transaction, input: LocationOpenInput) -> Row[Any]:
    """Open a shop with its chairs and hours."""
    return await service.open_location(
        tx,
        name=input.name,
        city=input.city,
        province=input.province,
        time_zone=input.time_zone,
        chairs=input.chairs,
        hours=spans(input.opening_hours),
    )


@mutation(Location, raises={**HOURS, LocationNotFound: "locationId"}, scope="locations:write")
async def location_set_hours(tx: Transaction, input: LocationSetHoursInput) -> Row[Any]:
    """Replace a location's opening hours. Bookings made under the old ones still stand."""
    return await service.set_hours(tx, input.location_id, hours=spans(input.opening_hours))


@mutation(Location, raises={LocationNotFound: "locationId"}, scope="locations:write")
async def location_close(tx: Transaction, input: LocationCloseInput) -> Row[Any]:
    """Take no new bookings at a location."""
    return await service.close(tx, input.location_id)


@mutation(Location, raises={LocationNotFound: "locationId"}, scope="locations:write")
async def location_reopen(tx: Transaction, input: LocationReopenInput) -> Row[Any]:
    """Take bookings at a location again."""
    return await service.reopen(tx, input.location_id)


@mutation(
    Chair,
    raises={
        LocationNotFound: "locationId",
        InvalidName: "label",
        ChairLabelTaken: "label",
        ChairCountOutOfRange: None,
    },
    scope="locations:write",
)
async def chair_add(tx: Transaction, input: ChairAddInput) -> Row[Any]:
    """Put one more chair into a location."""
    return await service.add_chair(tx, input.location_id, label=input.label)


def spans(given: list[OpeningHoursInput]) -> list[service.Span]:
    """The spans a caller gave. Raises InvalidHours where one is none."""
    return [service.Span(h.weekday, minutes(h.opens_at), minutes(h.closes_at)) for h in given]


@extends(Mutation)
class LocationMutations:
    location_open = location_open
    location_set_hours = location_set_hours
    location_close = location_close
    location_reopen = location_reopen
    chair_add = chair_add


@extends(Query)
class LocationQueries:
    location: Location | None = by_id(tables.locations)
    """A location by its id; null where the caller can see none."""
    locations: Connection[Location] = page(
        tables.locations, ordering=LocationOrder, filter=LocationFilter
    )
    """The locations the caller may see."""
