"""Argentina's public holidays, against a calendar of one year and a package that knows the decrees."""

from datetime import date

import pytest

from barberpro.demo import holidays

# By Ley 27.399, without the three bridge days and the one holiday that decrees added.
OF_2026 = [
    date(2026, month, day)
    for month, day in (
        (1, 1), (2, 16), (2, 17), (3, 24), (4, 2), (4, 3), (5, 1), (5, 25), (6, 15), (6, 20),
        (7, 9), (8, 17), (10, 12), (11, 23), (12, 8), (12, 25),
    )
]  # fmt: skip


def test_the_holidays_of_a_year() -> None:
    assert holidays.holidays([2026]) == OF_2026


@pytest.mark.parametrize("year", range(2023, 2028))
def test_what_is_a_holiday_here_is_one_to_others(year: int) -> None:
    theirs = pytest.importorskip("holidays").country_holidays("AR", years=year)
    assert set(holidays.holidays([year])) <= set(theirs)


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


def test_mothers_and_fathers_have_the_third_sunday() -> None:
    assert holidays.fathers_day(2026) == date(2026, 6, 21)
    assert holidays.mothers_day(2026) == date(2026, 10, 18)
    assert holidays.fathers_day(2025) == date(2025, 6, 15)  # the month begins on a Sunday
