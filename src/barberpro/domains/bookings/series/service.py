"""What can be done with series. Each booking is made, moved and called off by the rules every booking is held to."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import instant
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import publish

from .. import reading as asking
from .. import rules
from .. import service as bookings
from ..availability import reading
from ..errors import (
    NoChairFree,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    SlotTaken,
    StartsInThePast,
    StartsTooFarAhead,
    TooFarToTravel,
)
from ..lifecycle import Channel, Status
from ..locking import lock
from ..planning.drawing import Directly
from ..tables import bookings as visits
from . import events, recurring
from .errors import NothingFits, OccurrenceNotFound, SeriesNotFound, SeriesOver
from .recurring import Pattern
from .tables import booking_series, series_occurrences

IN_THE_WAY = (
    SlotTaken,
    NoChairFree,
    OutsideOpeningHours,
    OutsideShift,
    ProviderAway,
    TooFarToTravel,
    StartsInThePast,
    StartsTooFarAhead,
)
"""What keeps one occurrence from being booked; what else is raised keeps all of them."""
b, o, s = visits.c, series_occurrences.c, booking_series.c
FOUND = select(booking_series).where(s.id == bindparam("series"))
OCCURRENCE = select(series_occurrences).where(o.id == bindparam("occurrence"))
TO_COME = (
    select(
        o.id,
        o.number,
        o.booking_id,
        b.starts_at,
        b.provider_id,
        b.customer_id,
    )
    .join_from(series_occurrences, visits, b.id == o.booking_id)
    .where(
        o.series_id == bindparam("series"),
        o.number >= bindparam("first"),
        b.status == Status.CONFIRMED,
        b.starts_at > bindparam("now"),
    )
    .order_by(o.number)
)
END = update(booking_series).where(s.id == bindparam("series")).returning(booking_series)
PLACE = update(series_occurrences).where(o.id == bindparam("occurrence"))


async def book(
    tx: Transaction,
    *,
    location_id: str,
    provider_id: str,
    customer_id: str,
    service_id: str,
    pattern: Pattern,
    channel: Channel,
    skips_closed_days: bool = False,
    all_or_nothing: bool = False,
    notes: str | None = None,
) -> Row[Any]:
    """Book the service each time the rule says; of what cannot be, it is written down what is in the way.

    With `all_or_nothing` the first conflict is raised, with its place among the occurrences. `skips_closed_days` passes
    over dates on which the shop does not open at all.
    """
    await lock(tx, locations=[location_id], providers=[provider_id], customers=[customer_id])
    places = await reading.read_places(Directly(tx), [location_id], now=tx.now)
    if location_id not in places:
        raise LocationNotFound(location_id[: ids.LIMIT])
    calendar = places[location_id].calendar
    rows: list[dict[str, Any]] = []
    for n, (day, starts_at) in enumerate(recurring.occurrences(pattern, calendar.zone)):
        row = {"number": n, "starts_at": starts_at, "code": None, "booking_id": None}
        rows.append(row)
        if skips_closed_days and not calendar.hours(day):
            row["status"] = "SKIPPED"
            continue
        try:
            booking = await bookings.create(
                tx,
                location_id=location_id,
                provider_id=provider_id,
                customer_id=customer_id,
                service_id=service_id,
                starts_at=starts_at,
                channel=channel,
                notes=notes,
            )
            row |= {"status": "BOOKED", "booking_id": booking.id}
        except IN_THE_WAY as failure:
            if all_or_nothing:
                raise failure.at(n) from None
            row |= {"status": "CONFLICT", "code": failure.code}
    if all(row["booking_id"] is None for row in rows):
        raise NothingFits(len(rows))
    values = {
        "id": ids.new("ser"),
        "location_id": location_id,
        "provider_id": provider_id,
        "customer_id": customer_id,
        "service_id": service_id,
        "rule": pattern.rule,
        "starts_on": pattern.starts_on,
        "minute": pattern.minute,
        "skips_closed_days": skips_closed_days,
        "created_at": tx.now,
    }
    return await _written(tx, values, rows)


async def move(
    tx: Transaction,
    occurrence_id: str,
    *,
    following: bool,
    day: date | None = None,
    minute: int | None = None,
    provider_id: str | None = None,
) -> Row[Any]:
    """Move an occurrence to another date, wall-clock minute or provider; those that follow by as many days.

    All or nothing; each may cost its own late fee. What is raised says the occurrence's number. Returns the series.
    """
    series, first = await _of(tx, occurrence_id)
    await lock(tx, locations=[series.location_id])
    coming = await _to_come(tx, series, first.number, provider_id)
    live = coming if following else [each for each in coming if each.number == first.number]
    if not live or live[0].number != first.number:
        raise SeriesOver
    zone = ZoneInfo(await asking.time_zone(tx, series.location_id))
    was = live[0].starts_at.astimezone(zone)
    shift = timedelta() if day is None else day - was.date()
    to = []
    for each in live:
        local = each.starts_at.astimezone(zone)
        at = local.hour * 60 + local.minute if minute is None else minute
        unmoved = minute is None and not shift
        to.append(each.starts_at if unmoved else instant(local.date() + shift, at, zone))
    in_turn = list(zip(live, to, strict=True))
    if to[0] > live[0].starts_at:
        in_turn.reverse()  # from the last on, so that each finds room
    for each, starts_at in in_turn:
        try:
            await bookings.reschedule(
                tx, each.booking_id, starts_at=starts_at, provider_id=provider_id
            )
        except Failure as failure:
            raise failure.at(each.number) from None
        await tx.execute(PLACE, {"occurrence": each.id, "starts_at": starts_at})
    event = events.SeriesMoved(
        subject=series.id,
        location_id=series.location_id,
        booking_ids=[each.booking_id for each in live],
    )
    await publish(tx, event, before=series, after=series)
    return series


async def end(
    tx: Transaction,
    series_id: str,
    *,
    from_occurrence_id: str | None = None,
    reason: str | None = None,
) -> Row[Any]:
    """Call off what is still to come, all of it or from an occurrence on; each may cost its own late fee."""
    rules.reason(reason)
    known = ids.prefix_of(series_id) == "ser"
    series = await tx.row(FOUND, {"series": series_id}) if known else None
    if series is None:
        raise SeriesNotFound(series_id[: ids.LIMIT])
    first = 0
    if from_occurrence_id is not None:
        of, occurrence = await _of(tx, from_occurrence_id)
        if of.id != series.id:
            raise OccurrenceNotFound(from_occurrence_id[: ids.LIMIT])
        first = occurrence.number
    await lock(tx, locations=[series.location_id])
    live = await _to_come(tx, series, first)
    if not live:
        raise SeriesOver
    for each in live:
        await bookings.cancel(tx, each.booking_id, reason=reason)
    after = (await tx.execute(END, {"series": series.id, "ended_at": tx.now})).one()
    event = events.SeriesEnded(
        subject=series.id,
        location_id=series.location_id,
        booking_ids=[each.booking_id for each in live],
    )
    await publish(tx, event, before=series, after=after)
    return after


async def _written(
    tx: Transaction, values: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> Row[Any]:
    series = (await tx.execute(insert(booking_series).returning(booking_series), values)).one()
    of = {"series_id": series.id, "location_id": series.location_id}
    await tx.insert(
        insert(series_occurrences), [{"id": ids.new("occ"), **of, **row} for row in rows]
    )
    event = events.SeriesMade(
        subject=series.id,
        location_id=series.location_id,
        provider_id=series.provider_id,
        customer_id=series.customer_id,
        booking_ids=[row["booking_id"] for row in rows if row["booking_id"]],
        conflicts=sum(row["status"] == "CONFLICT" for row in rows),
    )
    await publish(tx, event, after=series)
    return series


async def _of(tx: Transaction, occurrence_id: str) -> tuple[Row[Any], Row[Any]]:
    """The series of an occurrence, and the occurrence."""
    known = ids.prefix_of(occurrence_id) == "occ"
    found = await tx.row(OCCURRENCE, {"occurrence": occurrence_id}) if known else None
    series = None if found is None else await tx.row(FOUND, {"series": found.series_id})
    if found is None or series is None:
        raise OccurrenceNotFound(occurrence_id[: ids.LIMIT])
    return series, found


async def _to_come(tx: Transaction, series: Row[Any], first: int, *providers: str | None) -> Rows:
    """What is booked from an occurrence on, and has not begun; locked. Its location is locked already."""
    asked = {"series": series.id, "first": first, "now": tx.now}
    found = await tx.rows(TO_COME, asked)
    await lock(
        tx,
        providers=[*(each.provider_id for each in found), *filter(None, providers)],
        customers=[each.customer_id for each in found],
        booked=[each.booking_id for each in found],
    )
    return await tx.rows(TO_COME, asked)
