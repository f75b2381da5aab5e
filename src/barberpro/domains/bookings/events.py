"""What this domain tells others. The subject is the booking; no names and no notes."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class BookingMade(Event):
    """A customer has an appointment."""

    type = "booking.made"
    location_id: str
    provider_id: str
    chair_id: str
    customer_id: str
    service_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class PolicyPublished(Event):
    """Bookings are made under other terms from now on."""

    type = "policy.published"
    version: int


@dataclass(frozen=True, kw_only=True)
class BookingCharged(Event):
    """A deposit came in, or a fee is owed."""

    type = "booking.charged"
    charge_id: str
    kind: str
    state: str
    amount_minor: int
    currency_code: str


@dataclass(frozen=True, kw_only=True)
class ChargeSettled(Event):
    """What becomes of a deposit, or that a fee is asked no more."""

    type = "booking.charge_settled"
    charge_id: str
    kind: str
    state: str


@dataclass(frozen=True, kw_only=True)
class BookingHeld(Event):
    """A place is kept for a customer until they confirm it, or for so long."""

    type = "booking.held"
    location_id: str
    provider_id: str
    chair_id: str
    customer_id: str
    service_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    held_until: datetime


@dataclass(frozen=True, kw_only=True)
class HoldExtended(Event):
    """It is kept for longer."""

    type = "booking.hold_extended"
    location_id: str
    provider_id: str
    customer_id: str
    from_held_until: datetime
    held_until: datetime


@dataclass(frozen=True, kw_only=True)
class BookingConfirmed(Event):
    """What was held is an appointment now."""

    type = "booking.confirmed"
    location_id: str
    provider_id: str
    chair_id: str
    customer_id: str
    service_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class HoldReleased(Event):
    """What was held is given back; provider and chair are free."""

    type = "booking.hold_released"
    location_id: str
    provider_id: str
    customer_id: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class HoldExpired(Event):
    """What was held ran out; provider and chair have been free since then."""

    type = "booking.hold_expired"
    location_id: str
    provider_id: str
    customer_id: str
    starts_at: datetime
    held_until: datetime


@dataclass(frozen=True, kw_only=True)
class BookingMoved(Event):
    """It is at another time, with another provider or in another chair."""

    type = "booking.moved"
    location_id: str
    from_starts_at: datetime
    from_provider_id: str
    from_chair_id: str
    starts_at: datetime
    ends_at: datetime
    provider_id: str
    chair_id: str


@dataclass(frozen=True, kw_only=True)
class BookingCancelled(Event):
    """It will not take place; provider and chair are free."""

    type = "booking.cancelled"
    location_id: str
    provider_id: str
    customer_id: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class BookingCheckedIn(Event):
    """The customer is here."""

    type = "booking.checked_in"
    location_id: str
    provider_id: str
    customer_id: str


@dataclass(frozen=True, kw_only=True)
class BookingCompleted(Event):
    """The service was done."""

    type = "booking.completed"
    location_id: str
    provider_id: str
    customer_id: str
    service_id: str
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class BookingMissed(Event):
    """The customer did not come."""

    type = "booking.missed"
    location_id: str
    provider_id: str
    customer_id: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class BookingRecorded(Event):
    """A booking that took place before it was known here was written down."""

    type = "booking.recorded"
    location_id: str
    provider_id: str
    customer_id: str
    service_id: str
    starts_at: datetime
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class BookingRetracted(Event):
    """What was said to have taken place did not."""

    type = "booking.retracted"
    location_id: str
    provider_id: str
    customer_id: str


@dataclass(frozen=True, kw_only=True)
class BookingRated(Event):
    """The customer said how it was, from 1 to 5."""

    type = "booking.rated"
    location_id: str
    provider_id: str
    customer_id: str
    score: int


@dataclass(frozen=True, kw_only=True)
class PlanMade(Event):
    """A day was planned. The subject is the plan."""

    type = "plan.made"
    requests: int
    accepted: int


@dataclass(frozen=True, kw_only=True)
class PlanImproved(Event):
    """A plan is as good as it gets in the time it was given."""

    type = "plan.improved"
    accepted: int


@dataclass(frozen=True, kw_only=True)
class PlanApplied(Event):
    """All visits of a plan were booked."""

    type = "plan.applied"
    bookings: int


@dataclass(frozen=True, kw_only=True)
class PlanCancelled(Event):
    """A plan is given up; nothing of it was booked."""

    type = "plan.cancelled"
