"""How good a forecast was. Definitions as in Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.8.

Measures that would divide by nothing have no value: None, never a made-up number.
"""

from dataclasses import dataclass

import numpy as np

from .series import WEEK, Flags, Floats


@dataclass(frozen=True)
class Scores:
    """What a backtest found, over all its days on which the shop was open."""

    horizon_days: int
    origins: int
    mase: float | None
    """Mean absolute error, by that of "as a week before" over the days learned from."""
    wape: float | None
    """Sum of absolute errors by the sum of what came."""
    smape: float | None
    """Mean of 2|e| / (|actual| + |forecast|), from 0 to 2; a day on which both are nothing counts as 0."""
    bias: float | None
    """Sum of forecast minus actual, by the sum of what came: above zero is too much."""
    coverage80: float | None
    """The part of days within the 80 % interval, made without the errors of those days' own origin."""
    vs_seasonal_naive: float | None
    """Mean absolute error, by that of repeating the last week known, on the same days."""


def part(numerator: float, denominator: float) -> float | None:
    """A quotient where it has a value."""
    return float(numerator / denominator) if denominator > 0 else None


def mean_absolute(errors: Floats) -> float | None:
    return float(np.abs(errors).mean()) if len(errors) else None


def mase(errors: Floats, learned: Floats, usable: Flags) -> float | None:
    """`learned` are the days before the origin; pairs a week apart count where both are usable."""
    both = usable[WEEK:] & usable[:-WEEK]
    steps = mean_absolute((learned[WEEK:] - learned[:-WEEK])[both])
    made = mean_absolute(errors)
    return part(made, steps) if made is not None and steps is not None else None


def wape(actual: Floats, forecast: Floats) -> float | None:
    return part(np.abs(forecast - actual).sum(), np.abs(actual).sum())


def smape(actual: Floats, forecast: Floats) -> float | None:
    if not len(actual):
        return None
    size = np.abs(actual) + np.abs(forecast)
    return float(np.mean(2 * np.abs(forecast - actual) / np.where(size > 0, size, 1.0)))


def bias(actual: Floats, forecast: Floats) -> float | None:
    total = np.abs(actual).sum()
    return float((forecast - actual).sum() / total) if total > 0 else None
