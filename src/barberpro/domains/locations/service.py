"""What can be done with shops, their chairs and hours, and statements to read them by."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from barberpro.platform import editions, ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.sets import among
from barberpro.platform.unique import insert_unless_taken

from . import tables
from .calendar import Calendar as Calendar
from .errors import (
    ChairCountOutOfRange,
    ChairLabelTaken,
    LimitedToLocations,
    LocationNameTaken,
    LocationNotFound,
    UnknownProvince,
)
from .events import ChairAdded, LocationClosed, LocationHoursSet, LocationOpened, LocationReopened
from .exceptions import held as _held
from .exceptions import set_exception as set_exception
from .exceptions import set_holidays as set_holidays
from .exceptions import set_travel as set_travel
from .holidays import business_day as business_day
from .hours import MIDNIGHT as MIDNIGHT
from .hours import Minutes as Minutes
from .hours import Span as Span
from .hours import instant as instant
from .hours import known_zone, week
from .hours import merged as merged
from .tables import locations

PROVINCES = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # ISO 3166-2:AR knows no I and no O
MOST_CHAIRS = 200
LONGEST_LABEL = 20

place = locations.alias("place")
chair = tables.chairs.alias("chair")
span = tables.opening_hours.alias("span")
special = tables.opening_exceptions.alias("special")
travel = tables.travel_times.alias("travel")
"""Locations, chairs, hours, exceptions to these and ways, for others to join to rows of their own."""


async def open_location(
    tx: Transaction,
    *,
    name: str,
    city: str,
    province: str,
    time_zone: str,
    chairs: int | Sequence[str],
    hours: Iterable[Span],
) -> Row[Any]:
    """Open a shop, with its chairs (so many, or by their labels) and its opening hours."""
    if tx.principal.locations is not None:
        raise LimitedToLocations
    labels, spans = _labels(chairs), week(hours)
    tidy = text.name(name)
    opened = await insert_unless_taken(
        tx,
        locations,
        {
            "id": ids.new("loc"),
            "name": tidy,
            "name_key": text.fold(tidy),
            "city": text.name(city),
            "province": _province(province),
            "time_zone": known_zone(time_zone),
            "is_active": True,
            "created_at": tx.now,
        },
    )
    if opened is None:
        raise LocationNameTaken(tidy)
    await tx.insert(insert(tables.chairs), [_chair(opened.id, label) for label in labels])
    await tx.insert(insert(tables.opening_hours), [_hours(opened.id, each) for each in spans])
    await publish(
        tx,
        LocationOpened(subject=opened.id, time_zone=opened.time_zone, province=opened.province),
        after=opened,
    )
    return opened


async def set_hours(tx: Transaction, location_id: str, *, hours: Iterable[Span]) -> Row[Any]:
    """Replace the opening hours. Bookings made under the old ones still stand."""
    spans = week(hours)
    location = await _held(tx, location_id)
    await tx.execute(
        delete(tables.opening_hours).where(tables.opening_hours.c.location_id == location.id)
    )
    await tx.insert(insert(tables.opening_hours), [_hours(location.id, each) for each in spans])
    await publish(tx, LocationHoursSet(subject=location.id))
    await editions.changed(tx, location.id)
    return location


async def add_chair(tx: Transaction, location_id: str, *, label: str) -> Row[Any]:
    """Put in one more chair. Bookings take the first free one by label."""
    tidy = text.name(label, limit=LONGEST_LABEL)
    location = await _held(tx, location_id)
    here = select(func.count()).where(tables.chairs.c.location_id == location.id)
    if (await tx.execute(here)).scalar_one() >= MOST_CHAIRS:
        raise ChairCountOutOfRange(1, MOST_CHAIRS)
    added = await insert_unless_taken(tx, tables.chairs, _chair(location.id, tidy))
    if added is None:
        raise ChairLabelTaken(tidy)
    await publish(tx, ChairAdded(subject=location.id, chair_id=added.id), after=added)
    await editions.changed(tx, location.id)
    return added


async def close(tx: Transaction, location_id: str) -> Row[Any]:
    """Take no new bookings here. One that is closed already stays as it is."""
    return await _set_active(tx, location_id, False, LocationClosed(subject=location_id))


async def reopen(tx: Transaction, location_id: str) -> Row[Any]:
    """Take bookings here again. One that is open already stays as it is."""
    return await _set_active(tx, location_id, True, LocationReopened(subject=location_id))


async def check_known(tx: Transaction, location_ids: Iterable[str]) -> None:
    """Raise LocationNotFound for the first that is no location the caller may see."""
    asked = list(location_ids)
    plausible = [each for each in asked if ids.prefix_of(each) == "loc"]
    found = await tx.rows(select(locations.c.id).where(among(locations.c.id, plausible)))
    known = {row.id for row in found}
    for each in asked:
        if each not in known:
            raise LocationNotFound(each[: ids.LIMIT])


async def _set_active(
    tx: Transaction, location_id: str, is_active: bool, event: LocationClosed | LocationReopened
) -> Row[Any]:
    before = await _held(tx, location_id)
    if before.is_active == is_active:
        return before
    change = update(locations).where(locations.c.id == location_id).values(is_active=is_active)
    after = (await tx.execute(change.returning(locations))).one()
    await publish(tx, event, before=before, after=after)
    await editions.changed(tx, location_id)
    return after


def _labels(chairs: int | Sequence[str]) -> list[str]:
    """`3` is three chairs, `01` to `03`: numbers of one width are in the same order as text."""
    count = chairs if isinstance(chairs, int) else len(chairs)
    if not 1 <= count <= MOST_CHAIRS:
        raise ChairCountOutOfRange(1, MOST_CHAIRS)
    if isinstance(chairs, int):
        width = max(2, len(str(chairs)))
        return [f"{n:0{width}}" for n in range(1, chairs + 1)]
    labels = [text.name(label, limit=LONGEST_LABEL) for label in chairs]
    for n, label in enumerate(labels):
        if label in labels[:n]:
            raise ChairLabelTaken(label)
    return labels


def _province(letter: str) -> str:
    if len(letter) != 1 or letter not in PROVINCES:
        raise UnknownProvince(" ".join(PROVINCES))
    return letter


def _chair(location_id: str, label: str) -> dict[str, Any]:
    return {"id": ids.new("chr"), "location_id": location_id, "label": label, "is_active": True}


def _hours(location_id: str, each: Span) -> dict[str, Any]:
    return {"id": ids.new("hrs"), "location_id": location_id, **vars(each)}
