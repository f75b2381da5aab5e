"""When a shop is open: spans of wall-clock time, and what they mean on a given date in its zone.

A local time that a change of clocks leaves out moves forward; one that it repeats means the first
(RFC 5545 section 3.3.5, and what `fold=0` means to zoneinfo).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from .errors import HoursOverlap, InvalidHours, TooManyHours, UnknownTimeZone

MIDNIGHT = 24 * 60  # the end of a day, which a `time` cannot say
MOST_SPANS = 28  # four a day
MONDAY, SUNDAY = 1, 7


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


def is_open(spans: Sequence[Span], time_zone: str, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether the shop is open through the whole of a half-open range of instants."""
    zone = ZoneInfo(time_zone)
    # From the day before: a change of clocks may push what opened then past midnight.
    first = starts_at.astimezone(zone).date() - timedelta(days=1)
    days = (ends_at.astimezone(zone).date() - first).days + 1
    return any(
        opens <= starts_at and ends_at <= closes
        for opens, closes in open_times(spans, zone, first, days)
    )


def open_times(
    spans: Sequence[Span], zone: ZoneInfo, first: date, days: int
) -> list[tuple[datetime, datetime]]:
    """When a shop is open on these dates, as ranges of instants in order; what touches is one."""
    merged: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(_ranges(spans, zone, first, days)):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(closes, merged[-1][1]))
        else:
            merged.append((opens, closes))
    return merged


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant at which a wall clock in the zone shows this minute of this day."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=zone).astimezone(UTC)


def known_zone(name: str) -> str:
    """The name itself, where the IANA database has it. Raises UnknownTimeZone."""
    if name not in _zones():
        raise UnknownTimeZone
    return name


def _ranges(
    spans: Sequence[Span], zone: ZoneInfo, first: date, days: int
) -> Iterable[tuple[datetime, datetime]]:
    for day in (first + timedelta(days=n) for n in range(days)):
        for span in spans:
            if span.weekday != day.isoweekday():
                continue
            opens, closes = (instant(day, m, zone) for m in (span.opens_minute, span.closes_minute))
            if opens < closes:  # the change of clocks may leave nothing of a short span
                yield opens, closes


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


@cache
def _zones() -> frozenset[str]:
    """Regions and cities, and UTC; not the machine's own setting nor abbreviations."""
    return frozenset(z for z in available_timezones() if "/" in z or z == "UTC")
