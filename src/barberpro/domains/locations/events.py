"""What this domain tells others. The subject is the location."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class LocationOpened(Event):
    """A shop joined the organization."""

    type = "location.opened"
    time_zone: str
    province: str


@dataclass(frozen=True, kw_only=True)
class LocationHoursSet(Event):
    """Its opening hours are others from now on."""

    type = "location.hours_set"


@dataclass(frozen=True, kw_only=True)
class ChairAdded(Event):
    """One more chair to sit in."""

    type = "location.chair_added"
    chair_id: str


@dataclass(frozen=True, kw_only=True)
class LocationClosed(Event):
    """It takes no new bookings. Those it has still stand."""

    type = "location.closed"


@dataclass(frozen=True, kw_only=True)
class LocationReopened(Event):
    """It takes bookings again."""

    type = "location.reopened"


@dataclass(frozen=True, kw_only=True)
class LocationExceptionSet(Event):
    """Its opening hours on one date are others than its weekday's, or its weekday's again."""

    type = "location.exception_set"
    date: str
    """As in ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class LocationHolidaysSet(Event):
    """It closes on public holidays from now on, or opens."""

    type = "location.holidays_set"
    closes_on_holidays: bool


@dataclass(frozen=True, kw_only=True)
class TravelTimeSet(Event):
    """The way between this location and another takes so long; null where nothing is known of it any more."""

    type = "location.travel_time_set"
    to_location_id: str
    minutes: int | None
