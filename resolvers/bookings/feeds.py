"""Calendars that other programs subscribe to: which there are, and how they are opened and closed."""

import enum
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings.feeds import service, tables
from barberpro.domains.bookings.feeds.errors import (
    FeedNamesRefused,
    FeedNotFound,
    FeedSubjectInvalid,
    TooManyFeeds,
)
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, one, page
from barberpro.graph.mutations import mutation
from barberpro.graph.scopes import needs
from barberpro.graph.types import Mutation, Node, Query, entity, enumeration, extends, input_type
from barberpro.platform.doors import Transaction

from ..locations import Location
from ..people import Provider

OPENING = needs("bookings:write") & needs("bookings:read") & needs("people:read")
"""A calendar shows bookings and names to whoever has its address, so its opener must see both."""


@enumeration
class CalendarFeedNames(enum.Enum):
    """How much of customers' names a calendar shows."""

    FIRST = "FIRST"
    """The first name alone."""
    FULL = "FULL"
    """The whole name."""


async def path(parents: Any, context: Context) -> list[str | None]:
    """Where the calendar is, below the API's own address: shown in the answer to the mutation that opened it, and
    null ever after. Whoever has it can read the calendar."""
    return [context.shown_once.get(parent.id) for parent in parents]


@entity(tables.calendar_feeds, scope="bookings:read")
class CalendarFeed(Node):
    """The bookings of a location or a provider as iCalendar (RFC 5545), to subscribe to from a calendar program: those
    of the past 30 days and the next 180. What is held shows nothing; what was called off, or missed, shows as
    cancelled."""

    location: Location | None = one(tables.calendar_feeds.c.location_id, scope="locations:read")
    """The location whose bookings it shows, if it is one's."""
    provider: Provider | None = one(tables.calendar_feeds.c.provider_id, scope="people:read")
    """The provider whose bookings it shows, if it is one's."""
    names: CalendarFeedNames
    """How much of customers' names it shows."""
    opened_by: strawberry.ID
    """The user, or else the client, who opened it."""
    opened_at: datetime
    """When it was opened."""
    closed_at: datetime | None
    """When it was closed, if it was."""
    path: str | None = batched(path, cost=0)


CalendarFeedOrder = ordering(
    "CalendarFeed",
    {"OPENED_AT": "By when the calendar was opened."},
    OPENED_AT=tables.calendar_feeds.c.opened_at,
)


@filtering
class CalendarFeedFilter:
    """Which calendars."""

    location_id: strawberry.ID | None = equals(tables.calendar_feeds.c.location_id)
    """Those of this location."""
    provider_id: strawberry.ID | None = equals(tables.calendar_feeds.c.provider_id)
    """Those of this provider."""


@extends(Query)
class CalendarFeedQueries:
    calendar_feeds: Connection[CalendarFeed] = page(
        tables.calendar_feeds, ordering=CalendarFeedOrder, filter=CalendarFeedFilter
    )
    """The calendars that other programs can subscribe to, also those that are closed."""


@input_type
class CalendarFeedOpenInput:
    """A calendar to be opened, of a location or of a provider."""

    location_id: strawberry.ID | None = None
    """Of which location."""
    provider_id: strawberry.ID | None = None
    """Of which provider: their bookings at all the locations that you see."""
    names: CalendarFeedNames = CalendarFeedNames.FIRST
    """How much of customers' names it shows; full names need the scope customers:pii."""


@input_type
class CalendarFeedCloseInput:
    """A calendar that nobody should read any more."""

    calendar_feed_id: strawberry.ID
    """Which."""


@mutation(
    CalendarFeed,
    raises={
        FeedSubjectInvalid: "locationId",
        LocationNotFound: "locationId",
        ProviderNotFound: "providerId",
        FeedNamesRefused: "names",
        TooManyFeeds: "locationId",
    },
    scope=OPENING,
)
async def calendar_feed_open(tx: Transaction, input: CalendarFeedOpenInput) -> Row[Any]:
    """Open a calendar for other programs. Select `path` to see where it is: this once."""
    feed, token = await service.open_feed(
        tx,
        location_id=input.location_id,
        provider_id=input.provider_id,
        names=service.Names(input.names.value),
    )
    tx.shown_once[feed.id] = service.PATH.format(token=token)
    return feed


@mutation(CalendarFeed, raises={FeedNotFound: "calendarFeedId"}, scope="bookings:write")
async def calendar_feed_close(tx: Transaction, input: CalendarFeedCloseInput) -> Row[Any]:
    """Close a calendar: its address shows nothing from now on, and never again."""
    return await service.close_feed(tx, input.calendar_feed_id)


@extends(Mutation)
class CalendarFeedMutations:
    calendar_feed_open = calendar_feed_open
    calendar_feed_close = calendar_feed_close
