"""What the chain offers."""

from dataclasses import dataclass

import numpy as np

from barberpro.platform.text import fold

from . import identifiers
from .columns import Column, Columns, days, texts

CURRENCY = "ARS"
CENTAVOS = 100


@dataclass(frozen=True)
class Offer:
    """A service and its price in pesos.

    `asked_for` is how often beside the others; 0 where it is no longer offered.
    """

    name: str
    minutes: int
    buffer: int
    pesos: int
    asked_for: float


OFFERS = (
    Offer("Corte", 30, 5, 14_000, 34),
    Offer("Corte + barba", 50, 10, 20_500, 20),
    Offer("Barba", 20, 5, 9_000, 11),
    Offer("Corte niño", 25, 5, 11_500, 8),
    Offer("Corte a tijera", 45, 5, 18_000, 6),
    Offer("Perfilado", 15, 5, 6_500, 6),
    Offer("Afeitado clásico", 40, 5, 15_000, 4),
    Offer("Lavado", 15, 0, 4_500, 3),
    Offer("Lavado y peinado", 30, 5, 9_500, 2),
    Offer("Tratamiento capilar", 45, 10, 22_000, 2),
    Offer("Color", 90, 15, 38_000, 2),
    Offer("Reflejos", 120, 15, 60_000, 1),
    Offer("Alisado", 120, 15, 55_000, 1),
    Offer("Permanente", 120, 15, 42_000, 0),
)


def services(rng: np.random.Generator, opening: np.datetime64) -> Columns:
    """The services, as old as the chain."""
    created = opening - days(rng.uniform(0, 30, len(OFFERS)))
    return {
        "id": identifiers.made(rng, "svc", created),
        "name": texts(o.name for o in OFFERS),
        "duration_minutes": np.array([o.minutes for o in OFFERS]),
        "buffer_minutes": np.array([o.buffer for o in OFFERS]),
        "price_minor": np.array([o.pesos * CENTAVOS for o in OFFERS]),
        "currency_code": texts(CURRENCY for _ in OFFERS),
        "name_key": texts(fold(o.name) for o in OFFERS),
        "is_active": np.array([o.asked_for > 0 for o in OFFERS]),
        "created_at": created,
    }


def asked(rng: np.random.Generator, size: int) -> Column:
    """Which service each of many customers asks for, by its place in OFFERS."""
    shares = np.array([o.asked_for for o in OFFERS])
    return rng.choice(len(OFFERS), size, p=shares / shares.sum())
