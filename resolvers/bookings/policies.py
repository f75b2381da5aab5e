"""The terms of bookings in the graph, and what is charged by them."""

import enum
from datetime import datetime

import strawberry

from barberpro.domains.bookings import tables
from barberpro.graph.choices import ordering
from barberpro.graph.fields import Connection, page
from barberpro.graph.types import Node, Query, entity, enumeration, extends

from ..values import Money, money


@enumeration
class BookingChargeKind(enum.Enum):
    """What is charged for."""

    DEPOSIT = "DEPOSIT"
    """What the customer paid ahead."""
    LATE_CANCELLATION = "LATE_CANCELLATION"
    """It was called off within the notice."""
    LATE_MOVE = "LATE_MOVE"
    """It was moved to another time within the notice."""
    NO_SHOW = "NO_SHOW"
    """The customer did not come."""


@enumeration
class BookingChargeState(enum.Enum):
    """Where a charge stands."""

    DUE = "DUE"
    """A fee that the customer owes."""
    WAIVED = "WAIVED"
    """A fee that is asked no more."""
    RECEIVED = "RECEIVED"
    """A deposit of a booking to come."""
    APPLIED = "APPLIED"
    """A deposit that is a part of the price, for the service was done."""
    FORFEITED = "FORFEITED"
    """A deposit that is kept toward the fee; what it is more than that goes back."""
    RETURNABLE = "RETURNABLE"
    """A deposit that goes back to the customer."""


@entity(tables.policies, scope="bookings:read")
class BookingPolicy(Node):
    """A version of the terms that bookings are made under. It never changes."""

    version: int
    """Its number; the highest holds for new bookings."""
    notice_minutes: int
    """How long before it begins a booking can be called off or moved at no cost."""
    late_fee_bps: int
    """What either costs later, in basis points (hundredths of a percent) of the price."""
    no_show_fee_bps: int
    """What not coming costs, in basis points of the price."""
    deposit_bps: int
    """What is asked ahead, in basis points of the price."""
    published_by: strawberry.ID
    """The user, or else the client, who published it."""
    published_at: datetime
    """Since when it holds."""


@entity(tables.booking_charges, scope="bookings:read")
class BookingCharge(Node):
    """Something beside its price that is paid or owed for a booking."""

    kind: BookingChargeKind
    """What for."""
    state: BookingChargeState
    """Where it stands."""
    amount: Money = money("amount_minor")
    """How much."""
    charged_at: datetime
    """When it was charged or recorded."""


BookingPolicyOrder = ordering(
    "BookingPolicy", {"VERSION": "By version."}, VERSION=tables.policies.c.version
)


@extends(Query)
class PolicyQueries:
    booking_policies: Connection[BookingPolicy] = page(tables.policies, ordering=BookingPolicyOrder)
    """The terms there have been, by version."""
