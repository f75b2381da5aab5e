"""The rows that are kept: what is recommended, where each comes from, and the facts that speak for it."""

from collections.abc import Iterator
from math import isnan
from typing import Any

import numpy as np

from barberpro.domains.recommendations.reasons import Code
from barberpro.domains.recommendations.service import MOST
from barberpro.platform import ids
from barberpro.platform.clock import iso

from .blend import Model, Ranked, with_whom
from .past import Flags, Floats, Ints, instant
from .places import Places, places

SOURCES = ("REPEAT", "COLLABORATIVE", "POPULAR")
"""Which part gave most: what the customer books, what goes with it, what others book."""
CITED = 0.2
"""A part is worth citing from this share of the service's score; the largest always is, where it is true."""
OFTEN = 2
"""Bookings with a provider from which they may be the usual one."""
POPULARITY = (None, Code.POPULAR_EVERYWHERE, Code.POPULAR_HERE)
"""What may be said of how much others book a service: by whether it is among the most booked, and where."""
AT_ONCE = 20_000

Row = dict[str, Any]


def personal(
    model: Model, recommended: Ranked, confidence: Floats | None, rating: Floats | None
) -> Iterator[Row]:
    """The rows of recommendations, without their version; made as they are asked for.

    Where nothing that is true can be said for one, it is left out: ranks may have gaps.
    """
    booked = places(model.past)
    for begin in range(0, len(recommended.score), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        some = Ranked(*(column[part] for column in vars(recommended).values()))
        yield from _rows(
            model,
            booked,
            some,
            _kept(confidence, part, len(some.score)),
            _kept(rating, part, len(some.score)),
        )


def popular(model: Model) -> Iterator[Row]:
    """The rows of popular services: of all locations together, and of each open one by what was booked there alone.

    None where nothing was booked, nor of a location with too few bookings to tell.
    """
    chain, there = model.past.chain, places(model.past).share
    shares = [(None, model.everywhere)]
    shares += [(chain.locations[n], there[n]) for n in np.flatnonzero(chain.is_open)]
    for location, share in shares:
        wanted = np.where(chain.offered, share, 0.0)
        best = np.argsort(-wanted, kind="stable")[:MOST]
        for rank, service in enumerate(best[wanted[best] > 0], start=1):
            yield {
                "id": ids.new("pop"),
                "location_id": location,
                "rank": rank,
                "service_id": chain.services[service],
                "score": round(float(wanted[service]), 9),
            }


def companions(model: Model, customer: Ints, service: Ints) -> tuple[Ints, Floats]:
    """Of each customer's services, which speaks most for this one, and how much: what EASE would lack without it."""
    given = model.habits.chance[customer] * model.together[:, service].T
    return given.argmax(axis=1), given.max(axis=1)


def _rows(
    model: Model,
    booked: Places,
    some: Ranked,
    confidence: list[float | None],
    rating: list[float | None],
) -> Iterator[Row]:
    chain = model.past.chain
    source = some.parts.argmax(axis=1)
    share = some.parts / some.parts.sum(axis=1, keepdims=True)
    companion, gain = companions(model, some.customer, some.service)
    goes_with = (gain > 0) & ((share[:, 1] >= CITED) | (source == 1))
    location = chain.seat_locations[some.seat]
    habit = _habits(model, some, booked.is_only_there(some.customer, some.service, location))
    goes_there = booked.is_only_there(some.customer, companion, location)
    popular = np.where(
        booked.is_top_there[location, some.service], 2, booked.is_top[some.service].astype(int)
    )
    usual = _is_usual(model, some)
    # Lists, for a number taken out of an array one by one costs as much as all the rest.
    numbers = zip(
        some.customer.tolist(),
        some.service.tolist(),
        some.seat.tolist(),
        some.rank.tolist(),
        some.score.tolist(),
        source.tolist(),
        companion.tolist(),
        goes_with.tolist(),
        goes_there.tolist(),
        popular.tolist(),
        usual.tolist(),
        share.tolist(),
        habit,
        confidence,
        rating,
        strict=True,
    )
    for (
        who,
        what,
        seat,
        rank,
        score,
        lead,
        with_,
        goes,
        is_there,
        how_popular,
        is_usual,
        shares,
        own,
        sure,
        stars,
    ) in numbers:
        with_it = [{"code": Code.GOES_WITH, "local": is_there}] if goes else []
        claim = POPULARITY[how_popular]
        reasons = _reasons(shares, own, with_it, claim, is_usual=is_usual, lead=lead)
        if not reasons:
            continue
        yield {
            "id": ids.new("rec"),
            "customer_id": chain.customers[who],
            "rank": rank,
            "service_id": chain.services[what],
            "provider_id": chain.seats[seat][0],
            "location_id": chain.seats[seat][1],
            "score": score,
            "confidence": sure,
            "source": SOURCES[lead],
            "predicted_rating": stars,
            "companion_id": chain.services[with_] if goes else None,
            "reasons": reasons,
        }


def _reasons(
    shares: list[float],
    habit: list[Row],
    goes_with: list[Row],
    claim: Code | None,
    *,
    is_usual: bool,
    lead: int,
) -> list[Row]:
    """The facts, those that weigh most first. `local` says that all bookings cited were at the row's location."""
    own, together, popular = shares
    found = [(own, habit), (together, goes_with)]
    if claim is not None and (popular >= CITED or lead == 2):
        found.append((popular, [{"code": claim}]))
    told = [each for _, some in sorted(found, key=lambda f: -f[0]) for each in some]
    return [*told, {"code": Code.USUAL_PROVIDER}] if is_usual else told


def _habits(model: Model, some: Ranked, is_local: Flags) -> list[list[Row]]:
    """What the customer's own bookings of the service say, for each recommendation."""
    of, pairs = model.habits, (some.customer, some.service)
    columns = (of.times[pairs], of.gap[pairs], of.last[pairs], of.is_due[pairs], is_local)
    return [_habit(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _habit(times: float, gap: float, last: float, is_due: bool, is_local: bool) -> list[Row]:
    if not times:
        return []
    if isnan(gap):
        return [{"code": Code.BOOKED_BEFORE, "times": int(times), "local": is_local}]
    every, when = round(gap), iso(instant(last))
    habit = {"code": Code.OWN_HABIT, "everyDays": every, "lastAt": when, "local": is_local}
    return [habit, {"code": Code.DUE, "local": is_local}] if is_due else [habit]


def _is_usual(model: Model, some: Ranked) -> Flags:
    """Whether the customer was with that provider there at least twice, and more often than not."""
    times = with_whom(model, some.customer, some.seat)[0]
    return (times >= OFTEN) & (times * 2 > model.habits.times.sum(axis=1)[some.customer])


def _kept(values: Floats | None, part: slice, count: int) -> list[float | None]:
    if values is None:
        return [None] * count
    return [None if isnan(v) else v for v in np.round(values[part], 4).tolist()]
