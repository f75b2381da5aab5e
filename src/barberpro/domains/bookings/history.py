"""What took place, for those who learn from it: statements that give much and change nothing.

A booking took place unless it was cancelled or missed, or never more than held: shops that never tick off what they
have done are learned from as well. Which ones are past is the reader's to say: each statement takes an instant
`before` which all of them began.
"""

from typing import Any

from sqlalchemy import Select, bindparam, select

from barberpro.platform.tables import Instant

from . import tables
from .lifecycle import STANDING

b, r = tables.bookings.c, tables.ratings.c
BEFORE = bindparam("before", type_=Instant())
TOOK_PLACE = b.status.in_(STANDING)

HISTORY = (
    select(
        b.id,
        b.customer_id,
        b.provider_id,
        b.service_id,
        b.location_id,
        b.status,
        b.starts_at,
        b.price_minor,
        b.currency_code,
    )
    .where(TOOK_PLACE, b.starts_at < BEFORE)
    .order_by(b.starts_at, b.id)
)
AT_LOCATION = HISTORY.where(b.location_id == bindparam("location"))
RATINGS = (
    select(
        r.booking_id,
        b.customer_id,
        b.provider_id,
        b.service_id,
        b.location_id,
        r.score,
        r.rated_at,
    )
    .join_from(tables.ratings, tables.bookings, b.id == r.booking_id)
    .where(TOOK_PLACE, r.rated_at < BEFORE)
    .order_by(r.rated_at, r.booking_id)
)


def history() -> Select[*tuple[Any, ...]]:
    """Every booking that took place and began before `:before`, the oldest first.

    Price and currency are what was agreed, in minor units.
    """
    return HISTORY


def history_at() -> Select[*tuple[Any, ...]]:
    """The same at `:location` alone, so that a long history is read a shop at a time."""
    return AT_LOCATION


def ratings() -> Select[*tuple[Any, ...]]:
    """Every rating given before `:before` with who rated whom, the oldest first. `score` is 1 to 5."""
    return RATINGS
