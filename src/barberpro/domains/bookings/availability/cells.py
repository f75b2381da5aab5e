"""Time as bits: one for each five minutes of a block of days, in one integer. Pure.

A block is 3,000 bits, which Python shifts and joins in a fraction of a microsecond; so an agenda is asked at once, and
no loop runs over days or bookings. What is open is rounded inwards and what is taken outwards: a bit that is set
is free for all of its five minutes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from barberpro.domains.locations.service import MIDNIGHT, Minutes, instant

CELL = 5
"""Minutes."""
A_DAY = MIDNIGHT // CELL
BLOCK = 8
"""Days that are searched at once: most searches end in the first block that they look at."""
DAYS = BLOCK + 3
"""Those, the day before for the gap that a slot leaves, and two days after for what begins late and lasts long."""
Cells = int
Ranges = Iterable[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Horizon:
    """A block of days, all in UTC, by its number: cells count from the day before it."""

    block: int

    @classmethod
    def of(cls, at: datetime) -> "Horizon":
        """The one an instant is in."""
        return horizon(at.astimezone(UTC).toordinal() // BLOCK)

    @cached_property
    def first(self) -> date:
        return date.fromordinal(self.block * BLOCK - 1)

    @cached_property
    def begins(self) -> datetime:
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @cached_property
    def full(self) -> Cells:
        return (1 << DAYS * A_DAY) - 1

    @cached_property
    def days(self) -> Cells:
        """The days of the block itself."""
        return span(A_DAY, (BLOCK + 1) * A_DAY)

    def minute(self, at: datetime) -> int:
        """Whole minutes from the beginning; of an instant within a minute, those before it."""
        return (at - self.begins) // timedelta(minutes=1)

    def at(self, cell: int) -> datetime:
        """When a cell begins."""
        return self.begins + timedelta(minutes=cell * CELL)

    def within(self, ranges: Ranges) -> Cells:
        """The cells that lie wholly in these ranges."""
        found = 0
        for begins, ends in ranges:
            found |= span(-(-self.minute(begins) // CELL), self.minute(ends) // CELL)
        return found & self.full

    def touched(self, ranges: Ranges) -> Cells:
        """The cells that any of these ranges touches."""
        found = 0
        for begins, ends in ranges:
            found |= span(self.minute(begins) // CELL, -(-self.minute(ends) // CELL))
        return found & self.full


@lru_cache(maxsize=64)
def horizon(block: int) -> Horizon:
    return Horizon(block)


def horizons(begins: datetime, ends: datetime) -> list[Horizon]:
    """The blocks that an instant before the end may be in, in order."""
    return [horizon(n) for n in range(Horizon.of(begins).block, Horizon.of(ends).block + 1)]


def span(begin: int, end: int) -> Cells:
    """The cells from one to another, as far as they are in the horizon at all."""
    begin = max(begin, 0)
    return ((1 << end - begin) - 1) << begin if end > begin else 0


def lasting(free: Cells, length: int) -> Cells:
    """The cells from which on so many are free in a row."""
    have = 1
    while have < length and free:
        step = min(have, length - have)
        free &= free >> step
        have += step
    return free


def tight(free: Cells, starts: Cells, length: int, useful: int, full: Cells) -> Cells:
    """Those of these starts that leave no gap, before or after, too short to be of use."""
    taken, usable = full ^ free, lasting(free, useful)
    before = taken << 1 | 1 | usable << useful
    after = taken >> length | usable >> length
    return starts & before & after


def gap(free: Cells, start: int, length: int, useful: int) -> int:
    """The cells in gaps too short to be of use that a slot leaves before and after it."""
    before = after = 0
    while before < useful and start > before and free >> (start - before - 1) & 1:
        before += 1
    while after < useful and free >> (start + length + after) & 1:
        after += 1
    return before % useful + after % useful


@lru_cache(maxsize=64)
def every(step: int, offset: int, full: Cells) -> Cells:
    """Every so many cells, the first of them `offset` cells from the beginning."""
    found, width = 1, step
    while width < DAYS * A_DAY:
        found |= found << width
        width *= 2
    return found << offset % step & full


def first_of(cells: Cells) -> int:
    """The first cell that is set; -1 where there is none."""
    return (cells & -cells).bit_length() - 1


def each_of(cells: Cells) -> Iterator[int]:
    """The cells that are set, in order."""
    while cells:
        low = cells & -cells
        yield low.bit_length() - 1
        cells ^= low


def weekly(
    week: Sequence[Sequence[Minutes]],
    special: dict[date, Sequence[Minutes]],
    zone: ZoneInfo,
    horizon: Horizon,
) -> Cells:
    """The cells in hours of a week (Monday first) on the wall clock of a zone, but on special dates in others."""
    patterns = [_pattern(hours) for hours in week]
    found = 0
    for day, at in midnights(zone, horizon):
        hours = special.get(day)
        if at is None:
            hours = week[day.weekday()] if hours is None else hours
            found |= horizon.within(
                (instant(day, a, zone), instant(day, b, zone)) for a, b in joined(hours)
            )
            continue
        bits = patterns[day.weekday()] if hours is None else _pattern(hours)
        found |= bits << at if at >= 0 else bits >> -at
    return found & horizon.full


@lru_cache(maxsize=256)
def midnights(zone: ZoneInfo, horizon: Horizon) -> tuple[tuple[date, int | None], ...]:
    """The dates of a zone in the horizon, each with the cell it begins at; None where its clocks change."""
    dates = [horizon.first + timedelta(days=n) for n in range(-1, DAYS + 1)]
    found: list[tuple[date, int | None]] = []
    for day in dates:
        begins, ends = instant(day, 0, zone), instant(day, MIDNIGHT, zone)
        minute = horizon.minute(begins)
        is_plain = ends - begins == timedelta(days=1) and minute % CELL == 0
        found.append((day, minute // CELL if is_plain else None))
    return tuple(found)


def joined(hours: Sequence[Minutes]) -> list[Minutes]:
    """The same hours in order, those that touch as one."""
    found: list[Minutes] = []
    for begins, ends in sorted(hours):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        else:
            found.append((begins, ends))
    return found


def _pattern(hours: Sequence[Minutes]) -> Cells:
    found = 0
    for begins, ends in joined(hours):
        found |= span(-(-begins // CELL), ends // CELL)
    return found
