"""The days people get their hair cut for."""

from datetime import date

from barberpro.demo import holidays


def test_mothers_and_fathers_have_the_third_sunday() -> None:
    assert holidays.fathers_day(2026) == date(2026, 6, 21)
    assert holidays.mothers_day(2026) == date(2026, 10, 18)
    assert holidays.fathers_day(2025) == date(2025, 6, 15)  # the month begins on a Sunday
