"""Loyalty points, which a service of its own keeps: what it tells about customers."""

from datetime import datetime
from enum import Enum

import strawberry

from barberpro.graph.types import enumeration, extends
from barberpro.graph.upstreams.words import foreign, remote, told

from .people import Customer

SERVICE = "loyalty"


def first_entries(first: int = 10) -> None:
    """What `entries` takes."""


@enumeration
class LoyaltyTier(Enum):
    """How a customer stands with the loyalty programme."""

    BRONZE = "BRONZE"
    """From the first visit."""
    SILVER = "SILVER"
    """From 300 points in 365 days."""
    GOLD = "GOLD"
    """From 1,000 points in 365 days."""


@foreign(SERVICE, "LoyaltyEntry")
class LoyaltyEntry:
    """The points of one visit."""

    booking_id: strawberry.ID
    """The booking that earned them."""
    points: int
    """How many."""
    earned_at: datetime
    """When the visit ended."""


@foreign(SERVICE, "Loyalty")
class CustomerLoyalty:
    """A customer's standing with the loyalty programme, by their visits to the locations that the caller may see."""

    points: int
    """All that was ever earned: one point for each 100 pesos of a completed visit."""
    tier: LoyaltyTier
    """By what was earned in the last 365 days."""
    points_to_next_tier: int | None
    """What is lacking to the next tier; null in the highest."""
    entries: list[LoyaltyEntry] = told(first_entries)
    """What was earned and when, the latest first; at most 100."""


@extends(Customer)
class CustomerOfLoyalty:
    loyalty: CustomerLoyalty | None = remote(SERVICE, "Customer", cost=5, scope="loyalty:read")
    """What the loyalty service tells about them. Null with the code UPSTREAM_UNAVAILABLE while it does not answer."""
