"""From scores to confidence: how often what was recommended so was booked, by a logistic regression.

It is fitted on what came of the recommendations of one moment, and believed only if it holds on those of a later one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .blend import Model, Ranked
from .habits import HORIZON_DAYS, habits
from .past import Flags, Floats
from .rehearsal import Rehearsal

LEAST = 200
"""Recommendations with a known outcome, in either window, below which nothing is claimed."""
WORST_ERROR = 0.05
"""The expected calibration error above which confidence is not told."""
BINS = 10
RIDGE = 1.0
STEPS = 50


@dataclass(frozen=True, eq=False)
class Logistic:
    """Chances from standardised features."""

    mean: Floats
    spread: Floats
    weights: Floats
    """The constant first."""

    def chances(self, features: Floats) -> Floats:
        return _logistic(_with_constant((features - self.mean) / self.spread) @ self.weights)


@dataclass(frozen=True)
class Calibration:
    """How far confidence may be believed: measured on recommendations later than those it was fitted on."""

    horizon_days: int
    n: int
    """Recommendations judged."""
    ece: float
    """Expected calibration error, over ten bins of equal width."""
    auc: float
    """The chance that one that was booked had more confidence than one that was not."""

    @property
    def holds(self) -> bool:
        return self.n >= LEAST and self.ece <= WORST_ERROR


def calibrated(earlier: Rehearsal, later: Rehearsal) -> tuple[Logistic | None, Calibration | None]:
    """What gives confidence now, and how it stood the test; None where there is too little to tell, or it failed."""
    first = _fitted_on(earlier)
    if first is None or len(later.booked) < LEAST:
        return None, None
    said = first.chances(features(later.model, later.ranked))
    found = Calibration(
        horizon_days=HORIZON_DAYS,
        n=len(said),
        ece=round(expected_error(said, later.booked), 4),
        auc=round(ranking_power(said, later.booked), 4),
    )
    return (_fitted_on(later) if found.holds else None), found


def features(model: Model, recommended: Ranked) -> Floats:
    """What the chance of a booking depends on, a row a recommendation."""
    past, who = model.past, recommended.customer
    everything = np.zeros_like(past.customer)
    size = (len(past.chain.customers), 1)
    comes_back = habits(past.customer, everything, past.day, shape=size, at=past.at)
    return np.stack(
        [
            np.log(recommended.score),
            np.log1p(-np.minimum(recommended.parts, 0.999)).sum(axis=1),
            model.habits.chance[who, recommended.service],
            recommended.loyalty,
            comes_back.chance[who, 0],
            np.log1p(comes_back.times[who, 0]),
            1.0 / recommended.rank,
        ],
        axis=1,
    )


def logistic(features: Floats, outcome: Flags) -> Logistic:
    """The ridge logistic regression, by Newton's method."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    x = _with_constant((features - mean) / spread)
    penalty = RIDGE * np.diag([1e-9, *np.ones(x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = _logistic(x @ weights)
        slope = x.T @ (outcome - chance) - penalty @ weights
        curve = (x * (chance * (1.0 - chance))[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return Logistic(mean, spread, weights)


def expected_error(said: Floats, came: Flags) -> float:
    """How far what was said is from what came, on average over bins, each weighed by how often it was said."""
    which = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = np.bincount(which, said - came, BINS)
    return float(np.abs(gaps).sum() / len(said))


def ranking_power(said: Floats, came: Flags) -> float:
    """The area under the ROC curve: one half where what was said tells nothing. Ties count half."""
    _, tie, size = np.unique(said, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[tie]
    yes = int(came.sum())
    no = len(came) - yes
    if not yes or not no:
        return 0.5
    return float((rank[came].sum() - yes * (yes + 1) / 2) / (yes * no))


def _fitted_on(one: Rehearsal) -> Logistic | None:
    outcomes: Any = one.booked
    if len(outcomes) < LEAST or outcomes.all() or not outcomes.any():
        return None
    return logistic(features(one.model, one.ranked), outcomes)


def _logistic(value: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -35.0, 35.0)))


def _with_constant(x: Floats) -> Floats:
    return np.concatenate([np.ones((len(x), 1)), x], axis=1)
