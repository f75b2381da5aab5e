"""What a shop says of its days beside its week: dates with hours of their own, holidays, and the way to other shops."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update

from barberpro.platform import editions, ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from .errors import ExceptionOutOfRange, LocationNotFound, TravelTimeOutOfRange
from .events import LocationExceptionSet, LocationHolidaysSet, TravelTimeSet
from .hours import Minutes, Span, week
from .tables import locations, opening_exceptions, travel_times

FURTHEST = timedelta(days=2 * 366)
TRAVEL = range(1, 4 * 60 + 1)
"""Minutes that a way may take, as the table checks them."""

of_date = opening_exceptions.c
OF_DATE = delete(opening_exceptions).where(
    of_date.location_id == bindparam("location"), of_date.date == bindparam("day")
)
way = travel_times.c
BOTH_WAYS = delete(travel_times).where(
    or_(
        (way.from_location_id == bindparam("here")) & (way.to_location_id == bindparam("there")),
        (way.from_location_id == bindparam("there")) & (way.to_location_id == bindparam("here")),
    )
)


async def set_exception(
    tx: Transaction, location_id: str, *, day: date, hours: Iterable[Minutes] | None
) -> Row[Any]:
    """Give one date hours of its own: none to keep shut, None for those of its weekday again.

    Bookings made under other hours still stand.
    """
    spans = None if hours is None else week(Span(day.isoweekday(), *each) for each in hours)
    location = await held(tx, location_id)
    today = tx.now.astimezone(ZoneInfo(location.time_zone)).date()
    if not today <= day <= today + FURTHEST:
        raise ExceptionOutOfRange(FURTHEST.days)
    await tx.execute(OF_DATE, {"location": location.id, "day": day})
    if spans is not None:
        times = [(s.opens_minute, s.closes_minute) for s in spans] or [(None, None)]
        await tx.insert(insert(opening_exceptions), [_row(location.id, day, *t) for t in times])
    await publish(tx, LocationExceptionSet(subject=location.id, date=day.isoformat()))
    await editions.changed(tx, location.id)
    return location


async def set_holidays(tx: Transaction, location_id: str, *, closes: bool) -> Row[Any]:
    """Close on public holidays, the nation's and the province's, or open on them as on any weekday."""
    before = await held(tx, location_id)
    if before.closes_on_holidays == closes:
        return before
    change = update(locations).where(locations.c.id == location_id)
    done = await tx.execute(change.values(closes_on_holidays=closes).returning(locations))
    after = done.one()
    event = LocationHolidaysSet(subject=location_id, closes_on_holidays=closes)
    await publish(tx, event, before=before, after=after)
    await editions.changed(tx, location_id)
    return after


async def set_travel(
    tx: Transaction, location_id: str, to_location_id: str, *, minutes: int | None
) -> Row[Any]:
    """Say how long somebody takes from one shop to another and back; None: nothing is known of it.

    Who works at both is booked so that they arrive in time.
    """
    if location_id == to_location_id or (minutes is not None and minutes not in TRAVEL):
        raise TravelTimeOutOfRange(TRAVEL[0], TRAVEL[-1])
    ends = {each: await held(tx, each) for each in sorted((location_id, to_location_id))}
    await tx.execute(BOTH_WAYS, {"here": location_id, "there": to_location_id})
    if minutes is not None:
        ways = [(location_id, to_location_id), (to_location_id, location_id)]
        await tx.insert(insert(travel_times), [_way(*each, minutes) for each in ways])
    event = TravelTimeSet(subject=location_id, to_location_id=to_location_id, minutes=minutes)
    await publish(tx, event)
    await editions.changed(tx, *ends)
    return ends[location_id]


async def held(tx: Transaction, location_id: str) -> Row[Any]:
    """The location, locked against other changes and new bookings until the transaction ends."""
    if ids.prefix_of(location_id) == "loc":
        wanted = select(locations).where(locations.c.id == location_id)
        found = await tx.row(wanted.with_for_update(key_share=True))
        if found is not None:
            return found
    raise LocationNotFound(location_id[: ids.LIMIT])


def _row(location_id: str, day: date, opens: int | None, closes: int | None) -> dict[str, Any]:
    return {
        "id": ids.new("exc"),
        "location_id": location_id,
        "date": day,
        "opens_minute": opens,
        "closes_minute": closes,
    }


def _way(here: str, there: str, minutes: int) -> dict[str, Any]:
    return {
        "id": ids.new("trv"),
        "from_location_id": here,
        "to_location_id": there,
        "minutes": minutes,
    }
