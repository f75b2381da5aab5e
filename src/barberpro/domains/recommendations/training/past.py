"""What the model learns from, as arrays: who booked what, where and with whom, when; and what can be booked now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NOWHERE = -1
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, eq=False)
class Chain:
    """The organization today. Things are numbered in the order of their ids."""

    customers: list[str]
    homes: Ints
    """Each customer's home location; NOWHERE where they have none, or it has closed."""
    services: list[str]
    """Those that were ever booked, or can be."""
    offered: Flags
    """Whether each service can be booked."""
    locations: list[str]
    is_open: Flags
    """Whether each location takes bookings."""
    seats: list[tuple[str, str]]
    """Who works, or once worked, where: ids of provider and location."""
    seat_locations: Ints
    is_staffed: Flags
    """Whether each seat can be booked: that provider, active, at that location, open."""


@dataclass(frozen=True, eq=False)
class Past:
    """What took place before a moment, the oldest first: one number a booking in each array."""

    chain: Chain
    at: float
    """The moment, in days since 1970."""
    customer: Ints
    service: Ints
    seat: Ints
    day: Floats
    """When each began, in days since 1970."""

    @cached_property
    def location(self) -> Ints:
        return self.chain.seat_locations[self.seat]

    def before(self, at: float) -> "Past":
        """The past as it was known at an earlier moment."""
        return self._of(self.day < at, at)

    def since(self, at: float, until: float) -> "Past":
        """Only what began from one moment until another."""
        return self._of((self.day >= at) & (self.day < until), until)

    def _of(self, kept: Flags, at: float) -> "Past":
        return replace(
            self,
            at=at,
            customer=self.customer[kept],
            service=self.service[kept],
            seat=self.seat[kept],
            day=self.day[kept],
        )


@dataclass(frozen=True, eq=False)
class Opinions:
    """Ratings, the oldest first: one number a rating in each array."""

    customer: Ints
    provider: list[str]
    score: Floats
    day: Floats


@dataclass(frozen=True)
class Sources:
    """Rows as they were read: see `reading.py` for their columns."""

    customers: Iterable[Any]
    services: Iterable[Any]
    locations: Iterable[Any]
    seats: Iterable[Any]
    bookings: Iterable[Any]
    ratings: Iterable[Any]


def arrays(sources: Sources, at: datetime) -> tuple[Past, Opinions]:
    """The rows as numbers. Whatever order rows came in, the same rows give the same arrays."""
    homes = dict(map(tuple, sources.customers))
    offered = dict(map(tuple, sources.services))
    is_open = dict(map(tuple, sources.locations))
    bookings = sorted(map(tuple, sources.bookings), key=lambda row: (row[-1], row[0]))
    staffed = {(provider, location) for provider, location in sources.seats if is_open[location]}
    seats = sorted(staffed | {(row[3], row[4]) for row in bookings})
    asked_for = {row[2] for row in bookings}
    services = sorted(each for each, is_on in offered.items() if is_on or each in asked_for)
    customers, locations = sorted(homes), sorted(is_open)
    of_customer, of_service, of_location, of_seat = map(
        _numbers, (customers, services, locations, seats)
    )
    chain = Chain(
        customers=customers,
        homes=_ints(of_location[homes[c]] if is_open.get(homes[c]) else NOWHERE for c in customers),
        services=services,
        offered=np.array([offered[s] for s in services], dtype=bool),
        locations=locations,
        is_open=np.array([is_open[each] for each in locations], dtype=bool),
        seats=seats,
        seat_locations=_ints(of_location[location] for _, location in seats),
        is_staffed=np.array([seat in staffed for seat in seats], dtype=bool),
    )
    past = Past(
        chain=chain,
        at=_day(at),
        customer=_ints(of_customer[row[1]] for row in bookings),
        service=_ints(of_service[row[2]] for row in bookings),
        seat=_ints(of_seat[row[3], row[4]] for row in bookings),
        day=np.array([_day(row[5]) for row in bookings], dtype=float),
    )
    ratings = sorted(map(tuple, sources.ratings), key=lambda row: (row[-1], row[0]))
    opinions = Opinions(
        customer=_ints(of_customer[row[1]] for row in ratings),
        provider=[row[2] for row in ratings],
        score=np.array([row[3] for row in ratings], dtype=float),
        day=np.array([_day(row[4]) for row in ratings], dtype=float),
    )
    return past, opinions


def fingerprint(past: Past, opinions: Opinions) -> str:
    """A hash of all that was learned from, but the moment: the same rows give the same one."""
    digest = sha256()
    chain = past.chain
    for names in (chain.customers, chain.services, chain.locations, opinions.provider):
        digest.update("\n".join(names).encode())
    digest.update("\n".join(map(" ".join, chain.seats)).encode())
    for array in (
        chain.homes, chain.offered, chain.is_open, chain.is_staffed,
        past.customer, past.service, past.seat, past.day,
        opinions.customer, opinions.score, opinions.day,
    ):  # fmt: skip
        digest.update(array.tobytes())
    return digest.hexdigest()


def instant(day: float) -> datetime:
    """The moment of a number of days since 1970, to the second."""
    return datetime.fromtimestamp(round(day * SECONDS_A_DAY), UTC)


def _day(moment: datetime) -> float:
    return moment.timestamp() / SECONDS_A_DAY


def _numbers(things: list[Any]) -> Mapping[Any, int]:
    return {thing: number for number, thing in enumerate(things)}


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int64)
