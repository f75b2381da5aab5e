"""What appointments tell others, beside what each of their bookings does. The subject is the appointment; no names."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class AppointmentMade(Event):
    """Several services are booked, or held, together."""

    type = "appointment.made"
    location_id: str
    customer_id: str
    booking_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class AppointmentConfirmed(Event):
    """What was held together is booked."""

    type = "appointment.confirmed"
    location_id: str
    booking_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class AppointmentMoved(Event):
    """What was left of it takes place at another time."""

    type = "appointment.moved"
    location_id: str
    booking_ids: list[str]
    from_starts_at: datetime
    starts_at: datetime


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(Event):
    """What was left of it will not take place."""

    type = "appointment.cancelled"
    location_id: str
    booking_ids: list[str]
