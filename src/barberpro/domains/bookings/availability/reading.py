"""Reads what the index is made of. For the whole tenant: whom the answer is for is asked elsewhere."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, bindparam, select

from barberpro.domains.catalogue.service import LONGEST
from barberpro.domains.locations.service import (
    Calendar,
    Span,
    chair,
    place,
    span,
    special,
    travel,
)
from barberpro.domains.people.service import absence, provider, shift, skill, works_at
from barberpro.platform.doors import Reader, Rows, Values
from barberpro.platform.editions import Copies
from barberpro.platform.sets import each, key_set

from ..diary import exceptions, occupies
from ..tables import bookings
from .copies import Person, Place, Taken

BACK = timedelta(days=1)
"""What was over a day ago stands in nobody's way."""


class Direct(Protocol):
    """What runs a kept statement: a reader, which sends it past SQLAlchemy, or a transaction."""

    async def direct(self, statement: Select[*tuple[Any, ...]], values: Values) -> Rows: ...


wanted, since = each(key_set("keys")), bindparam("since")


def _of(column: ColumnElement[Any], *cells: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Rows by what they are of. In so many words: SQLite looks each key up in an index, as it does not for `among`."""
    return select(column.label("of"), *cells).where(column.in_(select(wanted.c.value)))


PLACES = _of(
    place.c.id,
    place.c.name,
    place.c.is_active,
    place.c.time_zone,
    place.c.province,
    place.c.closes_on_holidays,
)
HOURS = _of(span.c.location_id, span.c.weekday, span.c.opens_minute, span.c.closes_minute)
SPECIAL = _of(
    special.c.location_id,
    special.c.date.label("day"),
    special.c.opens_minute.label("first"),
    special.c.closes_minute.label("last"),
).where(special.c.date >= bindparam("since_day"))
CHAIRS = (
    _of(chair.c.location_id, chair.c.id)
    .where(chair.c.is_active)
    .order_by(chair.c.label, chair.c.id)
)
WORKS_AT = _of(works_at.c.location_id, works_at.c.provider_id)
WAYS = _of(travel.c.to_location_id, travel.c.from_location_id, travel.c.minutes)
PEOPLE = _of(provider.c.id, provider.c.is_active)
SHIFTS = _of(
    shift.c.provider_id,
    shift.c.location_id,
    shift.c.weekday,
    shift.c.starts_minute,
    shift.c.ends_minute,
)
ABSENCES = _of(
    absence.c.provider_id, absence.c.location_id, absence.c.starts_at, absence.c.ends_at
).where(absence.c.ends_at > since)
SKILLS = _of(skill.c.provider_id, skill.c.service_id)


def _taken(column: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    c = bookings.c
    return _of(
        column,
        c.location_id,
        c.chair_id,
        c.taken_from,
        c.free_at,
        c.held_until,
        c.gap_starts_at,
        c.gap_ends_at,
    ).where(
        c.free_at > since,
        c.starts_at > bindparam("floor"),
        occupies(bookings),
    )


OF_LOCATIONS = _taken(bookings.c.location_id)
OF_PROVIDERS = _taken(bookings.c.provider_id)


async def places(
    copies: Copies, reader: Reader, ids: Iterable[str], now: datetime
) -> dict[str, Place]:
    """The copies of these locations."""
    return await copies.of(reader, ids, partial(read_places, now=now), is_old=_past(now))


async def people(
    copies: Copies, reader: Reader, ids: Iterable[str], now: datetime
) -> dict[str, Person]:
    """The copies of these providers."""
    return await copies.of(reader, ids, partial(read_people, now=now), is_old=_past(now))


def _past(now: datetime) -> Callable[[Place | Person], bool]:
    """Whether something that a copy says is held was held until before now."""
    return lambda copy: copy.good_until is not None and copy.good_until <= now


async def read_places(reader: Direct, ids: list[str], *, now: datetime) -> Mapping[str, Place]:
    asked = _asked(ids, now)
    found = await reader.direct(PLACES, asked)
    spans, dates, chairs, seats, ways, taken = [
        _grouped(await reader.direct(one, asked))
        for one in (HOURS, SPECIAL, CHAIRS, WORKS_AT, WAYS, OF_LOCATIONS)
    ]
    return {
        row.of: Place(
            id=row.of,
            name=row.name,
            is_active=row.is_active,
            calendar=Calendar(
                time_zone=row.time_zone,
                week=[Span(h.weekday, h.opens_minute, h.closes_minute) for h in spans[row.of]],
                province=row.province,
                closes_on_holidays=row.closes_on_holidays,
                exceptions=exceptions(dates[row.of]),
            ),
            chairs=[each.id for each in chairs[row.of]],
            providers=frozenset(each.provider_id for each in seats[row.of]),
            travel={each.from_location_id: each.minutes for each in ways[row.of]},
            taken=_by_chair(taken[row.of]),
        )
        for row in found
    }


async def read_people(reader: Direct, ids: list[str], *, now: datetime) -> Mapping[str, Person]:
    asked = _asked(ids, now)
    found = await reader.direct(PEOPLE, asked)
    shifts, absences, skills, taken = [
        _grouped(await reader.direct(one, asked))
        for one in (SHIFTS, ABSENCES, SKILLS, OF_PROVIDERS)
    ]
    return {
        row.of: Person(
            id=row.of,
            is_active=row.is_active,
            skills=frozenset(each.service_id for each in skills[row.of]),
            shifts=[
                (s.location_id, Span(s.weekday, s.starts_minute, s.ends_minute))
                for s in shifts[row.of]
            ],
            absences=[(a.location_id, a.starts_at, a.ends_at) for a in absences[row.of]],
            taken=[_one(each) for each in taken[row.of]],
        )
        for row in found
    }


def _asked(ids: list[str], now: datetime) -> dict[str, Any]:
    # The zones furthest east and west are within a day of UTC.
    return {
        "keys": ids,
        "since": now - BACK,
        "since_day": now.date() - 2 * BACK,
        "floor": now - BACK - LONGEST,
        "now": now,
    }


def _grouped(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.of].append(row)
    return found


def _by_chair(rows: Iterable[Any]) -> dict[str, list[Taken]]:
    found: dict[str, list[Taken]] = defaultdict(list)
    for row in rows:
        found[row.chair_id].append(_one(row))
    return found


def _one(row: Any) -> Taken:
    return Taken(
        row.taken_from,
        row.free_at,
        row.location_id,
        row.chair_id,
        row.held_until,
        row.gap_starts_at,
        row.gap_ends_at,
    )
