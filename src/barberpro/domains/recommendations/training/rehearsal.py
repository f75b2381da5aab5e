"""The model as it would have been some time ago, and what came of its recommendations.

Only bookings are as they were then. Who works where, customers' homes and the catalogue are today's, for their past is
not kept: what a rehearsal measures is a little off where those have changed since.
"""

from dataclasses import dataclass

from .blend import Model, Ranked, fitted, ranked
from .judging import after, was_booked
from .past import Flags, Past


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What was recommended at a moment of the past, by a model that knew nothing of what came after."""

    model: Model
    ranked: Ranked
    came: Past
    """What took place within the horizon."""
    booked: Flags
    """Whether each recommendation was booked within the horizon."""


def rehearse(past: Past, days_ago: float) -> Rehearsal:
    """Learn from what was known so many days ago, and look at what came."""
    at = past.at - days_ago
    model = fitted(past.before(at))
    recommended, came = ranked(model), after(past, at)
    return Rehearsal(model, recommended, came, was_booked(recommended, came))
