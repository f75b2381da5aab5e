"""What a location's bookings amount to, a day at a time on its own calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from .days import Occasion

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WEEK = 7
LONGEST_DAYS = 3 * 365 + 1
"""Older days teach little about tomorrow, and one wrong date must not make a series of a century."""
AROUND = 6  # weeks before and after that say how much a weekday was wanted then
RARE = 7.0  # a Poisson count whose mean is 7 is zero less than once in a thousand times


@dataclass(frozen=True)
class Shop:
    """What is known of a location: small and plain, to be sent to another process.

    `days` (ordinals of local dates, ascending), `services` (numbers that stand for them) and `prices` (minor units)
    are of one booking each, all before `today`.
    """

    location_id: str
    province: str
    time_zone: str
    is_active: bool
    today: date
    open_weekdays: frozenset[int]
    """Monday is 0. All of them where hours are not known."""
    days: Ints
    services: Ints
    prices: Ints
    currency_code: str
    minor_units: int
    """How many make a major one."""


@dataclass(frozen=True)
class Series:
    """Bookings a day, from the first booking to yesterday."""

    first: date
    counts: Floats
    usable: Flags
    """Days that say something about demand: the shop was open."""
    open_weekdays: frozenset[int]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def weekday(self) -> Ints:
        return weekdays(self.first, len(self))

    def day(self, at: int) -> date:
        return self.first + timedelta(days=at)

    def until(self, end: int) -> "Series":
        """What was known when only `end` days had passed: closures are found anew, without hindsight."""
        return series(self.first, self.counts[:end], self.open_weekdays)


def weekdays(first: date, count: int) -> Ints:
    """The weekdays of so many days; Monday is 0."""
    return (first.weekday() + np.arange(count)) % WEEK


def series_of(shop: Shop) -> Series:
    """The daily series of a shop. Without a booking it has no days."""
    oldest = shop.today.toordinal() - LONGEST_DAYS
    days = shop.days[shop.days >= oldest]
    if not len(days):
        return series(shop.today, np.zeros(0), shop.open_weekdays)
    first = int(days[0])
    counts = np.bincount(days - first, minlength=shop.today.toordinal() - first)
    return series(date.fromordinal(first), counts.astype(float), shop.open_weekdays)


def series(first: date, counts: Floats, open_weekdays: frozenset[int]) -> Series:
    """Mark the days on which nobody could come."""
    weekday = weekdays(first, len(counts))
    scheduled = np.isin(weekday, list(open_weekdays))
    usable = scheduled | (counts > 0)  # hours may have changed since
    usable &= ~_not_yet_open(counts, weekday)
    usable &= ~_closures(counts, usable, weekday)
    return Series(first, counts, usable, open_weekdays)


def _not_yet_open(counts: Floats, weekday: Ints) -> Flags:
    """Days of a weekday before its first booking, where so long a wait cannot be chance."""
    found = np.zeros(len(counts), dtype=bool)
    for day in range(WEEK):
        of_day = np.flatnonzero(weekday == day)
        taken = np.flatnonzero(counts[of_day])
        if len(taken):
            wait = int(taken[0])
            if wait * counts[of_day[wait:]].mean() > RARE:
                found[of_day[:wait]] = True
    return found


def _closures(counts: Floats, usable: Flags, weekday: Ints) -> Flags:
    """Runs of empty days that chance would give less than once in a thousand times."""
    usual = _usual(counts, usable, weekday)
    found = np.zeros(len(counts), dtype=bool)
    run: list[int] = []
    for at in [*np.flatnonzero(usable), len(counts)]:
        if at < len(counts) and counts[at] == 0:
            run.append(int(at))
            continue
        if run and usual[run].sum() > RARE:
            found[run] = True
        run = []
    return found


def _usual(counts: Floats, usable: Flags, weekday: Ints) -> Floats:
    """The mean of the same weekday in the weeks around each day."""
    usual = np.zeros(len(counts))
    window = np.ones(2 * AROUND + 1)
    for day in range(WEEK):
        of_day = np.flatnonzero((weekday == day) & usable)
        if not len(of_day):
            continue
        around = np.convolve(counts[of_day], window)[AROUND:-AROUND]
        usual[of_day] = around / np.convolve(np.ones(len(of_day)), window)[AROUND:-AROUND]
    return usual


def closed_ahead(series: Series, known: Sequence[Occasion], count: int) -> Flags:
    """On which of the days after the series nobody can come.

    By the opening hours, and by habit: on a public holiday of a name on which the shop was closed every time so far.
    """
    shut: dict[str, bool] = {}
    end = series.day(len(series))
    for each in known:
        at = (each.day - series.first).days
        if each.is_holiday and 0 <= at < len(series) and each.day.weekday() in series.open_weekdays:
            shut[each.name] = shut.get(each.name, True) and not series.usable[at]
    closed = ~np.isin(weekdays(end, count), list(series.open_weekdays))
    for each in known:
        at = (each.day - end).days
        if each.is_holiday and 0 <= at < count:
            closed[at] |= shut.get(each.name, False)
    return closed
