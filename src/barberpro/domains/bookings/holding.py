"""Holds: a place that is kept for a customer while they make up their mind, and free again by itself."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from barberpro.domains.people.errors import CustomerErased
from barberpro.domains.people.service import customer
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction

from . import agenda, events, lifecycle, reading, rules
from .agenda import TENANT
from .errors import HoldLimitReached, HoldRanOut, TooManyHolds
from .lifecycle import Change, Channel, Status
from .placing import placed
from .tables import bookings
from .writing import ALTER, remember

MOST = 3
"""Places held for one customer at the same time."""
b = bookings.c
HELD_FOR = across_tenants(
    select(func.count().label("held")).where(
        b.organization_id == TENANT,
        b.customer_id == bindparam("customer"),
        b.status == Status.HELD,
        b.held_until > bindparam("now"),
    ),
    "of one tenant by its own criteria, but of all its locations: a customer may hold so many in all",
)
WHOSE = across_tenants(
    select(customer.c.id, customer.c.erased_at)
    .join(
        bookings,
        (b.organization_id == customer.c.organization_id) & (b.customer_id == customer.c.id),
    )
    .where(b.organization_id == TENANT, b.id == bindparam("booking"))
    .with_for_update(key_share=True, of=customer),
    "of one tenant by its own criteria: who may confirm a hold need not see whose it is",
)


async def hold(
    tx: Transaction,
    *,
    location_id: str,
    provider_id: str,
    customer_id: str,
    service_id: str,
    starts_at: datetime,
    chair_id: str | None = None,
    channel: Channel,
    notes: str | None = None,
    minutes: int = rules.USUAL_HOLD,
    most: int = MOST,
) -> Row[Any]:
    """Keep a place as `create` would take it, at today's price, for some minutes.

    It is in everybody's way until it runs out, is released, or is confirmed; it counts for nothing else. At `most` so
    many are held for the customer then.
    """
    held_for = timedelta(minutes=rules.hold_minutes(minutes))
    booking = await placed(
        tx,
        location_id=location_id,
        provider_id=provider_id,
        customer_id=customer_id,
        service_id=service_id,
        starts_at=starts_at,
        chair_id=chair_id,
        channel=channel,
        notes=notes,
        held_for=held_for,
    )
    asked = {"tenant": tx.principal.tenant, "customer": customer_id, "now": tx.now}
    if (await tx.rows(HELD_FOR, asked))[0].held > most:
        raise TooManyHolds(customer_id, most)
    event = events.BookingHeld(
        subject=booking.id,
        location_id=location_id,
        provider_id=provider_id,
        chair_id=booking.chair_id,
        customer_id=customer_id,
        service_id=service_id,
        channel=channel,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        held_until=booking.held_until,
    )
    await remember(tx, Change.HELD, event, before=None, after=booking)
    return booking


async def extend(tx: Transaction, booking_id: str, *, minutes: int) -> Row[Any]:
    """Hold it for so many minutes from now. What is held for longer already stays as it is."""
    to = tx.now + timedelta(minutes=rules.hold_minutes(minutes))
    before = await _live(tx, booking_id, Change.EXTENDED)
    latest = rules.latest_hold(before.created_at, before.starts_at)
    if to > latest:
        raise HoldLimitReached(latest, await reading.time_zone(tx, before.location_id))
    if to <= before.held_until:
        return before
    booking = (await tx.execute(ALTER, {"booking": before.id, "held_until": to})).one()
    event = events.HoldExtended(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        from_held_until=before.held_until,
        held_until=booking.held_until,
    )
    await remember(tx, Change.EXTENDED, event, before=before, after=booking)
    return booking


async def confirm(tx: Transaction, booking_id: str) -> Row[Any]:
    """Book what is held. It is the customer's first visit where nothing else stands by now."""
    asked = {"tenant": tx.principal.tenant, "booking": booking_id}
    whose = await tx.row(WHOSE, asked)  # before the booking: see `lapsing`
    before = await _live(tx, booking_id, Change.CONFIRMED)
    if whose is not None and whose.erased_at is not None:
        raise CustomerErased(before.customer_id)
    changed = {
        "status": Status.CONFIRMED,
        "held_until": None,
        "is_first_visit": not await agenda.has_booked(tx, before),
    }
    booking = (await tx.execute(ALTER, {"booking": before.id, **changed})).one()
    event = events.BookingConfirmed(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        chair_id=booking.chair_id,
        customer_id=booking.customer_id,
        service_id=booking.service_id,
        channel=booking.channel,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )
    await remember(tx, Change.CONFIRMED, event, before=before, after=booking)
    return booking


async def release_hold(tx: Transaction, booking_id: str) -> Row[Any]:
    """Let go of a place that is held; it is free at once."""
    before = await _live(tx, booking_id, Change.RELEASED)
    changed = {"booking": before.id, "status": Status.RELEASED}
    booking = (await tx.execute(ALTER, changed)).one()
    event = events.HoldReleased(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        starts_at=booking.starts_at,
    )
    await remember(tx, Change.RELEASED, event, before=before, after=booking)
    return booking


async def _live(tx: Transaction, booking_id: str, change: Change) -> Row[Any]:
    """What is held, locked. Whether somebody has swept it yet makes no difference to what is said of it."""
    before = await reading.held(tx, booking_id)
    is_over = before.status == Status.HELD and before.held_until <= tx.now
    if is_over or before.status == Status.EXPIRED:
        raise HoldRanOut(before.held_until, await reading.time_zone(tx, before.location_id))
    lifecycle.after(before.status, change)
    return before
