"""How much a day is wanted at a shop: week, season, paydays, holidays, and what is the shop's own."""

from datetime import date

import numpy as np

from barberpro.domains.locations.holidays import national

from . import holidays
from .columns import WEEK, Column
from .growth import Calendar

WEEKDAYS = np.array([0.55, 0.7, 0.8, 1.0, 1.45, 1.75, 0.9])  # Monday first
OWN_WEEK = 0.16  # how much shops' weeks differ, as the deviation of a logarithm
MONTHS = np.array([0.80, 0.88, 1.02, 1.0, 0.98, 0.97, 0.95, 0.96, 1.03, 1.06, 1.12, 1.5])
"""In the middle of each month, and in between what lies between: summer holidays, a mild winter, December."""
OWN_SEASON = (0.6, 1.3)  # how strongly shops feel it
OWN_TREND = (0.02, 0.08)  # a year, as mean and deviation of a logarithm
NOISE = 0.06
PAID = {1: 1.10, 2: 1.14, 3: 1.14, 4: 1.14, 5: 1.12, 6: 1.08, 7: 1.05}
"""By the day of the month: wages are paid until the fourth working day."""
HARD_UP = 0.93  # from the 24th on
BONUS = 1.10  # in the days after the aguinaldo, half a month's wage in June and in December
EVE = 1.25
FEAST = 1.4  # the three days before Father's Day, Christmas and New Year's Day
FEAST_DAYS = 3
MOTHERS = 1.15
KEEPS_SHUT = 0.5  # of the shops on a holiday; the others open, and sell less
OPEN_ON_HOLIDAY = 0.4


def wanted(
    rng: np.random.Generator, calendar: Calendar, is_open: Column, is_shut: Column, opens: Column
) -> Column:
    """[shop, day]: how much a day is wanted beside the shop's mean one, 0 where it is shut.

    `is_open` says of each shop's weekdays whether it has hours then, `is_shut` of single days.
    """
    dates, shops = calendar.dates, len(is_open)
    weekday = weekdays(dates)
    own = WEEKDAYS * rng.lognormal(0, OWN_WEEK, (shops, WEEK)) * is_open
    felt = rng.uniform(*OWN_SEASON, (shops, 1))
    years = (dates - calendar.first).astype(np.int64) / 365.25
    trend = np.exp(rng.normal(*OWN_TREND, (shops, 1)) * years)
    found = own[:, weekday] * _season(dates) ** felt * _calendar(dates) * trend
    found *= rng.lognormal(0, NOISE, found.shape)
    found[:, holiday_mask(dates)] *= np.where(
        rng.random((shops, 1)) < KEEPS_SHUT, 0.0, OPEN_ON_HOLIDAY
    )
    found[:, _great(dates)] = 0
    found[is_shut] = 0
    days = np.maximum((calendar.last + 1 - np.maximum(opens, calendar.first)).astype(np.int64), 1)
    mean = found.sum(axis=1) / days
    return found / np.where(mean > 0, mean, 1)[:, None]


def keeps_shut(wanted: Column, dates: Column) -> Column:
    """Which shops are shut on every public holiday, by what `wanted` made."""
    return (wanted[:, holiday_mask(dates)] == 0).all(axis=1)


def weekdays(day: Column) -> Column:
    """Monday is 0; the first of January 1970 was a Thursday."""
    return (day.astype("datetime64[D]").astype(np.int64) + 3) % WEEK


def holiday_mask(dates: Column) -> Column:
    """Which of these days are public holidays."""
    return np.isin(dates, np.array(national(_years(dates)), dtype="datetime64[D]"))


def _season(dates: Column) -> Column:
    """The months' levels, met in the middle of each."""
    month = dates.astype("datetime64[M]")
    share = (dates - month.astype("datetime64[D]")).astype(np.int64) / 30.5 - 0.5
    at = month.astype(np.int64) % 12 + share
    return np.interp(at, np.arange(12), MONTHS, period=12)


def _calendar(dates: Column) -> Column:
    """What all shops share beside the season: paydays, and the days before feasts."""
    month = dates.astype("datetime64[M]")
    of_month = (dates - month.astype("datetime64[D]")).astype(np.int64) + 1
    of_year = month.astype(np.int64) % 12 + 1
    paid = np.array([PAID.get(day, HARD_UP if day >= 24 else 1.0) for day in range(32)])
    found = paid[of_month]
    found[(of_year == 7) & (of_month <= 8)] *= BONUS
    found[(of_year == 12) & (of_month >= 18)] *= BONUS
    is_holiday = holiday_mask(dates)
    found[:-1] *= np.where(is_holiday[1:] & ~is_holiday[:-1], EVE, 1.0)
    for year in _years(dates):
        christmas, new_year = date(year, 12, 25), date(year + 1, 1, 1)
        for feast in (holidays.fathers_day(year), christmas, new_year):
            found[_before(dates, feast, FEAST_DAYS)] *= FEAST
        found[_before(dates, holidays.mothers_day(year), FEAST_DAYS)] *= MOTHERS
    return found


def _before(dates: Column, feast: date, days: int) -> Column:
    day = np.datetime64(feast, "D")
    return (dates >= day - days) & (dates < day)


def _great(dates: Column) -> Column:
    days = [date(year, *day) for year in _years(dates) for day in sorted(holidays.GREAT)]
    return np.isin(dates, np.array(days, dtype="datetime64[D]"))


def _years(dates: Column) -> list[int]:
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    return np.unique(year).tolist()
