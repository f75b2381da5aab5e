"""What this domain does when told."""

from sqlalchemy import bindparam, delete

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingCompleted, BookingRecorded, BookingRetracted
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.relay import handles
from barberpro.platform.unique import insert_unless_taken

from .tables import visits

FORGET = delete(visits).where(visits.c.booking_id == bindparam("booking"))


@handles(BookingCompleted, BookingRecorded)
async def remember_visit(tx: Transaction, event: BookingCompleted | BookingRecorded) -> None:
    """A completed booking is a visit of its customer, one visit however often it is told."""
    # Asked, since events come in any order: a retraction may have been told already. Held, so that
    # none comes between.
    if await tx.row(bookings.done(), {"booking": event.subject}) is None:
        return
    visit = {
        "id": ids.new("vis"),
        "customer_id": event.customer_id,
        "location_id": event.location_id,
        "booking_id": event.subject,
        "ended_at": event.ended_at,
    }
    await insert_unless_taken(tx, visits, visit)


@handles(BookingRetracted)
async def forget_visit(tx: Transaction, event: BookingRetracted) -> None:
    """What did not take place was no visit."""
    await tx.execute(FORGET, {"booking": event.subject})
