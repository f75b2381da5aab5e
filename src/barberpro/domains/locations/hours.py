"""When a shop is open: spans of wall-clock time, and what they mean on a given date in its zone.

A local time that a change of clocks leaves out moves forward; one that it repeats means the first
(RFC 5545 section 3.3.5, and what `fold=0` means to zoneinfo).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from .errors import HoursOverlap, InvalidHours, TooManyHours, UnknownTimeZone

MIDNIGHT = 24 * 60  # the end of a day, which a `time` cannot say
MOST_SPANS = 28  # four a day
MONDAY, SUNDAY = 1, 7
Minutes = tuple[int, int]
"""From one minute of a day up to another."""


@dataclass(frozen=True, order=True)
class Span:
    """Open on a weekday (ISO 8601: Monday is 1), from one minute of the day up to another.

    The last there is, 1440, is the midnight that ends the day.
    """

    weekday: int
    opens_minute: int
    closes_minute: int

    def __post_init__(self) -> None:
        on_a_day = MONDAY <= self.weekday <= SUNDAY
        if not (on_a_day and 0 <= self.opens_minute < self.closes_minute <= MIDNIGHT):
            raise InvalidHours(self.weekday, self.opens_minute, self.closes_minute)

    @classmethod
    def between(cls, weekday: int, opens: time, closes: time) -> "Span":
        """From wall-clock times; to close at 00:00 is to close at midnight, at the day's end."""
        begin, end = _minute(opens), _minute(closes) or MIDNIGHT
        if any(t.second or t.microsecond for t in (opens, closes)):
            raise InvalidHours(weekday, begin, end)
        return cls(weekday, begin, end)


def week(spans: Iterable[Span]) -> list[Span]:
    """The spans of one week in order, none over another. They may touch."""
    ordered = sorted(spans)
    if len(ordered) > MOST_SPANS:
        raise TooManyHours(MOST_SPANS)
    for earlier, later in pairwise(ordered):
        if earlier.weekday == later.weekday and later.opens_minute < earlier.closes_minute:
            hour, minute = divmod(later.opens_minute, 60)
            raise HoursOverlap(later.weekday, f"{hour:02}:{minute:02}")
    return ordered


def merged(ranges: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Ranges of instants in order; what touches is one. A change of clocks may leave nothing of a short one."""
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(ranges):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        elif begins < ends:
            found.append((begins, ends))
    return found


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant at which a wall clock in the zone shows this minute of this day."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=zone).astimezone(UTC)


def known_zone(name: str) -> str:
    """The name itself, where the IANA database has it. Raises UnknownTimeZone."""
    if name not in _zones():
        raise UnknownTimeZone
    return name


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


@cache
def _zones() -> frozenset[str]:
    """Regions and cities, and UTC; not the machine's own setting nor abbreviations."""
    return frozenset(z for z in available_timezones() if "/" in z or z == "UTC")
