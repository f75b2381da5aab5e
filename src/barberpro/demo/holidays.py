"""The days people get their hair cut for, and those on which no shop opens.

The public holidays themselves are the product's (`domains/locations/holidays.py`), without bridge days, which a decree
names each year.
"""

from datetime import date, timedelta

GREAT = frozenset({(1, 1), (5, 1), (12, 25)})
"""On these not even shopping centres open."""
SUNDAY = 6


def fathers_day(year: int) -> date:
    """The third Sunday of June."""
    return _third_sunday(year, 6)


def mothers_day(year: int) -> date:
    """The third Sunday of October."""
    return _third_sunday(year, 10)


def _third_sunday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(SUNDAY - first.weekday()) % 7 + 14)
