"""The index: what one location, and one provider, is like in the days ahead, kept in memory until its edition changes.

A copy holds rows as they stand, which the rules look at, and makes of them cells, which the search looks at: of those
days and lengths that are asked for, when they first are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from barberpro.domains.locations.service import Calendar, Minutes, Span

from ..diary import Diary, Elsewhere
from ..rules import Occupied, Shop, at_work, collide
from .cells import Cells, Horizon, lasting, midnights, tight, weekly

KEPT = 64
"""Cells that a copy keeps beside its rows, some 400 bytes each: the same services and days are asked for again."""


@dataclass(frozen=True)
class Taken:
    """Something that keeps a provider and a chair."""

    taken_from: datetime
    free_at: datetime
    location_id: str
    chair_id: str
    held_until: datetime | None = None
    """When it runs out, where it is only held."""
    gap_starts_at: datetime | None = None
    gap_ends_at: datetime | None = None


class Lengths(NamedTuple):
    """How many cells a service takes: of the provider's working hours, and of provider and chair.

    It occupies them from some cells before its start on.
    """

    service: int
    occupied: int
    before: int = 0
    gap: tuple[int, int] | None = None
    """The cells from the start on in which the provider is free."""


class Made(dict[Any, Cells]):
    """Cells made of a copy, by what they are of; forgotten when there are many."""

    def keep(self, key: Any, cells: Cells) -> Cells:
        if len(self) >= KEPT:
            self.clear()
        self[key] = cells
        return cells


@dataclass(frozen=True, eq=False)
class Place:
    """A location."""

    id: str
    name: str
    is_active: bool
    calendar: Calendar
    chairs: Sequence[str]
    providers: frozenset[str]
    travel: dict[str, int]
    """Minutes from and to other locations."""
    taken: dict[str, list[Taken]]
    """By chair."""
    made: Made = field(default_factory=Made)

    @cached_property
    def good_until(self) -> datetime | None:
        """When the first hold in it runs out."""
        return _first_to_run_out(each for of in self.taken.values() for each in of)

    @property
    def shop(self) -> Shop:
        return Shop(self.id, self.is_active, self.calendar)

    def open(self, horizon: Horizon) -> Cells:
        """When it is open."""
        key = horizon.block, "open"
        found = self.made.get(key)
        return self.made.keep(key, self._open(horizon)) if found is None else found

    def seats(self, horizon: Horizon, length: int) -> Cells:
        """From when on some chair is free for so long."""
        key = horizon.block, length
        found = self.made.get(key)
        return self.made.keep(key, self._seats(horizon, length)) if found is None else found

    def free_chairs(self, taken_from: datetime, free_at: datetime) -> list[str]:
        """The chairs that nobody has meanwhile."""
        return [
            chair
            for chair in self.chairs
            if not any(t.taken_from < free_at and taken_from < t.free_at for t in self._of(chair))
        ]

    def _of(self, chair: str) -> list[Taken]:
        return self.taken.get(chair, [])

    def _open(self, horizon: Horizon) -> Cells:
        calendar = self.calendar
        return weekly(
            by_weekday(calendar.week), _special(calendar, horizon), calendar.zone, horizon
        )

    def _seats(self, horizon: Horizon, length: int) -> Cells:
        found = 0
        for chair in sorted(self.chairs, key=lambda chair: len(self._of(chair))):
            taken = horizon.touched((t.taken_from, t.free_at) for t in self._of(chair))
            found |= lasting(horizon.full ^ taken, length)
            if not taken:
                break
        return found


@dataclass(frozen=True, eq=False)
class Person:
    """A provider."""

    id: str
    is_active: bool
    skills: frozenset[str]
    shifts: Sequence[tuple[str, Span]]
    """Of all locations."""
    absences: Sequence[tuple[str | None, datetime, datetime]]
    taken: Sequence[Taken]
    made: Made = field(default_factory=Made)

    @cached_property
    def good_until(self) -> datetime | None:
        """When the first hold in it runs out."""
        return _first_to_run_out(self.taken)

    def does(self, service_id: str) -> bool:
        """Whether it is among their skills."""
        return not self.skills or service_id in self.skills

    def diary(self, place: Place) -> Diary:
        """Their days there, as the rules look at them."""
        return Diary(
            provider_id=self.id,
            skills=self.skills,
            shifts=[s for at, s in self.shifts if at == place.id] if self.shifts else None,
            absences=self._away(place),
            elsewhere=[
                Elsewhere(t.taken_from, t.free_at, place.travel[t.location_id])
                for t in self.taken
                if t.location_id in place.travel
            ],
        )

    def taken_until(self, slot: Occupied) -> datetime | None:
        """When what keeps them from it is over; None where nothing does."""
        return max((t.free_at for t in self.taken if collide(t, slot)), default=None)

    def idle(self, place: Place, horizon: Horizon) -> Cells:
        """When they are at work there, and nobody has booked them."""
        return self.at_work(place, horizon) & self._free(place, horizon)

    def starts(self, place: Place, horizon: Horizon, lengths: Lengths) -> Cells:
        """From when on they can be booked there, where a chair is."""
        key = horizon.block, place, lengths
        found = self.made.get(key)
        if found is not None:
            return found
        starts = lasting(self.at_work(place, horizon), lengths.service)
        free, before = self._free(place, horizon), lengths.before
        if lengths.gap is None:
            starts &= lasting(free, lengths.occupied) << before
        else:
            first, back = lengths.gap
            starts &= lasting(free, before + first) << before
            starts &= lasting(free, lengths.occupied - before - back) >> back
            here = horizon.full ^ self._elsewhere(place, horizon)
            starts &= lasting(here, lengths.occupied) << before
        return self.made.keep(key, starts)

    def gapless(self, place: Place, horizon: Horizon, lengths: Lengths, useful: int) -> Cells:
        """Of these starts, those that leave no gap too short to be of use."""
        key = horizon.block, place, lengths, useful
        found = self.made.get(key)
        if found is not None:
            return found
        starts, idle = self.starts(place, horizon, lengths), self.idle(place, horizon)
        taken = starts >> lengths.before
        cells = tight(idle, taken, lengths.occupied, useful, horizon.full)
        return self.made.keep(key, cells << lengths.before)

    def at_work(self, place: Place, horizon: Horizon) -> Cells:
        """When they are at work there, whether booked or not."""
        key = horizon.block, place, "work"
        found = self.made.get(key)
        return self.made.keep(key, self._hours(place, horizon)) if found is None else found

    def _free(self, place: Place, horizon: Horizon) -> Cells:
        key = horizon.block, place, "free"
        found = self.made.get(key)
        return self.made.keep(key, self._untaken(place, horizon)) if found is None else found

    def _hours(self, place: Place, horizon: Horizon) -> Cells:
        hours = place.open(horizon)
        if self.shifts:
            here = by_weekday([s for at, s in self.shifts if at == place.id])
            hours &= weekly(here, {}, place.calendar.zone, horizon)
        away = self._away(place)
        return hours & ~horizon.touched(away) if away else hours

    def _untaken(self, place: Place, horizon: Horizon) -> Cells:
        here = (t for t in self.taken if t.location_id not in place.travel)
        taken = horizon.touched(span for each in here for span in at_work(each))
        return horizon.full ^ (taken | self._elsewhere(place, horizon))

    def _elsewhere(self, place: Place, horizon: Horizon) -> Cells:
        """When they are at another shop or on the way: nobody travels in a gap, neither out of nor into it."""
        ranges = []
        for each in self.taken:
            minutes = place.travel.get(each.location_id)
            if minutes is not None:
                way = timedelta(minutes=minutes)
                ranges.append((each.taken_from - way, each.free_at + way))
        return horizon.touched(ranges)

    def _away(self, place: Place) -> list[tuple[datetime, datetime]]:
        return [(s, e) for at, s, e in self.absences if at in (None, place.id)]


def _first_to_run_out(taken: Iterable[Taken]) -> datetime | None:
    return min((each.held_until for each in taken if each.held_until is not None), default=None)


def by_weekday(spans: Sequence[Span]) -> list[list[Minutes]]:
    """The hours of each weekday, Monday first."""
    week: list[list[Minutes]] = [[] for _ in range(7)]
    for each in spans:
        week[each.weekday - 1].append((each.opens_minute, each.closes_minute))
    return week


def _special(calendar: Calendar, horizon: Horizon) -> dict[date, Sequence[Minutes]]:
    special = ((day, calendar.special(day)) for day, _ in midnights(calendar.zone, horizon))
    return {day: hours for day, hours in special if hours is not None}
