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
