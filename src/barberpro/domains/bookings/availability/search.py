"""The search over the index: free slots of many locations, providers and services at once, the best first. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from functools import cached_property
from heapq import heapify, heappop, heapreplace
from itertools import groupby
from typing import Any, NamedTuple

from .cells import CELL, Cells, Horizon, each_of, every, horizons, span
from .cells import gap as gap_left
from .copies import Lengths, Person, Place

FURTHEST = timedelta(days=90)
STEPS = (5, 10, 15, 20, 30, 60)
"""Minutes from one start to the next that a search may ask for: they divide the hour."""


class Order(StrEnum):
    """Which slots come first."""

    BEST = "BEST"
    EARLIEST = "EARLIEST"


@dataclass(frozen=True)
class Offer:
    """A service, as it is searched for."""

    id: str
    is_active: bool
    duration_minutes: int
    buffer_minutes: int
    price_minor: int
    currency_code: str
    gap_after_minutes: int = 0
    gap_minutes: int = 0
    buffer_before_minutes: int = 0

    @cached_property
    def lengths(self) -> Lengths:
        minutes, back = self.duration_minutes, self.gap_after_minutes + self.gap_minutes
        service, after = -(-minutes // CELL), -(-(minutes + self.buffer_minutes) // CELL)
        before, first = -(-self.buffer_before_minutes // CELL), -(-self.gap_after_minutes // CELL)
        gap = (first, back // CELL) if self.gap_minutes else None
        return Lengths(service, before + after, before, gap)


@dataclass(frozen=True)
class Search:
    """What is searched for: starts at or after one instant and before another."""

    begins: datetime
    ends: datetime
    step_minutes: int
    first: int
    order: Order
    preferred: frozenset[str]
    """Providers that the customer likes."""
    useful_minutes: int
    """A gap shorter than this is of no use: nothing fits in."""


class Match(NamedTuple):
    """Somebody who does a service somewhere."""

    place: Place
    person: Person
    offer: Offer


@dataclass(frozen=True)
class Slot:
    """A free place in an agenda."""

    match: Match
    starts_at: datetime
    is_preferred: bool
    gap_minutes: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.match.offer.duration_minutes)


class Gaps(Enum):
    """Whether starts leave gaps too short to be of use: those that leave none come first."""

    NONE = auto()
    SOME = auto()


class Row(NamedTuple):
    """The starts of one match that are in question, and where it stands among others that begin at the same time."""

    match: Match
    starts: Cells
    rank: tuple[Any, ...]


def found(search: Search, matches: Iterable[Match], now: datetime) -> list[Slot]:
    """The first of the free slots, in the order asked for.

    BEST: preferred providers first, then by price, then those that leave no gap too short to be of use, then by time.
    EARLIEST: by time, then the same. Last by the ids of location and provider, so that the order is total.
    """
    slots: list[Slot] = []
    useful = -(-search.useful_minutes // CELL)
    begins = _ceiled(max(search.begins, now))
    for tier in _tiers(search, matches):
        for kind in Gaps if search.order is Order.BEST else (None,):
            for horizon in horizons(begins, search.ends):
                window = _window(begins, search.ends, horizon)
                rows = _rows(search, tier, horizon, window, kind, useful)
                for row, cell in _merged(rows, search.first - len(slots)):
                    slots.append(_slot(search, row, cell, horizon, useful))
                if len(slots) == search.first:
                    return slots
    return slots


def at(search: Search, matches: Iterable[Match], wanted: datetime) -> list[Slot]:
    """The slots of matches that are free at this time, which may be off the grid, by preference and price."""
    horizon, useful = Horizon.of(wanted), -(-search.useful_minutes // CELL)
    slots = []
    for match in sorted(matches, key=lambda m: (*_worth(search, m), m.place.id, m.person.id)):
        idle = match.person.idle(match.place, horizon)
        cell = horizon.minute(wanted) // CELL
        left = _gap_left(idle, cell, match.offer, useful)
        slots.append(Slot(match, wanted, match.person.id in search.preferred, left))
    return slots


def _tiers(search: Search, matches: Iterable[Match]) -> Iterator[list[Match]]:
    """Matches of equal preference and price, the better ones first; all at once where time comes first."""
    if search.order is Order.EARLIEST:
        yield list(matches)
        return

    def worth(match: Match) -> tuple[Any, ...]:
        return _worth(search, match)

    for _, tier in groupby(sorted(matches, key=worth), key=worth):
        yield list(tier)


def _worth(search: Search, match: Match) -> tuple[Any, ...]:
    offer = match.offer
    return match.person.id not in search.preferred, offer.currency_code, offer.price_minor


def _rows(
    search: Search,
    matches: Sequence[Match],
    horizon: Horizon,
    window: Cells,
    kind: Gaps | None,
    useful: int,
) -> Iterator[Row]:
    """The starts that every rule allows, and that leave gaps of this kind."""
    allowed: dict[tuple[Place, int, int], Cells] = {}
    for match in matches:
        place, lengths = match.place, match.offer.lengths
        key = place, lengths.occupied, lengths.before
        if key not in allowed:
            grid = _grid(search, place, horizon)
            seats = place.seats(horizon, lengths.occupied) << lengths.before
            allowed[key] = window & grid & seats
        starts = allowed[key] & match.person.starts(place, horizon, lengths)
        if starts and kind is not None:
            gapless = match.person.gapless(place, horizon, lengths, useful)
            starts &= gapless if kind is Gaps.NONE else ~gapless
        if starts:
            rank = (*_worth(search, match), place.id, match.person.id, match.offer.id)
            yield Row(match, starts, rank)


def _merged(rows: Iterable[Row], most: int) -> Iterator[tuple[Row, int]]:
    """The first of all starts, by time and rank."""
    left = [(row, each_of(row.starts)) for row in rows]
    heap = [(next(cells), row.rank, n) for n, (row, cells) in enumerate(left)]
    heapify(heap)
    for _ in range(most):
        if not heap:
            return
        cell, rank, n = heap[0]
        row, cells = left[n]
        yield row, cell
        later = next(cells, None)
        if later is None:
            heappop(heap)
        else:
            heapreplace(heap, (later, rank, n))


def _slot(search: Search, row: Row, cell: int, horizon: Horizon, useful: int) -> Slot:
    match = row.match
    idle = match.person.idle(match.place, horizon)
    return Slot(
        match,
        horizon.at(cell),
        match.person.id in search.preferred,
        _gap_left(idle, cell, match.offer, useful),
    )


def _gap_left(idle: Cells, cell: int, offer: Offer, useful: int) -> int:
    """The minutes of gaps too short to be of use around a booking that starts in this cell."""
    lengths = offer.lengths
    return CELL * gap_left(idle, cell - lengths.before, lengths.occupied, useful)


def _window(begins: datetime, ends: datetime, horizon: Horizon) -> Cells:
    """The cells that begin in the time searched."""
    cells = span(-(-horizon.minute(begins) // CELL), -(-horizon.minute(_ceiled(ends)) // CELL))
    return cells & horizon.days


def _ceiled(at: datetime) -> datetime:
    """The whole minute at or after an instant."""
    rest = timedelta(seconds=at.second, microseconds=at.microsecond)
    return at if not rest else at - rest + timedelta(minutes=1)


def _grid(search: Search, place: Place, horizon: Horizon) -> Cells:
    """The starts on the clock of the location: every so many minutes from the full hour on."""
    away = search.begins.astimezone(place.calendar.zone).utcoffset() or timedelta(0)
    offset = -(away // timedelta(minutes=CELL))
    return every(search.step_minutes // CELL, offset, horizon.full)
