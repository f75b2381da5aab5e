"""What services and products cost in which month: a steep inflation that calms down.

The rates are invented; their shape is Argentina's from 2023 on. All amounts are whole numbers.
"""

import numpy as np

from .catalogue import CENTAVOS
from .columns import Column

RATES: dict[int, tuple[int, ...]] = {
    2023: (580, 640, 740, 810, 790, 620, 640, 1_150, 1_230, 880, 1_240, 2_300),
    2024: (1_900, 1_280, 1_050, 860, 440, 450, 410, 400, 350, 280, 250, 270),
    2025: (230, 240, 340, 270, 170, 170, 190, 190, 200, 220, 230, 240),
}
"""By year, how much prices rise as each month begins, in basis points."""
SINCE_THEN, BEFORE_THAT = 210, 500
WHOLE = 10_000  # basis points
STEP = 50 * CENTAVOS  # what prices are rounded to


def by_month(current: Column, months: Column) -> Column:
    """[month, thing]: prices in minor units, where `current` are those of the last month.

    `months` are consecutive, as datetime64[M].
    """
    found = np.empty((len(months), len(current)), dtype=np.int64)
    found[-1] = current
    for at in range(len(months) - 1, 0, -1):
        # Rounded from the month after: a price never rises as time runs back.
        found[at - 1] = _rounded(found[at] * WHOLE, WHOLE + rate(months[at]))
    return found


def rate(month: np.datetime64) -> int:
    """How much prices rise as this month begins, in basis points."""
    years, of_year = divmod(int(month.astype("datetime64[M]").astype(np.int64)), 12)
    year = 1970 + years
    if year in RATES:
        return RATES[year][of_year]
    return SINCE_THEN if year > max(RATES) else BEFORE_THAT


def _rounded(numerator: Column, denominator: int) -> Column:
    """The quotient, to the nearest step, but no less than one."""
    return np.maximum((numerator + denominator * STEP // 2) // (denominator * STEP), 1) * STEP


class PriceList:
    """What things cost at any time up to now, in the order of `current`."""

    def __init__(self, current: Column, first: np.datetime64, now: np.datetime64) -> None:
        self._first = first.astype("datetime64[M]")
        months = np.arange(self._first, now.astype("datetime64[M]") + 1)
        self._prices = by_month(current, months)

    def at(self, local: Column, thing: Column) -> Column:
        """The price of each thing at its local time."""
        month = (local.astype("datetime64[M]") - self._first).astype(np.int64)
        return self._prices[np.clip(month, 0, len(self._prices) - 1), thing]
