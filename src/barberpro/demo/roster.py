"""Who works where on which day, and at which chair."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from barberpro.platform.text import fold

from . import growth, identifiers, names
from .columns import WEEK, Column, Columns, days, texts
from .growth import PREPARED_DAYS, Calendar

OFF = -1
IN_TWO = 0.12  # of the providers work at a second location too
LEFT = 0.03  # of them have left within the days that are told of
HIRED_DAYS = 50  # before they begin, at least: longer than anybody books ahead
FREE_DAYS = 1  # a week, beside those the shop is closed


@dataclass(frozen=True)
class Roster:
    """Every provider's week, as places in the lists of locations and providers."""

    home: Column
    second: Column
    """Another location, or OFF."""
    works: Column
    """[provider, weekday]: the location, or OFF."""
    seat: Column
    """[provider, weekday]: which of the location's chairs, counted from 0."""
    begins: Column
    """The first day on which each is there."""
    has_left: Column
    leaves: Column
    """The first day on which who has left is no longer there."""

    def chair_count(self, locations: int) -> Column:
        """The chairs each location needs on its fullest day; at least one."""
        count = np.ones(locations, dtype=np.int64)
        there = self.works != OFF
        np.maximum.at(count, self.works[there], self.seat[there] + 1)
        return count


def roster(
    rng: np.random.Generator, count: int, week: Column, opens: Column, calendar: Calendar
) -> Roster:
    """A week for each of `count` providers, in shops with these opening hours and opening days.

    In each work two at least, if they suffice.
    """
    locations = len(week)
    spread = rng.dirichlet(np.full(locations, 6.0))
    sure = np.tile(np.arange(locations), 2)[:count]
    home = np.concatenate([sure, rng.choice(locations, max(count - len(sure), 0), p=spread)])
    second = np.full(count, OFF)
    if locations > 1:
        two = rng.random(count) < IN_TWO
        second[two] = (home[two] + rng.integers(1, locations, two.sum())) % locations
    works = _weeks(rng, home, second, week[..., 1].any(axis=2))
    begins = growth.begins(rng, home, opens, len(sure), calendar)
    room = (calendar.today - np.maximum(begins, calendar.first)).astype(np.int64)
    leaves = calendar.today - (room * rng.uniform(0, 1, count)).astype(np.int64)
    has_left = rng.random(count) < LEFT
    has_left[: len(sure)] = False
    return Roster(home, second, works, _seats(works), begins, has_left, leaves)


def _weeks(rng: np.random.Generator, home: Column, second: Column, is_open: Any) -> Column:
    """Two days a week at the second shop, one free, the rest at home; none where it is closed."""
    order = np.argsort(rng.random((len(home), WEEK)), axis=1)  # each has another order of weekdays
    works = np.repeat(home[:, None], WEEK, axis=1)
    who = np.flatnonzero(second != OFF)
    for day in order[who, :2].T:
        works[who, day] = second[who]
    for day in order[:, WEEK - FREE_DAYS :].T:
        works[np.arange(len(home)), day] = OFF
    closed = ~is_open[works, np.arange(WEEK)]
    works[closed] = OFF
    return works


def _seats(works: Column) -> Column:
    """Each weekday, who is at a location gets its chairs in turn."""
    seats = np.zeros_like(works)
    for weekday in range(WEEK):
        here = works[:, weekday]
        order = np.argsort(here, kind="stable")
        begins = np.searchsorted(here[order], here[order])
        seats[order, weekday] = np.arange(len(here)) - begins
    return seats


def providers(rng: np.random.Generator, plan: Roster) -> Columns:
    """The providers, in the books for some time before they begin."""
    count = len(plan.home)
    created = plan.begins.astype("datetime64[us]") - days(
        rng.uniform(HIRED_DAYS, PREPARED_DAYS, count)
    )
    called = names.people(rng, count)
    return {
        "id": identifiers.made(rng, "prv", created),
        "name": called,
        "name_key": texts(fold(name) for name in called),
        "is_active": ~plan.has_left,
        "created_at": created,
    }


def provider_locations(
    rng: np.random.Generator, plan: Roster, locations: Columns, people: Columns
) -> Columns:
    """Who works where; one row a pair."""
    also = np.flatnonzero(plan.second != OFF)
    who = np.concatenate([np.arange(len(plan.home)), also])
    where = np.concatenate([plan.home, plan.second[also]])
    since = np.maximum(people["created_at"][who], locations["created_at"][where])
    return {
        "id": identifiers.made(rng, "pvl", since),
        "provider_id": people["id"][who],
        "location_id": locations["id"][where],
    }
