"""The instance of a chain's own days, for some requests: its shifts, skills, absences, opening hours, ways, bookings.

What stands in the agendas is pinned. It is drawn as the caller sees the chain, of at most 200 open locations; applying
a plan asks every rule again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.sql.expression import FromClause

from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.catalogue.service import offer
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import place
from barberpro.domains.people.errors import CustomerErased, CustomerNotFound, ProviderNotFound
from barberpro.domains.people.service import customer, provider
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction, Values
from barberpro.platform.errors import NotFound
from barberpro.platform.sets import among, key_set

from ..availability import reading
from ..availability.cells import CELL, first_of, horizons
from ..availability.copies import Person, Place
from ..lifecycle import OCCUPYING
from ..tables import bookings
from . import instance as format
from .errors import PlanOutOfRange, WindowTooShort
from .instance import DAY, LONGEST, MOST_LOCATIONS, MOST_REQUESTS, Instance, Policies

MINUTE = timedelta(minutes=1)
PLACES = select(place.c.id).where(place.c.is_active).order_by(place.c.id).limit(MOST_LOCATIONS)
STANDING = (
    select(bookings)
    .where(
        bookings.c.starts_at >= bindparam("begins"),
        bookings.c.starts_at < bindparam("ends"),
        among(bookings.c.status, OCCUPYING),
    )
    .order_by(bookings.c.id)
    .limit(MOST_REQUESTS)
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A visit that somebody asks for, some time between two instants."""

    customer_id: str
    service_id: str
    earliest: datetime
    latest: datetime
    """By when it has ended."""
    location_ids: Sequence[str] | None = None
    provider_ids: Sequence[str] | None = None
    preferred_provider_ids: Sequence[str] = ()
    value: int | None = None


async def draw(tx: Transaction, wanted: Sequence[Wanted], policies: Policies) -> Instance:
    """The instance of these requests, named by their places; the visits that stand are named by their ids."""
    offers = await _known_all(tx, wanted)
    at = {row.id: row for row in await tx.rows(PLACES)}
    places = await reading.read_places(Directly(tx), list(at), now=tx.now)
    who = sorted(frozenset().union(*(each.providers for each in places.values())))
    found = await reading.read_people(Directly(tx), who, now=tx.now)
    people = {each.id: each for each in found.values() if each.is_active}
    begins = max(tx.now, min(each.earliest for each in wanted))
    start = _midnight(begins, places)
    ends = max(each.latest for each in wanted)
    days = -((start - ends) // timedelta(days=1))
    if not 1 <= days <= LONGEST // DAY:
        raise PlanOutOfRange("days", 1, LONGEST // DAY, days)
    standing = await tx.rows(STANDING, {"begins": start, "ends": ends})
    if len(wanted) + len(standing) > MOST_REQUESTS:
        raise PlanOutOfRange("requests", 1, MOST_REQUESTS, len(wanted) + len(standing))
    asked = [
        _request(n, each, offers[each.service_id], start, tx.now, places, people)
        for n, each in enumerate(wanted)
    ]
    pinned = [
        _pinned(each, start)
        for each in standing
        if each.provider_id in people
        and each.location_id in places
        and each.chair_id in places[each.location_id].chairs
    ]
    return Instance(
        start=start,
        step=CELL,
        locations=tuple(
            format.Location(id=each.id, chairs=tuple(each.chairs)) for each in places.values()
        ),
        providers=tuple(_provider(each, places, offers, start, ends) for each in people.values()),
        travel=_ways(places),
        requests=(*asked, *pinned),
        policies=policies,
    )


class Directly:
    """A transaction, to those that read by kept statements."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def direct(self, statement: Select[*tuple[Any, ...]], values: Values) -> Rows:
        return await self.tx.rows(statement, values)


async def _known_all(tx: Transaction, wanted: Sequence[Wanted]) -> dict[str, Row[Any]]:
    """The services asked for; refused where any of the ids that were given is not the caller's."""
    offers = await _known(tx, offer, "svc", (e.service_id for e in wanted), ServiceNotFound)
    for row in offers.values():
        if not row.is_active:
            raise ServiceWithdrawn(row.id)
    customers = await _known(tx, customer, "cus", (e.customer_id for e in wanted), CustomerNotFound)
    for row in customers.values():
        if row.erased_at is not None:
            raise CustomerErased(row.id)
    named = (name for e in wanted for name in e.location_ids or ())
    await _known(tx, place, "loc", named, LocationNotFound)
    named = (n for e in wanted for n in (*(e.provider_ids or ()), *e.preferred_provider_ids))
    await _known(tx, provider, "prv", named, ProviderNotFound)
    return offers


async def _known(
    tx: Transaction,
    rows: FromClause,
    prefix: str,
    given: Iterable[str],
    unknown: Callable[[str], NotFound],
) -> dict[str, Row[Any]]:
    asked = list(dict.fromkeys(given))
    plausible = [each for each in asked if ids.prefix_of(each) == prefix]
    found = {}
    if plausible:
        statement = select(rows).where(among(rows.c.id, key_set("keys")))
        found = {row.id: row for row in await tx.rows(statement, {"keys": plausible})}
    for each in asked:
        if each not in found:
            raise unknown(each[: ids.LIMIT])
    return found


def _midnight(at: datetime, places: Mapping[str, Place]) -> datetime:
    """When the day of an instant began, where the first of the locations is."""
    for each in places.values():
        zone = each.calendar.zone
        return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(at.tzinfo)
    return at


def _request(
    number: int,
    wanted: Wanted,
    offered: Row[Any],
    start: datetime,
    now: datetime,
    places: Mapping[str, Place],
    people: Mapping[str, Person],
) -> format.Request:
    earliest = -((start - max(now, wanted.earliest)) // MINUTE)
    latest = (wanted.latest - start) // MINUTE
    if wanted.value is not None and not 0 <= wanted.value <= format.MOST_POINTS:
        raise PlanOutOfRange("points", 0, format.MOST_POINTS, wanted.value)
    if latest - earliest < offered.duration_minutes:
        raise WindowTooShort(number, offered.duration_minutes, max(0, latest - earliest))
    return format.Request(
        id=str(number),
        service=offered.id,
        minutes=offered.duration_minutes,
        before=offered.buffer_before_minutes,
        after=offered.buffer_minutes,
        earliest=earliest,
        latest=latest,
        locations=_among(wanted.location_ids, places),
        providers=_among(wanted.provider_ids, people),
        preferred_providers=_among(wanted.preferred_provider_ids, people) or (),
        value=wanted.value,
    )


def _among(names: Sequence[str] | None, known: Mapping[str, object]) -> tuple[str, ...] | None:
    return None if names is None else tuple(name for name in names if name in known)


def _pinned(booking: Row[Any], start: datetime) -> format.Request:
    at = (booking.starts_at - start) // MINUTE
    minutes = (booking.ends_at - booking.starts_at) // MINUTE
    return format.Request(
        id=booking.id,
        service=booking.service_id,
        minutes=minutes,
        before=max(0, min(at, (booking.starts_at - booking.taken_from) // MINUTE)),
        after=(booking.free_at - booking.ends_at) // MINUTE,
        earliest=at,
        latest=min(LONGEST, at + minutes),
        pinned=format.Place(
            provider=booking.provider_id,
            location=booking.location_id,
            chair=booking.chair_id,
            at=at,
        ),
    )


def _provider(
    person: Person,
    places: Mapping[str, Place],
    offers: Iterable[str],
    start: datetime,
    ends: datetime,
) -> format.Provider:
    return format.Provider(
        id=person.id,
        skills=tuple(person.skills or offers),
        shifts=tuple(
            format.Shift(location=at.id, start=first, until=last)
            for at in places.values()
            if person.id in at.providers
            for first, last in hours(person, at, start, ends)
        ),
    )


def hours(person: Person, at: Place, start: datetime, ends: datetime) -> list[tuple[int, int]]:
    """The minutes, from the start on, in which somebody is at work somewhere."""
    found: list[tuple[int, int]] = []
    until = (ends - start) // MINUTE + DAY
    for horizon in horizons(start, ends):
        offset = horizon.minute(start)
        cells = person.at_work(at, horizon) & horizon.days
        while cells:
            first = first_of(cells)
            length = first_of(~(cells >> first))
            cells &= ~(((1 << length) - 1) << first)
            begins, over = first * CELL - offset, (first + length) * CELL - offset
            begins, over = max(0, begins), min(over, until, LONGEST)
            if begins < over:
                found.append((begins, over))
    return found


def _ways(places: Mapping[str, Place]) -> tuple[format.Way, ...]:
    """The ways between locations that share somebody. Where no way is known, nobody needs time to travel."""
    return tuple(
        format.Way(between=(one.id, other.id), minutes=one.travel.get(other.id, 0))
        for one, other in combinations(places.values(), 2)
        if one.providers & other.providers
    )
