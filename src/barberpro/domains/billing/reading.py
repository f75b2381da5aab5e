"""What an invoice is made of, read and locked.

Every transaction locks in one order: invoice, bookings, counter. So none ever waits for one that waits for it.
"""

from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, cast, func, select

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import place
from barberpro.domains.people.errors import CustomerNotFound
from barberpro.domains.people.service import customer
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.sets import among, key_set

from .errors import BookingAtOtherLocation, BookingOfOtherCustomer, InvoiceNotFound
from .tables import invoice_lines, invoices

SHOP = select(place.c.id, place.c.time_zone, place.c.province).where(
    place.c.id == bindparam("location")
)
CUSTOMER = select(customer.c.id).where(customer.c.id == bindparam("customer"))
HELD = select(invoices).where(invoices.c.id == bindparam("invoice")).with_for_update(key_share=True)
LINES = (
    select(*[c for c in invoice_lines.c if c.name != "organization_id"])
    .where(invoice_lines.c.invoice_id == bindparam("invoice"))
    .order_by(invoice_lines.c.position)
)
c = invoice_lines.c
CHARGED = (
    select(
        c.invoice_id,
        c.position,
        c.booking_id,
        c.quantity,
        c.unit_price_minor,
        c.discount_minor,
        c.tax_rate_bps,
        c.currency_code,
    )
    .where(among(c.invoice_id, key_set("invoices")))
    .order_by(c.invoice_id, c.position)
)
TAXES = (
    select(
        c.invoice_id,
        c.tax_rate_bps.label("rate_bps"),
        cast(func.sum(c.net_minor), BigInteger).label("net_minor"),
        cast(func.sum(c.tax_minor), BigInteger).label("tax_minor"),
        c.currency_code,
    )
    .where(among(c.invoice_id, key_set("invoices")))
    .group_by(c.invoice_id, c.tax_rate_bps, c.currency_code)
    .order_by(c.invoice_id, c.tax_rate_bps)
)


async def shop(tx: Transaction, location_id: str) -> Row[Any]:
    """The location that issues, open or closed by now."""
    found = None
    if ids.prefix_of(location_id) == "loc":
        found = await tx.row(SHOP, {"location": location_id})
    if found is None:
        raise LocationNotFound(location_id[: ids.LIMIT])
    return found


async def buyer(
    tx: Transaction, bookings: Rows, *, location_id: str, customer_id: str | None
) -> str | None:
    """Who is billed: the customer named, else the bookings' one. Raises where those are not one."""
    if customer_id is not None:
        await _check_customer(tx, customer_id)
    for booking in bookings:
        customer_id = customer_id or booking.customer_id
        if booking.location_id != location_id:
            raise BookingAtOtherLocation(booking.id)
        if booking.customer_id != customer_id:
            raise BookingOfOtherCustomer(booking.id)
    return customer_id


async def held(tx: Transaction, invoice_id: str) -> Row[Any]:
    """The invoice, locked until the transaction ends."""
    found = None
    if ids.prefix_of(invoice_id) == "inv":
        found = await tx.row(HELD, {"invoice": invoice_id})
    if found is None:
        raise InvoiceNotFound(invoice_id[: ids.LIMIT])
    return found


async def lines(tx: Transaction, invoice_id: str) -> Rows:
    """The lines of an invoice, in order, as a copy of them would be written: without their tenant."""
    return await tx.rows(LINES, {"invoice": invoice_id})


def taxes() -> Select[*tuple[Any, ...]]:
    """What `:invoices` charge at each rate, the lowest first.

    Rows of invoice_id, rate_bps, net_minor, tax_minor and currency_code.
    """
    return TAXES


def charged() -> Select[*tuple[Any, ...]]:
    """What the lines of `:invoices` charge for, as `explaining.explained` takes them; the invoice is `invoice_id`."""
    return CHARGED


async def _check_customer(tx: Transaction, customer_id: str) -> None:
    if ids.prefix_of(customer_id) != "cus" or not await tx.row(CUSTOMER, {"customer": customer_id}):
        raise CustomerNotFound(customer_id[: ids.LIMIT])
