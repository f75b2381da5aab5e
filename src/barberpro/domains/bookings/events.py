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
