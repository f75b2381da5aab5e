"""When a shop is open on a given date: its week, the holidays it keeps, and what was set for that date alone.

Pure. An exception to the date comes before a holiday, and a holiday before the weekday.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from .holidays import of_province
from .hours import Minutes, Span, instant, merged

Exceptions = Mapping[date, Sequence[Minutes]]
"""Dates with hours of their own: from one minute of the day to another; with none it is closed."""


@dataclass(frozen=True)
class Calendar:
    """The opening hours of a location."""

    time_zone: str
    week: Sequence[Span]
    province: str = ""
    closes_on_holidays: bool = False
    exceptions: Exceptions = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def is_open(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the shop is open through the whole of a half-open range of instants."""
        # From the day before: a change of clocks may push what opened then past midnight.
        first = starts_at.astimezone(self.zone).date() - timedelta(days=1)
        days = (ends_at.astimezone(self.zone).date() - first).days + 1
        return any(
            opens <= starts_at and ends_at <= closes for opens, closes in self.open(first, days)
        )

    def open(self, first: date, days: int) -> list[tuple[datetime, datetime]]:
        """When it is open on these dates, as ranges of instants in order; what touches is one."""
        dates = (first + timedelta(days=n) for n in range(days))
        return merged(
            (instant(day, opens, self.zone), instant(day, closes, self.zone))
            for day in dates
            for opens, closes in self.hours(day)
        )

    def hours(self, day: date) -> Sequence[Minutes]:
        """The hours of one date, in minutes of its wall clock."""
        special = self.special(day)
        if special is not None:
            return special
        weekday = day.isoweekday()
        return [(s.opens_minute, s.closes_minute) for s in self.week if s.weekday == weekday]

    def special(self, day: date) -> Sequence[Minutes] | None:
        """The hours of a date that are not its weekday's; None where they are."""
        if day in self.exceptions:
            return self.exceptions[day]
        if self.closes_on_holidays and day in of_province(self.province, day.year):
            return ()
        return None
