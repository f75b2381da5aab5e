"""What was booked where, counted and not smoothed: what may be said of a location, and of a customer there."""

from dataclasses import dataclass

import numpy as np

from .habits import HALF_LIFE_DAYS
from .past import Flags, Floats, Ints, Past

ENOUGH = 30
"""Bookings below which nothing is said of what is popular at a location."""
TOP = 3
"""So many services are among the most booked."""


@dataclass(frozen=True, eq=False)
class Places:
    """The counts of a past. Services that are not offered any more are not among the most booked."""

    share: Floats
    """Each service's (column) share of the recent bookings at each location (row); 0 where too few were ever made."""
    is_top_there: Flags
    """Whether it is among the most booked at that location; of none where too few were made."""
    is_top: Flags
    """Whether each service is among the most booked of all locations together."""
    shape: tuple[int, int]
    """Locations and services."""
    visit: Ints
    """Who booked what where: `(customer * services + service) * locations + location`, sorted, each once."""
    visit_is_only: Flags
    """Whether that customer booked that service nowhere else."""

    def is_only_there(self, customer: Ints, service: Ints, location: Ints) -> Flags:
        """Whether each customer booked that service, and only at that location."""
        locations, services = self.shape
        asked = (customer * services + service) * locations + location
        if not len(self.visit):
            return np.zeros(len(asked), dtype=bool)
        at = np.minimum(np.searchsorted(self.visit, asked), len(self.visit) - 1)
        return (self.visit[at] == asked) & self.visit_is_only[at]


def places(past: Past) -> Places:
    """Count a past."""
    offered = past.chain.offered
    shape = locations, services = len(past.chain.locations), len(past.chain.services)
    there = past.location * services + past.service
    times = np.bincount(there, minlength=locations * services).reshape(shape)
    weight = 0.5 ** ((past.at - past.day) / HALF_LIFE_DAYS)
    recent = np.bincount(there, weight, locations * services).reshape(shape)
    is_enough = times.sum(axis=1, keepdims=True) >= ENOUGH
    pair = past.customer * services + past.service
    visit = np.unique(pair * locations + past.location)
    _, which, different = np.unique(visit // locations, return_inverse=True, return_counts=True)
    return Places(
        share=np.where(is_enough, recent, 0.0)
        / np.maximum(recent.sum(axis=1, keepdims=True), 1e-12),
        is_top_there=_top(times * offered) & is_enough,
        is_top=_top(times.sum(axis=0, keepdims=True) * offered)[0],
        shape=shape,
        visit=visit,
        visit_is_only=different[which] == 1,
    )


def _top(times: Ints) -> Flags:
    """The most booked of each row, of those booked at all; ties go to what was there first."""
    best = np.argsort(-times, axis=1, kind="stable")[:, :TOP]
    found = np.zeros(times.shape, dtype=bool)
    np.put_along_axis(found, best, values=True, axis=1)
    return found & (times > 0)
