"""What may stand in the way when shops are opened and changed."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Failure, Invalid, NotFound


@dataclass(eq=False)
class LocationNotFound(NotFound):
    """No location of this organization has that id, or the caller may not see it."""

    code = "LOCATION_NOT_FOUND"
    says = "There is no location {location_id}."
    location_id: str
    """The location asked for."""


@dataclass(eq=False)
class ChairNotFound(NotFound):
    """No chair in use at this location has that id."""

    code = "CHAIR_NOT_FOUND"
    says = "There is no chair {chair_id} in use at this location."
    chair_id: str
    """The chair asked for."""


@dataclass(eq=False)
class LocationNameTaken(Conflict):
    """Another location of the organization has this name; case and accents do not count."""

    code = "LOCATION_NAME_TAKEN"
    says = "Another location is called {name} already. Choose another name."
    name: str
    """The name that is taken."""


@dataclass(eq=False)
class LocationClosedDown(Conflict):
    """The location takes no bookings any more."""

    code = "LOCATION_CLOSED_DOWN"
    says = "The location {location_id} has closed down."
    location_id: str
    """The location asked for."""


@dataclass(eq=False)
class LimitedToLocations(Failure):
    """The caller is limited to some locations and asked for more."""

    code = "LIMITED_TO_LOCATIONS"
    says = "Your access covers some locations only; opening one takes access to all of them."
    status = 403


@dataclass(eq=False)
class UnknownTimeZone(Invalid):
    """There is no such zone in the IANA database."""

    code = "UNKNOWN_TIME_ZONE"
    says = "There is no such time zone. Use an IANA name, as America/Argentina/Buenos_Aires."


@dataclass(eq=False)
class UnknownProvince(Invalid):
    """The province is not one of ISO 3166-2:AR."""

    code = "UNKNOWN_PROVINCE"
    says = "There is no such province. Use the letter of ISO 3166-2:AR: one of {letters}."
    letters: str
    """The letters that are provinces."""


@dataclass(eq=False)
class InvalidHours(Invalid):
    """A span of opening hours is not within one day, or ends before it begins."""

    code = "INVALID_HOURS"
    says = "Opening hours are on a weekday from 1 to 7, in whole minutes, and end after they begin."
    weekday: int
    """The day of the week, as in ISO 8601."""
    opens_minute: int
    """When it would open, in minutes after midnight."""
    closes_minute: int
    """When it would close, in minutes after midnight."""


@dataclass(eq=False)
class HoursOverlap(Invalid):
    """Two spans of opening hours on one day cover the same time."""

    code = "HOURS_OVERLAP"
    says = "On weekday {weekday}, hours that open at {opens} begin before others have ended."
    weekday: int
    """The day of the week, as in ISO 8601."""
    opens: str
    """When the later of the two opens, on the wall clock."""


@dataclass(eq=False)
class TooManyHours(Invalid):
    """More spans of opening hours than a week can need."""

    code = "TOO_MANY_HOURS"
    says = "A week has at most {limit} spans of opening hours."
    limit: int
    """How many are allowed at most."""


@dataclass(eq=False)
class ChairCountOutOfRange(Invalid):
    """Too few chairs, or too many."""

    code = "CHAIR_COUNT_OUT_OF_RANGE"
    says = "A location has {minimum} to {maximum} chairs."
    minimum: int
    """The least that is allowed."""
    maximum: int
    """The most that is allowed."""


@dataclass(eq=False)
class ChairLabelTaken(Conflict):
    """Another chair of the location has this label."""

    code = "CHAIR_LABEL_TAKEN"
    says = "Another chair here is labelled {label} already."
    label: str
    """The label that is taken."""


@dataclass(eq=False)
class TravelTimeOutOfRange(Invalid):
    """The way between two locations is too short or too long, or leads back to where it began."""

    code = "TRAVEL_TIME_OUT_OF_RANGE"
    says = "The way between two different locations takes {minimum} to {maximum} minutes."
    minimum: int
    """The least that is allowed."""
    maximum: int
    """The most that is allowed."""


@dataclass(eq=False)
class ExceptionOutOfRange(Invalid):
    """An exception to the opening hours is for a day that is past, or too far ahead."""

    code = "EXCEPTION_OUT_OF_RANGE"
    says = "Exceptions to the opening hours are for today or later, up to {days} days ahead."
    days: int
    """How far ahead they can be set."""
