"""The 80 % interval: how far forecasts like this one missed before (split conformal prediction).

Errors are put on one scale first, the square root of the mean, as a count varies: so busy days get wide intervals and
quiet days narrow ones. The interval ends at the 10th and 90th percentile of those errors, with the correction for a
small sample (Angelopoulos and Bates, A Gentle Introduction to Conformal Prediction, 2021). It always holds the mean.
"""

from dataclasses import dataclass

import numpy as np

from .series import Flags, Floats

LEVEL = 0.8
TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class Band:
    """How far below and above the mean, in units of a day's scale."""

    below: float
    above: float

    @classmethod
    def of(cls, errors: Floats) -> "Band":
        """From scaled errors, actual minus forecast. With fewer than nine the largest of them bound it."""
        ordered = np.sort(errors)
        reach = min(int(np.ceil((len(ordered) + 1) * (1 - TAIL))), len(ordered))
        return cls(max(0.0, -float(ordered[-reach])), max(0.0, float(ordered[reach - 1])))

    def around(self, mean: Floats, unit: Floats, closed: Flags) -> tuple[Floats, Floats]:
        """Lower and upper ends, nothing on closed days; `unit` is what one booking amounts to on each day."""
        size = np.where(closed, 0.0, scale(mean, unit))
        return np.maximum(0.0, mean - self.below * size), mean + self.above * size


def scale(mean: Floats, unit: Floats) -> Floats:
    """How much a day with this mean may be expected to vary: the root of its bookings, at least of one."""
    safe = np.where(unit > 0, unit, 1.0)
    return safe * np.sqrt(np.maximum(mean / safe, 1.0))
