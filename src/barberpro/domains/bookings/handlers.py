"""What this domain does when told."""

from sqlalchemy import bindparam, select

from barberpro.domains.people.events import CustomerErased
from barberpro.platform import idempotency
from barberpro.platform.doors import Transaction
from barberpro.platform.relay import handles

from .tables import bookings

OF_CUSTOMER = select(bookings.c.id).where(bookings.c.customer_id == bindparam("customer"))


@handles(CustomerErased)
async def forget_requests(tx: Transaction, event: CustomerErased) -> None:
    """What was asked about an erased customer's bookings goes as well, before its day is over."""
    await idempotency.forget_results(
        tx, [row.id for row in await tx.rows(OF_CUSTOMER, {"customer": event.subject})]
    )
