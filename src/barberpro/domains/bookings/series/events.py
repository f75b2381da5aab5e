"""What series tell others, beside what each of their bookings does. The subject is the series; no names."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class SeriesMade(Event):
    """A service is booked again and again."""

    type = "series.made"
    location_id: str
    provider_id: str
    customer_id: str
    booking_ids: list[str]
    conflicts: int


@dataclass(frozen=True, kw_only=True)
class SeriesMoved(Event):
    """One of its bookings, or all from one on, take place otherwise."""

    type = "series.moved"
    location_id: str
    booking_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class SeriesEnded(Event):
    """Its bookings from one on were called off."""

    type = "series.ended"
    location_id: str
    booking_ids: list[str]
