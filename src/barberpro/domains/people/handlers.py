"""What this domain does when told."""

from barberpro.domains.bookings.events import BookingCompleted
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.relay import handles
from barberpro.platform.unique import insert_unless_taken

from .tables import visits


@handles(BookingCompleted)
async def remember_visit(tx: Transaction, event: BookingCompleted) -> None:
    """A completed booking is a visit of its customer, one visit however often it is told."""
    visit = {
        "id": ids.new("vis"),
        "customer_id": event.customer_id,
        "location_id": event.location_id,
        "booking_id": event.subject,
        "ended_at": event.ended_at,
    }
    await insert_unless_taken(tx, visits, visit)
