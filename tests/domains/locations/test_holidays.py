"""Argentina's public holidays, against a calendar of one year and a package that knows decrees and provinces."""

from datetime import date

import pytest

from barberpro.domains.locations import holidays

# By Ley 27.399, without the three bridge days and the one holiday that decrees added.
OF_2026 = [
    date(2026, month, day)
    for month, day in (
        (1, 1), (2, 16), (2, 17), (3, 24), (4, 2), (4, 3), (5, 1), (5, 25), (6, 15), (6, 20),
        (7, 9), (8, 17), (10, 12), (11, 23), (12, 8), (12, 25),
    )
]  # fmt: skip


def test_the_holidays_of_a_year() -> None:
    assert holidays.national([2026]) == OF_2026


@pytest.mark.parametrize("year", range(2023, 2028))
def test_what_is_a_holiday_here_is_one_to_others(year: int) -> None:
    theirs = pytest.importorskip("holidays").country_holidays("AR", years=year)
    assert set(holidays.national([year])) <= set(theirs)


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1818, date(1818, 3, 22)),  # as early as it can be
        (2023, date(2023, 4, 9)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2038, date(2038, 4, 25)),  # as late as it can be
    ],
)
def test_easter_is_where_the_church_has_it(year: int, easter: date) -> None:
    assert holidays.easter(year) == easter


@pytest.mark.parametrize("province", "ABCDEFGHJKLMNPQRSTUVWXYZ")
def test_those_of_a_province_are_what_others_say(province: str) -> None:
    package = pytest.importorskip("holidays.countries.argentina")
    theirs = package.Argentina(years=2026, subdiv=province, language="es")
    assert holidays.of_province(province, 2026) == set(theirs) - A_VISIT


A_VISIT = {date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 11)}
"""Decreed for the visit of a pope: days of one year are for a shop's own exceptions, but for the bridge days."""
