"""Argentina's public holidays, and the days people get their hair cut for.

A table of our own: the demo runs where nothing is installed that trains models, and its past must not change
with the version of a package. Bridge days, which a decree names each year, are not in it.
"""

from collections.abc import Iterable
from datetime import date, timedelta

FIXED = ((1, 1), (3, 24), (4, 2), (5, 1), (5, 25), (6, 20), (7, 9), (12, 8), (12, 25))
MOVABLE = ((6, 17), (8, 17), (10, 12), (11, 20))
BY_EASTER = (-48, -47, -2)  # days: Carnival's Monday and Tuesday, Good Friday
GREAT = frozenset({(1, 1), (5, 1), (12, 25)})
"""On these not even shopping centres open."""
SUNDAY = 6


def holidays(years: Iterable[int]) -> list[date]:
    """The public holidays of these years by Ley 27.399, in order."""
    found: set[date] = set()
    for year in years:
        found |= {date(year, month, day) for month, day in FIXED}
        found |= {_moved(date(year, month, day)) for month, day in MOVABLE}
        found |= {easter(year) + timedelta(days=days) for days in BY_EASTER}
    return sorted(found)


def fathers_day(year: int) -> date:
    """The third Sunday of June."""
    return _third_sunday(year, 6)


def mothers_day(year: int) -> date:
    """The third Sunday of October."""
    return _third_sunday(year, 10)


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _moved(day: date) -> date:
    """From Tuesday and Wednesday to the Monday before, from Thursday and Friday to the next."""
    shift = {1: -1, 2: -2, 3: 4, 4: 3}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def _third_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(SUNDAY - first.weekday()) % 7 + 14)
