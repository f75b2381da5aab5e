"""What the chain offers: services, and products over the counter."""

from dataclasses import dataclass

import numpy as np

from barberpro.platform.text import fold

from . import identifiers
from .columns import Column, Columns, days, texts

CURRENCY = "ARS"
CENTAVOS = 100


@dataclass(frozen=True)
class Offer:
    """A service and its price today, in pesos."""

    name: str
    minutes: int
    buffer: int
    pesos: int
    is_active: bool = True
    gap: tuple[int, int] = (0, 0)
    """The minutes of work before the provider is free for others, and for how many they are."""


OFFERS = (
    Offer("Corte", 30, 5, 14_000),
    Offer("Corte + barba", 50, 10, 20_500),
    Offer("Barba", 20, 5, 9_000),
    Offer("Corte niño", 25, 5, 11_500),
    Offer("Corte a tijera", 45, 5, 18_000),
    Offer("Perfilado", 15, 5, 6_500),
    Offer("Afeitado clásico", 40, 5, 15_000),
    Offer("Lavado", 15, 0, 4_500),
    Offer("Lavado y peinado", 30, 5, 9_500),
    Offer("Tratamiento capilar", 45, 10, 22_000),
    Offer("Color", 90, 15, 38_000, gap=(30, 40)),
    Offer("Reflejos", 120, 15, 60_000, gap=(45, 45)),
    Offer("Alisado", 120, 15, 55_000),
    Offer("Permanente", 120, 15, 42_000, is_active=False),
)
MINUTES = np.array([offer.minutes for offer in OFFERS])
BUFFERS = np.array([offer.buffer for offer in OFFERS])
GAPS = np.array([offer.gap for offer in OFFERS])
PRICES = np.array([offer.pesos * CENTAVOS for offer in OFFERS])

PRODUCTS = {
    "Cera mate": 12_500,
    "Pomada al agua": 11_000,
    "Aceite para barba": 14_500,
    "Bálsamo para barba": 13_000,
    "Champú anticaída": 17_500,
    "Acondicionador": 15_000,
    "Peine de madera": 6_000,
    "Loción para después de afeitar": 9_500,
}
"""What is sold over the counter, and its price today in pesos."""
PRODUCT_PRICES = np.array([pesos * CENTAVOS for pesos in PRODUCTS.values()])


def services(rng: np.random.Generator, opening: np.datetime64) -> Columns:
    """The services, as old as the chain."""
    created = opening - days(rng.uniform(0, 30, len(OFFERS)))
    return {
        "id": identifiers.made(rng, "svc", created),
        "name": texts(o.name for o in OFFERS),
        "duration_minutes": MINUTES,
        "buffer_before_minutes": np.zeros(len(OFFERS), dtype=int),  # chairs stand ready
        "buffer_minutes": BUFFERS,
        "gap_after_minutes": GAPS[:, 0],
        "gap_minutes": GAPS[:, 1],
        "price_minor": PRICES,
        "currency_code": texts(CURRENCY for _ in OFFERS),
        "name_key": texts(fold(o.name) for o in OFFERS),
        "is_active": np.array([o.is_active for o in OFFERS]),
        "created_at": created,
    }


def named(service: Column) -> Column:
    """The names of services, by their places in OFFERS."""
    return texts(o.name for o in OFFERS)[service]
