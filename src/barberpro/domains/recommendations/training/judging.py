"""How good a ranking was: what it recommended at a moment, against what was booked in the days after."""

from dataclasses import dataclass

import numpy as np

from .blend import Ranked
from .habits import HORIZON_DAYS
from .past import Flags, Floats, Ints, Past


@dataclass(frozen=True)
class Quality:
    """Over customers who had booked before and did again: was the next booking among what was recommended?"""

    customers: int
    pair_hr_at_10: float
    """The share whose next service and provider were among the first ten."""
    pair_ndcg_at_10: float
    """The same, where a hit at rank r counts 1 / log2(r + 1)."""
    service_hr_at_1: float
    """The share whose next service was that of the first recommendation."""
    service_hr_at_3: float
    """The share whose next service was among the first three different ones."""


def after(past: Past, at: float) -> Past:
    """What took place within the horizon after a moment."""
    return past.since(at, at + HORIZON_DAYS)


def was_booked(recommended: Ranked, came: Past) -> Flags:
    """Whether each was booked: that service by that customer, with that provider there."""
    services, seats = len(came.chain.services), len(came.chain.seats)
    booked = (came.customer * services + came.service) * seats + came.seat
    asked = (recommended.customer * services + recommended.service) * seats + recommended.seat
    return np.isin(asked, booked)


def quality(recommended: Ranked, came: Past) -> Quality:
    """How good the recommendations were for what came next."""
    customers = len(came.chain.customers)
    service, seat = np.full(customers, -1), np.full(customers, -1)
    newest_first = slice(None, None, -1)  # so that each customer's first booking is written last
    service[came.customer[newest_first]] = came.service[newest_first]
    seat[came.customer[newest_first]] = came.seat[newest_first]
    judged = np.intersect1d(recommended.customer, came.customer)
    who = recommended.customer
    same = recommended.service == service[who]
    pair_rank = _first_rank(
        who, recommended.rank, same & (recommended.seat == seat[who]), customers
    )
    service_rank = _first_rank(who, _service_rank(recommended), same, customers)
    pair, kind = pair_rank[judged], service_rank[judged]
    return Quality(
        customers=len(judged),
        pair_hr_at_10=_share(pair <= 10),
        pair_ndcg_at_10=_share(np.where(pair <= 10, 1.0 / np.log2(pair + 1.0), 0.0)),
        service_hr_at_1=_share(kind <= 1),
        service_hr_at_3=_share(kind <= 3),
    )


def _service_rank(recommended: Ranked) -> Ints:
    """The rank of each recommendation's service among the customer's different services."""
    services = recommended.service.max(initial=0) + 1
    key = recommended.customer * services + recommended.service
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    who = recommended.customer[first[order]]
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(who)) - np.searchsorted(who, who) + 1
    return place[which]


def _first_rank(who: Ints, rank: Ints, is_hit: Flags, customers: int) -> Floats:
    first = np.full(customers, np.inf)
    np.minimum.at(first, who[is_hit], rank[is_hit].astype(float))
    return first


def _share(values: np.ndarray) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0
