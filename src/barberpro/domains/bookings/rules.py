"""The rules of a booking's time and texts. Pure: what they look at is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

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


@dataclass(frozen=True)
class Slot:
    """When a booking takes place, and until when it keeps provider and chair."""

    starts_at: datetime
    ends_at: datetime
    free_at: datetime

    @classmethod
    def beginning(cls, starts_at: datetime, duration: timedelta, buffer: timedelta) -> "Slot":
        ends_at = starts_at + duration
        return cls(starts_at, ends_at, ends_at + buffer)

    def moved(self, starts_at: datetime) -> "Slot":
        """The same length, from another start."""
        by = starts_at - self.starts_at
        return Slot(starts_at, self.ends_at + by, self.free_at + by)


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


def past_slot(asked: datetime, duration: timedelta, *, now: datetime, time_zone: str) -> Slot:
    """What took place from then on. Nothing was swept after: who came next did come."""
    if asked < now - timedelta(days=365 * EARLIEST_YEARS):
        raise TooLongAgo(EARLIEST_YEARS)
    slot = Slot.beginning(_on_the_minute(asked), duration, buffer=timedelta(0))
    if slot.ends_at > now:
        raise NotOverYet(slot.ends_at, time_zone)
    return slot


def score(given: int) -> int:
    """The stars, where there are so many."""
    if not WORST <= given <= BEST:
        raise ScoreOutOfRange(WORST, BEST)
    return given


def check_open(shop: Shop, slot: Slot) -> None:
    """The shop is open from start to end; the sweeping after may be behind closed doors."""
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
