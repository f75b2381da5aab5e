"""The search over the index: free slots of many locations, providers and services at once, the best first. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heapify, heappop, heapreplace
from itertools import groupby
from typing import Any

from .cells import CELL, Cells, Horizon, each_of, every, gap, span
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

    @property
    def lengths(self) -> Lengths:
        minutes = self.duration_minutes
        return Lengths(-(-minutes // CELL), -(-(minutes + self.buffer_minutes) // CELL))


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


@dataclass(frozen=True)
class Match:
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


@dataclass(frozen=True)
class Row:
    """The starts of one match that are in question, and where it stands among others that begin at the same time."""

    match: Match
    starts: Cells
    rank: tuple[Any, ...]


def found(search: Search, matches: Iterable[Match], now: datetime) -> list[Slot]:
    """The first of the free slots, in the order asked for.

    BEST: preferred providers first, then by price, then those that leave no gap too short to be of use, then by time.
    EARLIEST: by time, then the same. Last by the ids of location and provider, so that the order is total.
    """
    horizon = Horizon.around(now)
    window = _window(search, horizon, now)
    useful = -(-search.useful_minutes // CELL)
    slots: list[Slot] = []
    for tier in _tiers(search, matches):
        rows = [row for row in _rows(search, tier, horizon, window) if row.starts]
        for some in _by_gap(search, rows, horizon, useful):
            for row, cell in _merged(some, search.first - len(slots)):
                slots.append(_slot(search, row, cell, horizon, useful))
            if len(slots) == search.first:
                return slots
    return slots


def at(search: Search, matches: Iterable[Match], wanted: datetime, now: datetime) -> list[Slot]:
    """The slots of matches that are free at this time, which may be off the grid, by preference and price."""
    horizon, useful = Horizon.around(now), -(-search.useful_minutes // CELL)
    slots = []
    for match in sorted(matches, key=lambda m: (*_worth(search, m), m.place.id, m.person.id)):
        idle = match.person.idle(match.place, horizon)
        cell = horizon.minute(wanted) // CELL
        left = CELL * gap(idle, cell, match.offer.lengths.occupied, useful)
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
    search: Search, matches: Sequence[Match], horizon: Horizon, window: Cells
) -> Iterator[Row]:
    """The starts that every rule allows."""
    allowed: dict[tuple[Place, int], Cells] = {}
    for match in matches:
        place, lengths = match.place, match.offer.lengths
        key = place, lengths.occupied
        if key not in allowed:
            grid = _grid(search, place, horizon)
            allowed[key] = window & grid & place.seats(horizon, lengths.occupied)
        rank = (*_worth(search, match), place.id, match.person.id, match.offer.id)
        starts = match.person.starts(place, horizon, lengths)
        yield Row(match, allowed[key] & starts, rank)


def _by_gap(search: Search, rows: list[Row], horizon: Horizon, useful: int) -> Iterator[list[Row]]:
    """First the starts that leave no useless gap, then the others."""
    if search.order is Order.EARLIEST:
        yield rows
        return
    gapless = []
    for row in rows:
        match = row.match
        gapless.append(
            row.starts & match.person.gapless(match.place, horizon, match.offer.lengths, useful)
        )
    yield [_only(row, cells) for row, cells in zip(rows, gapless, strict=True) if cells]
    rest = [row.starts & ~cells for row, cells in zip(rows, gapless, strict=True)]
    yield [_only(row, cells) for row, cells in zip(rows, rest, strict=True) if cells]


def _only(row: Row, cells: Cells) -> Row:
    return Row(row.match, cells, row.rank)


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
        CELL * gap(idle, cell, match.offer.lengths.occupied, useful),
    )


def _window(search: Search, horizon: Horizon, now: datetime) -> Cells:
    """The cells that begin in the time searched, none of them past."""
    begins = -(-horizon.minute(_ceiled(max(search.begins, now))) // CELL)
    return span(begins, -(-horizon.minute(_ceiled(search.ends)) // CELL)) & horizon.full


def _ceiled(at: datetime) -> datetime:
    """The whole minute at or after an instant."""
    rest = timedelta(seconds=at.second, microseconds=at.microsecond)
    return at if not rest else at - rest + timedelta(minutes=1)


def _grid(search: Search, place: Place, horizon: Horizon) -> Cells:
    """The starts on the clock of the location: every so many minutes from the full hour on."""
    away = search.begins.astimezone(place.calendar.zone).utcoffset() or timedelta(0)
    offset = -(away // timedelta(minutes=CELL))
    return every(search.step_minutes // CELL, offset, horizon.full)
