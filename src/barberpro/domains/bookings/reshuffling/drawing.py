"""A provider's day at a shop as visits that can be moved, and spans of work that they are moved in."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select

from barberpro.platform.doors import Transaction
from barberpro.platform.sets import among

from ..availability import reading
from ..lifecycle import OCCUPYING, Status
from ..planning.drawing import MINUTE, Directly, hours
from ..tables import bookings
from .packing import Visit
from .tables import reshuffle_moves, reshuffles

STEP = 5
NOTICE = timedelta(hours=3)
"""Before a visit in which its customer is asked nothing any more."""

b, m, r = bookings.c, reshuffle_moves.c, reshuffles.c
THAT_DAY = (
    select(bookings)
    .where(
        b.location_id == bindparam("location"),
        b.free_at > bindparam("begins"),
        b.taken_from < bindparam("ends"),
        among(b.status, OCCUPYING),
    )
    .order_by(b.starts_at, b.id)
)
ELSEWHERE = (
    select(b.provider_id)
    .where(
        b.location_id != bindparam("location"),
        b.free_at > bindparam("begins"),
        b.taken_from < bindparam("ends"),
        among(b.status, OCCUPYING),
    )
    .distinct()
)
ASKED = (
    select(m.booking_id, m.to_starts_at, m.status, r.status.label("of_status"))
    .join_from(reshuffle_moves, reshuffles, r.id == m.reshuffle_id)
    .where(r.location_id == bindparam("location"), r.date == bindparam("day"))
)

Minutes = tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """A span of work of a provider's and the visits in it, in minutes from the day's beginning."""

    begins: int
    ends: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True)
class Day:
    """A shop's day. `bookings` are all that keep somebody there, by id."""

    starts_at: datetime
    usual: int
    bookings: Mapping[str, Row[Any]]
    stretches: Mapping[str, Sequence[Stretch]]
    """By provider. Who works elsewhere too that day has none: their ways would have to be moved with them."""


async def drawn(tx: Transaction, location_id: str, day: date, within: int) -> Day | None:
    """The day, where the shop is open for it at all; a visit may be moved by so many minutes."""
    places = await reading.read_places(Directly(tx), [location_id], now=tx.now)
    place = places.get(location_id)
    if place is None or not place.is_active:
        return None
    begins = datetime.combine(day, time(), place.calendar.zone).astimezone(tx.now.tzinfo)
    ends = datetime.combine(day + timedelta(days=1), time(), place.calendar.zone)
    times = {"location": location_id, "begins": begins, "ends": ends.astimezone(tx.now.tzinfo)}
    taken = await tx.rows(THAT_DAY, times)
    if not taken:
        return None
    away = {row.provider_id for row in await tx.rows(ELSEWHERE, times)}
    asked = await tx.rows(ASKED, {"location": location_id, "day": day})
    fixed = {a.booking_id for a in asked if a.status == "DECLINED" or a.of_status == "ASKED"}
    chairs = _chairs(taken, [a for a in asked if a.of_status == "ASKED"], begins)
    providers = sorted({each.provider_id for each in taken} - away)
    people = await reading.read_people(Directly(tx), providers, now=tx.now)
    found = {
        name: [
            _stretch(span, of_provider, begins, within, chairs, fixed, tx.now)
            for span in hours(people[name], place, begins, times["ends"])
        ]
        for name in providers
        if name in people
        for of_provider in [[each for each in taken if each.provider_id == name]]
    }
    return Day(begins, _usual(taken), {each.id: each for each in taken}, found)


def _usual(taken: Iterable[Row[Any]]) -> int:
    """How long a visit most often keeps its provider; of lengths as frequent, the longest."""
    lengths = Counter((each.free_at - each.taken_from) // MINUTE for each in taken)
    return max(lengths, key=lambda length: (lengths[length], length))


def _chairs(
    taken: Iterable[Row[Any]], asked: Iterable[Row[Any]], begins: datetime
) -> Mapping[str, list[tuple[str, Minutes]]]:
    """When each chair is taken and by which booking: where they are, and where they would be if they are moved."""
    found: dict[str, list[tuple[str, Minutes]]] = defaultdict(list)
    by_id = {each.id: each for each in taken}
    for each in by_id.values():
        found[each.chair_id].append((each.id, _minutes(each, each.starts_at, begins)))
    for move in asked:
        if (each := by_id.get(move.booking_id)) is not None:
            found[each.chair_id].append((each.id, _minutes(each, move.to_starts_at, begins)))
    return found


def _minutes(booking: Row[Any], starts_at: datetime, begins: datetime) -> Minutes:
    """From when until when it keeps its chair, if it starts then."""
    first = (starts_at - begins - (booking.starts_at - booking.taken_from)) // MINUTE
    return first, first + (booking.free_at - booking.taken_from) // MINUTE


def _stretch(
    span: Minutes,
    taken: Sequence[Row[Any]],
    begins: datetime,
    within: int,
    chairs: Mapping[str, list[tuple[str, Minutes]]],
    fixed: set[str],
    now: datetime,
) -> Stretch:
    own = {each.id for each in taken}
    visits = []
    for each in taken:
        at, until = _minutes(each, each.starts_at, begins)
        lead = (each.starts_at - each.taken_from) // MINUTE
        if not span[0] <= at + lead < span[1]:
            continue
        starts = [at]
        if (
            each.status == Status.CONFIRMED
            and each.gap_starts_at is None
            and each.id not in fixed
            and each.starts_at - now > NOTICE
        ):
            needed = (each.ends_at - each.taken_from) // MINUTE
            others = [when for of, when in chairs[each.chair_id] if of not in own]
            earliest = max(span[0], (now + NOTICE - begins) // MINUTE + 1 - lead)
            starts += [
                other
                for by in range(STEP, within + 1, STEP)
                for other in (at - by, at + by)
                if earliest <= other <= span[1] - needed
                and all(other >= last or other + until - at <= first for first, last in others)
            ]
        visits.append(Visit(each.id, at, until - at, tuple(sorted(starts))))
    return Stretch(*span, tuple(_apart(visits)))


def _apart(visits: Iterable[Visit]) -> list[Visit]:
    """Visits that do not overlap: those with a gap, and those in it, are one that stays where it is."""
    found: list[Visit] = []
    for each in visits:
        if found and each.at < found[-1].at + found[-1].minutes:
            first = found.pop()
            until = max(first.at + first.minutes, each.at + each.minutes)
            found.append(Visit(first.id, first.at, until - first.at, (first.at,)))
        else:
            found.append(each)
    return found
