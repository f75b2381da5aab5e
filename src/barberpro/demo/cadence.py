"""When people come: each at a pace of their own, on days the more likely the more they are wanted.

Each person's visits are a renewal process in operational time: a shop's clock that runs fast on days that are
wanted and stands still when it is shut. So everyone keeps a rhythm, and all together have the shop's seasons.
"""

import math
from dataclasses import dataclass

import numpy as np

from .columns import Column
from .customers import Crowd

BOOKED_AHEAD = 3  # days of visits to come are booked already, if all that are were in a row
LEAST_GAP = 0.55  # of a person's usual gap: nobody comes again sooner
SPARE, SPARE_AT_LEAST = 1.06, 6.0
"""More visits are made than bookings are needed, by a share and by some standard deviations: some find no
place, and those too many are left out."""


@dataclass(frozen=True)
class Visits:
    """Who comes on which day, in the order of days; both are numbers, days count from the first.

    `waited` is the days since the same person's last visit, 0 on the first.
    """

    person: Column
    day: Column
    waited: Column


def visits(
    rng: np.random.Generator, people: Crowd, wanted: Column, today: int, count: int
) -> Visits:
    """Somewhat more visits than `count`, if the people's rhythm is bent to it, and those of later days.

    `wanted` is [shop, day], what `season` tells; of the visits from the day `today` on few are
    booked by then. Where the number of people does not suit the
    number of bookings, all of them come more often, or less often, than they usually would.
    """
    clock = np.concatenate([np.zeros((len(wanted), 1)), np.cumsum(wanted, axis=1)], axis=1)
    begin, end = clock[people.home, people.comes], clock[people.home, people.leaves]
    until = np.maximum(np.minimum(people.leaves, today + BOOKED_AHEAD), people.comes)
    known = clock[people.home, until]
    gap = people.gap * _bend(
        people, begin, known, count * SPARE + SPARE_AT_LEAST * math.sqrt(count)
    )
    # Who was there before the first day is somewhere between two visits.
    phase = np.where(people.comes == 0, gap * rng.random(len(gap)), 0.0)
    most = int(np.max((end - begin) / (gap * LEAST_GAP), initial=0)) + 1
    jitter = rng.normal(0, 1, (len(gap), most)) * people.unevenness[:, None]
    steps = gap[:, None] * np.maximum(np.exp(jitter), LEAST_GAP)
    steps[:, 0] = phase
    at = begin[:, None] + np.cumsum(steps, axis=1)
    at[people.comes_once, 1:] = np.inf
    person, _ = np.nonzero(at < end[:, None])
    day = _days(clock, people.home[person], at[at < end[:, None]])
    waited = np.diff(day, prepend=0) * (np.diff(person, prepend=-1) == 0)
    order = np.argsort(day, kind="stable")
    return Visits(person[order], day[order], waited[order])


def _bend(people: Crowd, begin: Column, end: Column, visits: float) -> float:
    """By how much to stretch all gaps for so many visits to be expected."""
    usual = ((end - begin) / people.gap)[~people.comes_once].sum()
    once = np.count_nonzero(people.comes_once & (end > begin))
    # Who begins within the days has one more visit than gaps.
    first = np.count_nonzero(~people.comes_once & (people.comes > 0) & (end > begin)) / 2
    return float(usual / max(visits - once - first, visits / 4))


def _days(clock: Column, shop: Column, at: Column) -> Column:
    """The day on which each shop's clock shows a time; never one on which it stands still."""
    found = np.empty(len(at), dtype=np.int64)
    order = np.argsort(shop, kind="stable")
    bounds = np.searchsorted(shop[order], np.arange(len(clock) + 1))
    for each in range(len(clock)):
        here = order[bounds[each] : bounds[each + 1]]
        found[here] = np.searchsorted(clock[each], at[here], side="right") - 1
    return found
