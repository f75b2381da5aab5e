"""What can be booked as it changes, for those who show it: a hint to ask `availability` again."""

import enum
from typing import Annotated, Any

import strawberry

from barberpro.domains.bookings import events as bookings
from barberpro.domains.locations import events as locations
from barberpro.domains.people import events as people
from barberpro.graph.subscriptions import subscription
from barberpro.graph.types import Subscription, enumeration, extends

from ..locations import Location


@enumeration
class AvailabilityChangeKind(enum.Enum):
    """Why other times can be booked than before."""

    TAKEN = "TAKEN"
    """Somebody booked one, or holds it."""
    MOVED = "MOVED"
    """A booking is at another time, with another provider or in another chair."""
    FREED = "FREED"
    """A booking will not take its time, or not all of it, or what was held was given back or ran out."""
    HOURS = "HOURS"
    """The location is open at other hours, has more chairs, or takes bookings again or no more."""
    STAFF = "STAFF"
    """Providers work at other times or places, or can be booked for other services."""


KIND = AvailabilityChangeKind
KINDS = {
    bookings.BookingMade: KIND.TAKEN,
    bookings.BookingHeld: KIND.TAKEN,
    bookings.HoldReleased: KIND.FREED,
    bookings.HoldExpired: KIND.FREED,
    bookings.BookingMoved: KIND.MOVED,
    bookings.BookingCancelled: KIND.FREED,
    bookings.BookingCompleted: KIND.FREED,
    bookings.BookingMissed: KIND.FREED,
    locations.LocationHoursSet: KIND.HOURS,
    locations.LocationExceptionSet: KIND.HOURS,
    locations.LocationHolidaysSet: KIND.HOURS,
    locations.LocationClosed: KIND.HOURS,
    locations.LocationReopened: KIND.HOURS,
    locations.ChairAdded: KIND.HOURS,
    people.ProviderAssigned: KIND.STAFF,
    people.ProviderUnassigned: KIND.STAFF,
    people.ProviderDeparted: KIND.STAFF,
    people.ProviderShiftsSet: KIND.STAFF,
    people.ProviderSkillsSet: KIND.STAFF,
    people.ProviderAbsent: KIND.STAFF,
    people.ProviderBack: KIND.STAFF,
}
EVERYWHERE = (
    people.ProviderDeparted,
    people.ProviderShiftsSet,
    people.ProviderSkillsSet,
    people.ProviderBack,
)
"""Events that say of no location whether they are of it: a hint too many costs one question."""

At = Annotated[strawberry.ID, strawberry.argument(description="The location to be booked.")]


def _here(_: Any, *, location_id: str) -> str:
    return location_id


@subscription(Location, kinds=KINDS, scope="bookings:read", about=_here)
def availability_changed(event: bookings.BookingMade, *, location_id: At) -> bool:
    """Other times can be booked at this location than before: whoever shows some should ask `availability` again.

    Of several changes that were not told yet, only the latest is.
    """
    if isinstance(event, EVERYWHERE):
        return True
    where = event.subject if type(event).__module__ == locations.__name__ else event.location_id
    return where is None or where == location_id


@extends(Subscription)
class AvailabilitySubscriptions:
    availability_changed = availability_changed
