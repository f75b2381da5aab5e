"""Who sits in the chair: customers, how often they come, and which of them takes which place."""

from dataclasses import dataclass

import numpy as np

from barberpro.platform.text import fold

from . import identifiers, names
from .columns import Column, Columns, seconds, texts

AWAY = 0.04  # of the bookings are made at another shop than one's own
REGULARS = (
    0.6  # of the customers were there before the first day; the others come as the days go by
)
EVENNESS = 1.6  # of how often they come; the higher, the more alike
ROUNDS = 100
PATIENT = 12  # rounds in which people keep to their own shop, unless they like


@dataclass(frozen=True)
class Crowd:
    """The customers before anybody booked.

    Their shops, in order; how often they come; and from which day on.
    """

    home: Column
    appetite: Column
    comes: Column


def crowd(
    rng: np.random.Generator,
    count: int,
    plan_home: Column,
    locations: int,
    first: np.datetime64,
    length: int,
) -> Crowd:
    """So many customers, where the providers are; at least one for each shop."""
    sure = np.arange(locations)[:count]
    home = np.sort(np.concatenate([sure, rng.choice(plan_home, count - len(sure))]))
    later = np.where(rng.random(count) < REGULARS, 0, rng.integers(0, length, count))
    return Crowd(home, rng.gamma(EVENNESS, size=count), first + later)


def assigned(rng: np.random.Generator, people: Crowd, location: Column, day: Column) -> Column:
    """A customer for each booking, mostly one of the shop's own.

    None twice on a day and none before they came: who does not fit is drawn again, until all do.
    """
    draw = _Lots(people, rng)
    customer = np.zeros(len(location), dtype=np.int64)
    open_ = np.arange(len(location))
    for turn in range(ROUNDS):
        customer[open_] = draw(location[open_], away=AWAY if turn < PATIENT else 1.0)
        open_ = _misfits(people, customer, day)
        if not len(open_):
            return customer
    raise ValueError(f"{len(people.home)} customers are too few for {len(location)} bookings")


class _Lots:
    """Draws customers by how often they come, of one shop or of all."""

    def __init__(self, people: Crowd, rng: np.random.Generator) -> None:
        self._rng = rng
        self._until = np.concatenate([[0.0], np.cumsum(people.appetite)])
        self._home = people.home

    def __call__(self, location: Column, *, away: float) -> Column:
        begin = self._until[np.searchsorted(self._home, location)]
        end = self._until[np.searchsorted(self._home, location, side="right")]
        anywhere = (self._rng.random(len(location)) < away) | (begin == end)
        begin, end = np.where(anywhere, 0.0, begin), np.where(anywhere, self._until[-1], end)
        point = begin + self._rng.random(len(location)) * (end - begin)
        return np.minimum(
            np.searchsorted(self._until, point, side="right") - 1, len(self._home) - 1
        )


def _misfits(people: Crowd, customer: Column, day: Column) -> Column:
    """The bookings whose customer is booked that day already, or had not come yet."""
    at = customer * int(day.max(initial=0).astype(np.int64) + 1) + day.astype(np.int64)
    order = np.argsort(at, kind="stable")
    again = np.diff(at[order]) == 0
    return np.union1d(order[1:][again], np.flatnonzero(day < people.comes[customer]))


def customers(
    rng: np.random.Generator, people: Crowd, locations: Columns, customer: Column, booked: Column
) -> Columns:
    """The customers, registered when they first booked; who never did, on the day they came.

    `booked` is when each booking was made, and `customer` by whom.
    """
    count = len(people.home)
    created = people.comes.astype("datetime64[us]")
    never = np.ones(count, dtype=bool)
    never[customer] = False
    created[~never] = np.datetime64("9999-01-01", "us")
    np.minimum.at(created, customer, booked)
    created = created - seconds(rng.integers(20, 600, count))
    called = names.people(rng, count)
    return {
        "id": identifiers.made(rng, "cus", created),
        "name": called,
        "name_key": texts(fold(name) for name in called),
        "home_location_id": locations["id"][people.home],
        "created_at": created,
    }
