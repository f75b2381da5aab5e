"""Bookings as they change, for those who show an agenda."""

from typing import Annotated

import strawberry

from barberpro.domains.bookings import events
from barberpro.graph.subscriptions import subscription
from barberpro.graph.types import Subscription, extends

from .types import Booking, BookingChangeKind

KINDS = {
    events.BookingMade: BookingChangeKind.MADE,
    events.BookingMoved: BookingChangeKind.MOVED,
    events.BookingCheckedIn: BookingChangeKind.CHECKED_IN,
    events.BookingCompleted: BookingChangeKind.COMPLETED,
    events.BookingCancelled: BookingChangeKind.CANCELLED,
    events.BookingMissed: BookingChangeKind.MISSED,
    events.BookingRecorded: BookingChangeKind.RECORDED,
    events.BookingRetracted: BookingChangeKind.RETRACTED,
    events.BookingHeld: BookingChangeKind.HELD,
    events.HoldExtended: BookingChangeKind.EXTENDED,
    events.BookingConfirmed: BookingChangeKind.CONFIRMED,
    events.HoldReleased: BookingChangeKind.RELEASED,
    events.HoldExpired: BookingChangeKind.EXPIRED,
}


At = Annotated[strawberry.ID, strawberry.argument(description="The location of the bookings.")]
With = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only bookings that are, or were until now, with this provider."
    ),
]


@subscription(Booking, kinds=KINDS, scope="bookings:read")
def booking_changed(
    event: events.BookingMade, *, location_id: At, provider_id: With = strawberry.UNSET
) -> bool:
    """A booking at this location was made, moved, or came a step further.

    Of several changes of one booking that were not told yet, only the latest is.
    """
    if event.location_id != location_id:
        return False
    concerned = (event.provider_id, getattr(event, "from_provider_id", None))
    return not provider_id or provider_id in concerned


@extends(Subscription)
class BookingSubscriptions:
    booking_changed = booking_changed
