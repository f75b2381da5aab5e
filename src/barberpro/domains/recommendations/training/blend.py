"""The ranking: the customer's own habits, what goes with them, and what is popular; times with whom and where.

    score = (1 − (1 − own·O) (1 − together·T) (1 − popular·P)) × (loyal·L + near·N)

O is the chance that the customer's own habit gives (`habits.py`), T what EASE says from the other services they book,
P the service's share at the location: any of the three may bring the booking about. L grows with the customer's
bookings with that provider there, N is the provider's share of the service at a location in reach.

Nothing is divided by a total over the customer's bookings. So all their bookings of one service, or with one provider,
speak only for what they are cited for, and without them that scores lower (T is cut off at 0 and just below 1; what
was learned from everybody is held fixed in this). And weight moves from popularity to the customer's own by evidence,
slowly and by itself, for O, T and L grow from zero with each booking.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from barberpro.domains.recommendations.service import MOST

from .ease import item_weights
from .habits import HALF_LIFE_DAYS, Habits, habits
from .past import NOWHERE, Flags, Floats, Ints, Past

AT_ONCE = 2_000  # customers ranked together: bounds memory, changes no result
SHARE_PRIOR = 20.0
"""Recent bookings that a location, or a service there, needs to weigh as much as what is true more widely."""
SUREST = 0.99
"""What goes with it never makes a booking quite certain: else nothing more could speak for it."""
AWAY = 0.5
"""What a location that is visited weighs at most, against home."""


@dataclass(frozen=True)
class Weights:
    """How much each part counts."""

    own: float
    together: float
    popular: float
    loyal: float
    near: float


BLEND = Weights(own=1.0, together=1.0, popular=0.1, loyal=1.0, near=0.3)
"""Chosen on a temporal backtest; see src/DECISIONS.md, and `scripts/evaluate recommendations` to check."""


@dataclass(frozen=True, eq=False)
class Model:
    """All that was learned from a past."""

    past: Past
    habits: Habits
    """Of customers (rows) with services (columns)."""
    together: Floats
    """How strongly each service (row) speaks for each other (column)."""
    everywhere: Floats
    """Each service's share of all recent bookings."""
    popular: Floats
    """The same at each location (row), smoothed by that."""
    share: Floats
    """Each seat's (row) share of the recent bookings of each service (column) at its location, of those staffed."""
    pair: Ints
    """Who was with whom: `customer * seats + seat`, sorted, each once."""
    pair_times: Floats
    pair_recent: Floats


@dataclass(frozen=True, eq=False)
class Ranked:
    """What is recommended: one number a recommendation in each array, by customer and rank."""

    customer: Ints
    service: Ints
    seat: Ints
    rank: Ints
    """From 1."""
    score: Floats
    parts: Floats
    """What own, together and popular (columns) gave to the service's part of the score."""
    loyalty: Floats
    """How much the customer's own bookings with that provider there weigh, from 0 to 1."""


def fitted(past: Past) -> Model:
    """Learn from a past."""
    chain = past.chain
    own = habits(
        past.customer,
        past.service,
        past.day,
        shape=(len(chain.customers), len(chain.services)),
        at=past.at,
    )
    seats = len(chain.seats)
    weight = 0.5 ** ((past.at - past.day) / HALF_LIFE_DAYS)
    recent = _sums(past.service, weight, len(chain.services))
    everywhere = recent / max(recent.sum(), 1e-12)
    pair, where, times = np.unique(
        past.customer * seats + past.seat, return_inverse=True, return_counts=True
    )
    return Model(
        past=past,
        habits=own,
        together=item_weights(own.chance),
        everywhere=everywhere,
        popular=_popular(past, weight, everywhere),
        share=_share(past, weight),
        pair=pair,
        pair_times=times.astype(float),
        pair_recent=_sums(where, weight, len(pair)),
    )


def ranked(model: Model, weights: Weights = BLEND, *, own: Floats | None = None) -> Ranked:
    """The best for each customer who has booked before; `own` stands in for the habits' chances."""
    chance = model.habits.chance if own is None else own
    chain = model.past.chain
    offered = np.flatnonzero(chain.offered)
    together = weights.together * (chance @ model.together)
    parts = weights.own * chance, np.clip(together, 0.0, SUREST)
    found = [
        _best(model, weights, parts, offered, customer, seat, near)
        for customer, seat, near in _in_reach(model)
    ]
    columns = zip(*(vars(each).values() for each in found), strict=True)
    return Ranked(*map(np.concatenate, columns)) if found else _NOTHING


def with_whom(model: Model, customer: Ints, seat: Ints) -> tuple[Floats, Floats]:
    """How often each of these customers was in each of these seats, and the same with the old counting less."""
    asked = customer * len(model.past.chain.seats) + seat
    if not len(model.pair):
        return np.zeros(len(asked)), np.zeros(len(asked))
    at = np.minimum(np.searchsorted(model.pair, asked), len(model.pair) - 1)
    is_known = model.pair[at] == asked
    return model.pair_times[at] * is_known, model.pair_recent[at] * is_known


def _popular(past: Past, weight: Floats, everywhere: Floats) -> Floats:
    shape = len(past.chain.locations), len(past.chain.services)
    here = _table(past.location, past.service, weight, shape)
    return (here + SHARE_PRIOR * everywhere) / (here.sum(axis=1, keepdims=True) + SHARE_PRIOR)


def _share(past: Past, weight: Floats) -> Floats:
    chain = past.chain
    where, locations = chain.seat_locations, len(chain.locations)
    shape = len(chain.seats), len(chain.services)
    seated = _table(past.seat, past.service, weight, shape) * chain.is_staffed[:, None]
    overall = (seated.sum(axis=1) + 1.0) * chain.is_staffed
    overall = overall / np.maximum(np.bincount(where, overall, locations)[where], 1e-12)
    there = np.zeros((locations, shape[1]))
    np.add.at(there, where, seated)
    return (seated + SHARE_PRIOR * overall[:, None]) / (there[where] + SHARE_PRIOR)


def _table(row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]) -> Floats:
    return _sums(row * shape[1] + column, weight, shape[0] * shape[1]).reshape(shape)


def _sums(key: Ints, weight: Floats, size: int) -> Floats:
    return np.bincount(key, weight, size).astype(float)  # of no numbers it makes integers


def _in_reach(model: Model) -> Iterator[tuple[Ints, Ints, Floats]]:
    """For some customers at a time: each with each seat that can be booked where they are at home or go to.

    The third number is how near the location is: 1 at home, less where they have been.
    """
    past, chain = model.past, model.past.chain
    locations = len(chain.locations)
    been = past.customer * locations + past.location
    weight = 0.5 ** ((past.at - past.day) / HALF_LIFE_DAYS)
    place, where = np.unique(been, return_inverse=True)
    recent = _sums(where, weight, len(place))
    known = np.unique(past.customer)
    at_home = known[chain.homes[known] != NOWHERE]
    home = at_home * locations + chain.homes[at_home]
    place = np.concatenate([place, home])
    near = np.concatenate([AWAY * recent / (recent + 1.0), np.ones(len(home))])
    order = np.lexsort((-near, place))
    place, near = place[order], near[order]
    is_first = np.append(True, place[1:] != place[:-1])[: len(place)]
    place, near = place[is_first], near[is_first]
    seats, first, count = _seats_by_location(chain.seat_locations, chain.is_staffed, locations)
    for begin in range(0, len(known), AT_ONCE):
        some = known[begin : begin + AT_ONCE]
        low, high = np.searchsorted(place, [some[0] * locations, (some[-1] + 1) * locations])
        customer, location = np.divmod(place[low:high], locations)
        each = count[location]
        within = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        seat = seats[np.repeat(first[location], each) + within]
        yield np.repeat(customer, each), seat, np.repeat(near[low:high], each)


def _seats_by_location(where: Ints, is_staffed: Flags, locations: int) -> tuple[Ints, Ints, Ints]:
    """Seats that can be booked in the order of their locations, and where each location's begin and how many."""
    seats = np.flatnonzero(is_staffed)
    seats = seats[np.argsort(where[seats], kind="stable")]
    count = np.bincount(where[seats], minlength=locations)
    return seats, np.cumsum(count) - count, count


def _best(
    model: Model,
    weights: Weights,
    parts: tuple[Floats, Floats],
    offered: Ints,
    customer: Ints,
    seat: Ints,
    near: Floats,
) -> Ranked:
    """The best of each customer's seats with each service; ties go to what was there first."""
    chain = model.past.chain
    mine, together = (part[np.ix_(customer, offered)] for part in parts)
    location = chain.seat_locations[seat]
    popular = weights.popular * model.popular[np.ix_(location, offered)]
    recent = with_whom(model, customer, seat)[1]
    loyalty = weights.loyal * recent / (recent + 1.0)
    nearby = weights.near * near[:, None] * model.share[np.ix_(seat, offered)]
    wanted = 1.0 - (1.0 - mine) * (1.0 - together) * (1.0 - popular)
    score = np.round(wanted * (loyalty[:, None] + nearby), 9)
    row, column = np.nonzero(score > 0)
    who, value = customer[row], score[row, column]
    order = np.lexsort((seat[row], offered[column], -value, who))
    who = who[order]
    begins = np.searchsorted(who, who)  # sorted by customer: where each one's begin
    rank = np.arange(len(who)) - begins + 1
    kept = rank <= MOST
    row, column = row[order][kept], column[order][kept]
    given = np.stack([part[row, column] for part in (mine, together, popular)], axis=1)
    return Ranked(
        customer=who[kept],
        service=offered[column],
        seat=seat[row],
        rank=rank[kept],
        score=score[row, column],
        parts=given,
        loyalty=loyalty[row] / max(weights.loyal, 1e-12),
    )


_NONE, _NO = np.zeros(0, dtype=np.int64), np.zeros(0)
_NOTHING = Ranked(_NONE, _NONE, _NONE, _NONE, _NO, np.zeros((0, 3)), _NO)
