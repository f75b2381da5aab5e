"""How much an hour is wanted: the rhythm of the week and of the day, and what lies far ahead."""

import numpy as np

from .columns import WEEK, Column

WEEKDAYS = np.array([0.55, 0.7, 0.8, 1.0, 1.45, 1.75, 0.9])  # Monday first
MORNING = (*[0.2] * 7, 0.4, 0.6, 0.75, 0.95, 1.05)
AFTERNOON = (0.95, 0.7, 0.6, 0.7, 0.9, 1.25, 1.55, 1.5, 1.1, 0.7, 0.4, 0.2)
HOURS = np.array(MORNING + AFTERNOON)
LOOKS_AHEAD = 8.0
"""Days after which what is booked already has fallen to a third."""
UNLIKE = 0.35  # how much shops and providers differ in how much they are wanted


def wanted(
    rng: np.random.Generator,
    *,
    day: Column,
    minute: Column,
    ahead: Column,
    location: Column,
    provider: Column,
) -> Column:
    """The weight of each of many hours beside the others.

    `day` is the date in the location's zone, `ahead` the days from the anchor day on, negative
    before it.
    """
    of_location = rng.lognormal(0, UNLIKE, location.max(initial=0) + 1)
    of_provider = rng.lognormal(0, UNLIKE, provider.max(initial=0) + 1)
    rhythm = WEEKDAYS[weekdays(day)] * HOURS[minute // 60]
    return (
        rhythm
        * of_location[location]
        * of_provider[provider]
        * np.exp(-np.maximum(ahead, 0) / LOOKS_AHEAD)
    )


def weekdays(day: Column) -> Column:
    """Monday is 0; the first of January 1970 was a Thursday."""
    return (day.astype("datetime64[D]").astype(np.int64) + 3) % WEEK
