"""What people come for: a few kinds of people, and each person's own likings among the services.

Nothing in the database says who is of which kind; it can only be learned from what they book.
"""

from dataclasses import dataclass

import numpy as np

from .catalogue import OFFERS
from .columns import Column

MAIN_SHARE = 0.68  # of what a person books is one service
LIKING = 0.6  # how much the rest is spread: the lower, the more each sticks to a few


@dataclass(frozen=True)
class Kind:
    """People of one kind.

    `share` of all people, beside the others; `comes_for` says which services are their main one and
    `tries` which they book now and then, both weights by name; `days` is how long they usually wait
    between two visits.
    """

    share: float
    comes_for: dict[str, float]
    tries: dict[str, float]
    days: float


KINDS = (
    Kind(38, {"Corte": 1}, {"Lavado": 3, "Perfilado": 1.5, "Corte + barba": 1.5}, 27),
    Kind(24, {"Corte + barba": 1}, {"Corte": 2, "Barba": 2, "Perfilado": 1.5}, 22),
    Kind(
        11,
        {"Barba": 3, "Afeitado clásico": 1.4, "Perfilado": 1},
        {"Afeitado clásico": 2, "Barba": 2, "Perfilado": 2, "Corte": 1.5},
        17,
    ),
    Kind(
        11,
        {"Corte a tijera": 1},
        {"Lavado": 2, "Lavado y peinado": 2, "Tratamiento capilar": 1.5},
        31,
    ),
    Kind(8, {"Corte niño": 1}, {"Corte": 2, "Corte + barba": 0.7}, 34),
    Kind(
        8,
        {"Color": 3, "Reflejos": 1.3, "Alisado": 1, "Tratamiento capilar": 1.2},
        {"Lavado y peinado": 3, "Tratamiento capilar": 3, "Corte a tijera": 2, "Color": 1},
        42,
    ),
)


@dataclass(frozen=True)
class Taste:
    """One value, or one row, a person."""

    kind: Column
    main: Column
    """Their main service, by its place in OFFERS."""
    shares: Column
    """[person, service]: what share of their bookings each service has."""
    days: Column
    """The usual days between two visits of their kind."""


def tastes(rng: np.random.Generator, count: int) -> Taste:
    """The likings of so many people."""
    share = _shares(np.array([kind.share for kind in KINDS]))
    kind = rng.choice(len(KINDS), count, p=share)
    main = _drawn(rng, np.array([_weights(each.comes_for) for each in KINDS])[kind])
    tries = np.array([_weights(each.tries) for each in KINDS])[kind]
    # Gamma variates over their sum: a Dirichlet of its own for each person.
    own = rng.gamma(LIKING * tries, 1.0)
    own = (1 - MAIN_SHARE) * own / np.maximum(own.sum(axis=1, keepdims=True), 1e-9)
    own[np.arange(count), main] += MAIN_SHARE
    days = np.array([each.days for each in KINDS])[kind]
    return Taste(kind, main, own, days)


def asked(rng: np.random.Generator, taste: Taste, person: Column) -> Column:
    """Which service each visit is for, by its place in OFFERS."""
    return _drawn(rng, taste.shares[person])


def _drawn(rng: np.random.Generator, weights: Column) -> Column:
    """One place in each row, by its weights."""
    until = np.cumsum(weights, axis=1)
    point = rng.random(len(weights)) * until[:, -1]
    return (until <= point[:, None]).sum(axis=1)


def _weights(by_name: dict[str, float]) -> Column:
    known = {offer.name for offer in OFFERS if offer.is_active}
    if not by_name.keys() <= known:
        raise ValueError(f"not on offer: {sorted(by_name.keys() - known)}")
    return np.array([by_name.get(offer.name, 0.0) for offer in OFFERS])


def _shares(weights: Column) -> Column:
    return weights / weights.sum()
