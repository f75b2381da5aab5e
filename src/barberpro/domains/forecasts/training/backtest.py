"""How well a model would have done: forecasts from origins in the past, each knowing only the days before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import scores
from .bands import Band, scale
from .days import Occasion
from .scores import Scores
from .series import WEEK, Flags, Floats, Series, Shop, closed_ahead, weekdays
from .takings import takings, tickets

ORIGINS = 3

Predict = Callable[[Series, int, Sequence[Occasion]], Floats]
"""Bookings a day for so many days after a series, were the shop open on all of them."""


@dataclass(frozen=True)
class Fold:
    """What was foretold from one origin, and what came; a value a day."""

    at: int
    """The day in the series with which it begins."""
    mean: Floats
    actual: Floats
    naive: Floats
    unit: Floats
    """What one booking amounts to."""
    open: Flags
    closed: Flags
    """Foretold to be closed."""
    learned: Floats
    """The days before the origin, and which of them are usable."""
    usable: Flags

    @property
    def errors(self) -> Floats:
        """Actual minus forecast on open days, in units of each day's scale."""
        return ((self.actual - self.mean) / scale(self.mean, self.unit))[self.open]

    def inside(self, band: Band) -> Flags:
        """Which open days lie within the intervals that the band gives."""
        lower, upper = band.around(self.mean, self.unit, self.closed)
        return ((lower <= self.actual) & (self.actual <= upper))[self.open]


def folds(
    series: Series, known: Sequence[Occasion], predict: Predict, *, horizon: int, shortest: int
) -> list[Fold]:
    """From up to three origins a horizon apart, the oldest first, each after at least `shortest` days."""
    made = []
    for back in range(min(ORIGINS, (len(series) - shortest) // horizon), 0, -1):
        at = len(series) - back * horizon
        before, days = series.until(at), slice(at, at + horizon)
        closed = closed_ahead(before, known, horizon)
        made.append(
            Fold(
                at=at,
                mean=np.where(closed, 0.0, predict(before, horizon, known)),
                actual=series.counts[days],
                naive=_naive(before, horizon),
                unit=np.ones(horizon),
                open=series.usable[days],
                closed=closed,
                learned=before.counts,
                usable=before.usable,
            )
        )
    return made


def in_money(fold: Fold, shop: Shop, series: Series) -> Fold:
    """The same of takings: forecasts at the prices known at the origin, against what was agreed."""
    first = series.first.toordinal()
    ticket = tickets(shop, first + fold.at)
    unit = ticket[weekdays(series.day(fold.at), len(fold.mean))]
    agreed = takings(shop, first, len(series))
    before = replace(series, counts=agreed[: fold.at], usable=fold.usable)
    return replace(
        fold,
        mean=fold.mean * unit,
        actual=agreed[fold.at : fold.at + len(unit)],
        naive=_naive(before, len(unit)),
        unit=unit,
        # At one price level, for steps in cheaper money would be too small to measure errors by.
        learned=fold.learned * ticket[weekdays(series.first, fold.at)],
    )


def scored(told: Sequence[Fold]) -> Scores:
    """All folds together. MASE is the mean of theirs, since each has days of its own to be measured by."""
    actual, mean, naive = (
        np.concatenate([getattr(fold, name)[fold.open] for fold in told])
        for name in ("actual", "mean", "naive")
    )
    each = [scores.mase((f.actual - f.mean)[f.open], f.learned, f.usable) for f in told]
    known = [one for one in each if one is not None]
    made, naively = scores.mean_absolute(actual - mean), scores.mean_absolute(actual - naive)
    return Scores(
        horizon_days=len(told[0].mean),
        origins=len(told),
        mase=float(np.mean(known)) if known else None,
        wape=scores.wape(actual, mean),
        smape=scores.smape(actual, mean),
        bias=scores.bias(actual, mean),
        coverage80=_coverage(told),
        vs_seasonal_naive=None if made is None or naively is None else scores.part(made, naively),
    )


def errors(told: Sequence[Fold]) -> Floats:
    """The scaled errors of all folds."""
    return np.concatenate([np.zeros(0), *(fold.errors for fold in told)])


def band_of_others(told: Sequence[Fold], fold: Fold) -> Band | None:
    """A band that knows nothing of this fold's errors; None where no other fold has any."""
    others = errors([other for other in told if other is not fold])
    return Band.of(others) if len(others) else None


def _coverage(told: Sequence[Fold]) -> float | None:
    """Each fold within a band made of the errors of the others."""
    inside = [
        fold.inside(band) for fold in told if (band := band_of_others(told, fold)) is not None
    ]
    return float(np.concatenate(inside).mean()) if sum(map(len, inside)) else None


def _naive(before: Series, horizon: int) -> Floats:
    """The last known day of each weekday on which the shop was open, over and over."""
    found = np.zeros(WEEK)
    for day in range(WEEK):
        of_day = np.flatnonzero((before.weekday == day) & before.usable)
        if len(of_day):
            found[day] = before.counts[of_day[-1]]
    return found[weekdays(before.day(len(before)), horizon)]
