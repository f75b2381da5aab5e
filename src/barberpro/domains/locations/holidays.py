"""Argentina's public holidays by law: those of the nation, and of each province.

A table of our own: the library that knows them costs a process half a second to import, and a shop's calendar must not
change with the version of a package. A test compares the two. Bridge days are decreed from year to year, and stand
here by year; what a shop does on any other day is for an exception of its own.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

SATURDAY = 5
FIXED = ((1, 1), (3, 24), (4, 2), (5, 1), (5, 25), (6, 20), (7, 9), (12, 8), (12, 25))
MOVABLE = ((6, 17), (8, 17), (10, 12), (11, 20))
BY_EASTER = (-48, -47, -2)  # days: Carnival's Monday and Tuesday, Good Friday
BRIDGES = {2026: ((3, 23), (7, 10), (12, 7))}  # Ley 27.399, article 7
PROVINCIAL = {
    "A": ((2, 20), (6, 17), (9, 13), (9, 14), (9, 15)),
    "D": ((5, 3), (8, 25)),
    "E": ((2, 3), (6, 27), (9, 29)),
    "F": ((2, 16), (3, 1), (5, 20), (8, 4), (11, 12), (12, 31)),
    "J": ((9, 11),),
    "K": ((5, 11), (8, 25), (9, 7)),
    "M": ((7, 25),),
    "T": ((9, 24),),
    "U": ((4, 30), (7, 28), (11, 3), (12, 13)),
    "V": ((6, 1), (11, 25)),
    "W": ((8, 17),),
    "Y": ((4, 27), (8, 1), (8, 23), (10, 7), (11, 18)),
    "Z": ((8, 16), (10, 27), (12, 7)),
}
"""Beside the nation's, by the letter of ISO 3166-2:AR."""


@cache
def of_province(province: str, year: int) -> frozenset[date]:
    """The public holidays of a year in a province, bridge days among them."""
    own = (*PROVINCIAL.get(province, ()), *BRIDGES.get(year, ()))
    return frozenset(national([year])).union(date(year, month, day) for month, day in own)


def business_day(day: date, province: str) -> date:
    """That day, or the next one on which offices work: neither weekend nor public holiday in the province."""
    while day.weekday() >= SATURDAY or day in of_province(province, day.year):
        day += timedelta(days=1)
    return day


def national(years: Iterable[int]) -> list[date]:
    """The public holidays of these years in the whole country by Ley 27.399, in order; no bridge days."""
    found: set[date] = set()
    for year in years:
        found |= {date(year, month, day) for month, day in FIXED}
        found |= {_moved(date(year, month, day)) for month, day in MOVABLE}
        found |= {easter(year) + timedelta(days=days) for days in BY_EASTER}
    return sorted(found)


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
