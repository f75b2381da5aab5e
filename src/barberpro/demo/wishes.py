"""What people ask for when they come: at which shop, which service, and at what time of day."""

from dataclasses import dataclass

import numpy as np

from . import taste
from .cadence import Visits
from .columns import Column
from .customers import Crowd
from .season import weekdays
from .seating import FIRST_MINUTE, SLOT, SLOTS

AWAY = 0.04  # of the visits are at another shop than one's own
FLEXIBLE = 0.25  # rather go to somebody else than come on another day
FAITHFUL_TIME = 0.12  # how far people stray from their time of day, as a share of all customers
HOURS = (0.5, 0.7, 0.9, 1.1, 1.1, 0.8, 0.6, 0.7, 0.95, 1.25, 1.55, 1.5, 1.0, 0.5)
WEEKEND_HOURS = (0.6, 1.0, 1.4, 1.6, 1.5, 1.1, 0.9, 1.0, 1.1, 1.1, 1.0, 0.8, 0.5, 0.3)
"""How much each hour is wanted, from the earliest at which a shop may open."""
SATURDAY = 5


@dataclass(frozen=True)
class Wishes:
    """One value a visit: numbers of people, shops, services, days from the first, and slots of a day."""

    person: Column
    location: Column
    service: Column
    day: Column
    slot: Column
    is_flexible: Column
    waited: Column

    def take(self, which: Column) -> "Wishes":
        """Some of them, in this order."""
        return Wishes(**{name: column[which] for name, column in vars(self).items()})


def wishes(
    rng: np.random.Generator, people: Crowd, visits: Visits, wanted: Column, dates: Column
) -> Wishes:
    """A wish for each visit. `wanted` is [shop, day]; nobody asks for a shop that is shut."""
    count = len(visits.person)
    home = people.home[visits.person]
    other = (home + rng.integers(0, max(len(wanted) - 1, 1), count) + 1) % len(wanted)
    goes = (rng.random(count) < AWAY) & (wanted[other, visits.day] > 0)
    return Wishes(
        person=visits.person,
        location=np.where(goes, other, home),
        service=taste.asked(rng, people.taste, visits.person),
        day=visits.day,
        slot=_slots(rng, people.daytime[visits.person], weekdays(dates[visits.day])),
        is_flexible=rng.random(count) < FLEXIBLE,
        waited=visits.waited,
    )


def _slots(rng: np.random.Generator, daytime: Column, weekday: Column) -> Column:
    """The slot people ask for: early or late as they like it, but hours are wanted as they are."""
    at = np.abs(daytime + rng.normal(0, FAITHFUL_TIME, len(daytime)))
    at = np.where(at > 1, 2 - at, at)  # reflected at both ends, all times stay as likely
    found = np.empty(len(at), dtype=np.int64)
    for profile, here in ((HOURS, weekday < SATURDAY), (WEEKEND_HOURS, weekday >= SATURDAY)):
        found[here] = np.searchsorted(_until(profile), at[here], side="right")
    return np.minimum(found, SLOTS - 1)


def _until(profile: tuple[float, ...]) -> Column:
    of_slot = np.repeat(profile, 60 // SLOT)
    if len(of_slot) != SLOTS:
        raise ValueError(f"from minute {FIRST_MINUTE} on there are {SLOTS} slots")
    return np.cumsum(of_slot) / of_slot.sum()
