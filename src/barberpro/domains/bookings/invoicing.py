"""Which invoice bills a booking. There is at most one: a row's own column, changed under its lock."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from barberpro.domains.catalogue.service import offer
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.sets import among, key_set

from .errors import AlreadyBilled, BookingNotFound, NotBillable
from .lifecycle import STANDING
from .tables import bookings

# Locked in the order of their ids, whatever order they were asked in, so that two never wait for each other.
_held = (
    select(bookings, offer.c.name.label("service_name"))
    .join(offer, offer.c.id == bookings.c.service_id)
    .order_by(bookings.c.id)
    .with_for_update(key_share=True, of=bookings)
)
ASKED = _held.where(among(bookings.c.id, key_set("asked")))
BILLED = _held.where(bookings.c.invoice_id == bindparam("invoice"))
BILL = (
    update(bookings)
    .where(among(bookings.c.id, key_set("asked")))
    .values(invoice_id=bindparam("invoice"))
    .returning(bookings.c.id)
)
RELEASE = (
    update(bookings).where(bookings.c.invoice_id == bindparam("invoice")).values(invoice_id=None)
)


async def to_bill(tx: Transaction, booking_ids: Sequence[str]) -> Rows:
    """Bookings that an invoice may bill, in the order asked, with `service_name`; locked until the end.

    A booking may be billed before its service is done, not where it was called off or missed.
    """
    found = {row.id: row for row in await _rows(tx, booking_ids)}
    for each in booking_ids:
        if each not in found:
            raise BookingNotFound(each[: ids.LIMIT])
        _check_stands(found[each])
        if found[each].invoice_id is not None:
            raise AlreadyBilled(each, found[each].invoice_id)
    return [found[each] for each in booking_ids]


async def bill(tx: Transaction, booking_ids: Sequence[str], *, invoice_id: str) -> None:
    """From now on this invoice bills what `to_bill` holds. Whoever calls publishes what was done."""
    done = await tx.rows(BILL, {"asked": booking_ids, "invoice": invoice_id})
    for each in set(booking_ids) - {row.id for row in done}:
        raise BookingNotFound(each[: ids.LIMIT])


async def billed(tx: Transaction, *, invoice_id: str) -> Rows:
    """The bookings of an invoice, held. Raises NotBillable where one was called off since."""
    found = await tx.rows(BILLED, {"invoice": invoice_id})
    for booking in found:
        _check_stands(booking)
    return found


async def release(tx: Transaction, *, invoice_id: str) -> Rows:
    """The bookings of an invoice, which may be billed again. Whoever calls publishes what was done."""
    found = await tx.rows(BILLED, {"invoice": invoice_id})
    if found:
        await tx.execute(RELEASE, {"invoice": invoice_id})
    return found


async def _rows(tx: Transaction, booking_ids: Sequence[str]) -> Rows:
    plausible = [each for each in booking_ids if ids.prefix_of(each) == "bkg"]
    return await tx.rows(ASKED, {"asked": plausible}) if plausible else []


def _check_stands(booking: Any) -> None:
    if booking.status not in STANDING:
        raise NotBillable(booking.id, booking.status)
