"""The rules of a booking's time and texts. Pure: what they look at is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Row

from barberpro.domains.locations import service as locations
from barberpro.platform import text

from .errors import (
    HoldOutOfRange,
    NotesTooLong,
    NotOnTheMinute,
    NotOverYet,
    OutsideOpeningHours,
    ReasonTooLong,
    ScoreOutOfRange,
    StartsInThePast,
    StartsTooFarAhead,
    TooLongAgo,
)

GRACE = timedelta(minutes=15)  # who walks in is written down once seated
FURTHEST_DAYS = 365
EARLIEST_YEARS = 10
WORST, BEST = 1, 5
HOLDS = range(1, 31)  # minutes, and the most that a hold lasts however often it is extended
USUAL_HOLD = 5
LONGEST_NOTES = 1_000
LONGEST_REASON = 500

Exceptions = Mapping[date, Sequence[locations.Minutes]]


@dataclass(frozen=True)
class Shop:
    """A location as the rules look at it."""

    id: str
    is_active: bool
    calendar: locations.Calendar

    @property
    def time_zone(self) -> str:
        return self.calendar.time_zone

    def with_exceptions(self, exceptions: Exceptions) -> "Shop":
        """The same, with what is known of single dates."""
        return replace(self, calendar=replace(self.calendar, exceptions=exceptions))


class Occupied(Protocol):
    """What keeps a chair from then on until that is free, and a provider but for the gap in it."""

    @property
    def taken_from(self) -> datetime: ...
    @property
    def free_at(self) -> datetime: ...
    @property
    def gap_starts_at(self) -> datetime | None: ...
    @property
    def gap_ends_at(self) -> datetime | None: ...


class Shape(Protocol):
    """How a service runs, in minutes; of a gap both are 0 where there is none."""

    @property
    def duration_minutes(self) -> int: ...
    @property
    def buffer_before_minutes(self) -> int: ...
    @property
    def buffer_minutes(self) -> int: ...
    @property
    def gap_after_minutes(self) -> int: ...
    @property
    def gap_minutes(self) -> int: ...


@dataclass(frozen=True)
class Slot:
    """When a booking takes place, and when it keeps provider and chair."""

    taken_from: datetime
    starts_at: datetime
    ends_at: datetime
    free_at: datetime
    gap_starts_at: datetime | None = None
    gap_ends_at: datetime | None = None

    @classmethod
    def of(cls, shape: Shape | Row[Any], starts_at: datetime) -> "Slot":
        """A service of this shape, from then on."""
        taken_from = starts_at - timedelta(minutes=shape.buffer_before_minutes)
        ends_at = starts_at + timedelta(minutes=shape.duration_minutes)
        free_at = ends_at + timedelta(minutes=shape.buffer_minutes)
        if not shape.gap_minutes:
            return cls(taken_from, starts_at, ends_at, free_at)
        gap_starts_at = starts_at + timedelta(minutes=shape.gap_after_minutes)
        gap_ends_at = gap_starts_at + timedelta(minutes=shape.gap_minutes)
        return cls(taken_from, starts_at, ends_at, free_at, gap_starts_at, gap_ends_at)

    def moved(self, starts_at: datetime) -> "Slot":
        """The same length, from another start."""
        by = starts_at - self.starts_at
        return Slot(
            self.taken_from + by,
            starts_at,
            self.ends_at + by,
            self.free_at + by,
            self.gap_starts_at and self.gap_starts_at + by,
            self.gap_ends_at and self.gap_ends_at + by,
        )


def at_work(kept: Occupied) -> list[tuple[datetime, datetime]]:
    """When it keeps its provider."""
    if kept.gap_starts_at is None or kept.gap_ends_at is None:
        return [(kept.taken_from, kept.free_at)]
    return [(kept.taken_from, kept.gap_starts_at), (kept.gap_ends_at, kept.free_at)]


def collide(one: Occupied, other: Occupied) -> bool:
    """Whether no provider could do both."""
    return any(a < d and c < b for a, b in at_work(one) for c, d in at_work(other))


def start(asked: datetime, *, now: datetime, time_zone: str) -> datetime:
    """The start in UTC, where it is one that bookings are taken for."""
    earliest, latest = now - GRACE, now + timedelta(days=FURTHEST_DAYS)
    if asked < earliest:
        raise StartsInThePast(earliest, time_zone)
    if asked > latest:
        raise StartsTooFarAhead(FURTHEST_DAYS, latest, time_zone)
    return _on_the_minute(asked)


def hold_minutes(given: int) -> int:
    """For how long something is held, where it is so short."""
    if given not in HOLDS:
        raise HoldOutOfRange(HOLDS[0], HOLDS[-1])
    return given


def latest_hold(made_at: datetime, starts_at: datetime) -> datetime:
    """Until when something can be held: some time from when that began, and as long as it could still be booked."""
    return min(made_at + timedelta(minutes=HOLDS[-1]), starts_at + GRACE)


def hold_end(now: datetime, held_for: timedelta, starts_at: datetime) -> datetime:
    """Until when something is held that is wanted for so long."""
    return min(now + held_for, latest_hold(now, starts_at))


def past_slot(asked: datetime, shape: Shape | Row[Any], *, now: datetime, time_zone: str) -> Slot:
    """What took place from then on. Nothing was prepared or swept: who came next did come."""
    if asked < now - timedelta(days=365 * EARLIEST_YEARS):
        raise TooLongAgo(EARLIEST_YEARS)
    slot = Slot.of(shape, _on_the_minute(asked))
    slot = replace(slot, taken_from=slot.starts_at, free_at=slot.ends_at)
    if slot.ends_at > now:
        raise NotOverYet(slot.ends_at, time_zone)
    return slot


def score(given: int) -> int:
    """The stars, where there are so many."""
    if not WORST <= given <= BEST:
        raise ScoreOutOfRange(WORST, BEST)
    return given


def check_open(shop: Shop, slot: Slot) -> None:
    """The shop is open from start to end; what is done before and after may be behind closed doors."""
    if not shop.calendar.is_open(slot.starts_at, slot.ends_at):
        raise OutsideOpeningHours(slot.starts_at, slot.ends_at, shop.time_zone)


def notes(given: str | None) -> str | None:
    """The notes as they are kept."""
    kept = text.prose(given)
    if kept is not None and len(kept) > LONGEST_NOTES:
        raise NotesTooLong(LONGEST_NOTES, len(kept))
    return kept


def reason(given: str | None) -> str | None:
    """The reason as it is kept."""
    kept = text.prose(given)
    if kept is not None and len(kept) > LONGEST_REASON:
        raise ReasonTooLong(LONGEST_REASON, len(kept))
    return kept


def _on_the_minute(asked: datetime) -> datetime:
    if asked.second or asked.microsecond:
        raise NotOnTheMinute
    return asked.astimezone(UTC)
