"""What customers said afterwards, in stars: of who served them, of how well the two suit each other, and by chance."""

import numpy as np

from . import identifiers
from .columns import Column, Columns, seconds
from .liking import Liking
from .outcome import COMPLETED

USUAL = 4.2  # stars
CHANCE = 0.45
ANSWERS = 0.35  # of those who were served say how it was, on average
EAGERNESS = 1.4  # the lower, the more people differ in how often they do
DELAY_HOURS = 12.0
FARES = {"Alisado": -0.2, "Reflejos": -0.2, "Color": -0.1, "Afeitado clásico": 0.15}
"""How services fare beside the others, in stars."""


def ratings(
    rng: np.random.Generator,
    made: Columns,
    ended: Column,
    who: Column,
    provider: Column,
    service: Column,
    liking: Liking,
    now: np.datetime64,
) -> Columns:
    """One row a rating, of bookings that were completed; `ended` is when.

    `who`, `provider` and `service` are numbers, one a booking; `service` has names.
    """
    eager = rng.beta(ANSWERS * EAGERNESS, (1 - ANSWERS) * EAGERNESS, who.max(initial=0) + 1)
    rated_at = ended + seconds(1 + rng.exponential(DELAY_HOURS * 3_600, len(who)))
    says = (made["status"] == COMPLETED) & (rng.random(len(who)) < eager[who])
    says[says] &= rated_at[says] < now
    pleased = USUAL + liking.pleased(who[says], provider[says])
    pleased += np.array([FARES.get(name, 0.0) for name in service[says]])
    pleased += rng.normal(0, CHANCE, len(pleased))
    return {
        "id": identifiers.made(rng, "rat", rated_at[says]),
        "booking_id": made["id"][says],
        "score": np.clip(np.rint(pleased), 1, 5).astype(np.int64),
        "rated_at": rated_at[says],
    }
