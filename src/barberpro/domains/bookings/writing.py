"""How a change of a booking is written: the row, an entry in its history, and the event."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, bindparam, insert, update

from barberpro.platform import editions, ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import Event, publish
from barberpro.platform.money import Money
from barberpro.platform.sealing import keys

from . import lifecycle, reading
from .agenda import Seat, Wish
from .errors import NotYet
from .lifecycle import Change, Channel, Status
from .tables import booking_changes, bookings

# Made once: what they set comes with each execution.
MAKE = insert(bookings).returning(bookings)
ALTER = update(bookings).where(bookings.c.id == bindparam("booking")).returning(bookings)
REMEMBER = insert(booking_changes)


async def fresh(
    tx: Transaction,
    wish: Wish,
    seat: Seat,
    *,
    service_id: str,
    facts: Row[Any],
    price: Money,
    status: Status,
    channel: Channel,
    notes: str | None,
    held_until: datetime | None = None,
    policy_id: str | None = None,
) -> dict[str, Any]:
    """The row of a booking that was not there before."""
    booking_id = ids.new("bkg")
    return {
        "id": booking_id,
        "location_id": wish.shop.id,
        "provider_id": wish.provider_id,
        "chair_id": seat.chair_id,
        "customer_id": wish.customer_id,
        "service_id": service_id,
        "status": status,
        "channel": channel,
        **vars(wish.slot),
        "duration_minutes": facts.duration_minutes,
        "price_minor": price.minor,
        "currency_code": price.currency_code,
        "is_first_visit": not seat.has_booked,
        "notes": await _sealed(tx, wish.customer_id, bookings.c.notes, booking_id, notes),
        "created_at": tx.now,
        "held_until": held_until,
        "policy_id": policy_id,
    }


async def stepped(tx: Transaction, booking_id: str, change: Change) -> tuple[Row[Any], Row[Any]]:
    """The booking before and after a change of its status alone."""
    before = await reading.held(tx, booking_id)
    status = lifecycle.after(before.status, change)
    if change in lifecycle.ONCE_BEGUN and tx.now < before.starts_at:
        raise NotYet(before.starts_at, await reading.time_zone(tx, before.location_id))
    return before, (await tx.execute(ALTER, {"booking": booking_id, "status": status})).one()


async def remember(
    tx: Transaction,
    change: Change,
    event: Event,
    *,
    before: Row[Any] | None,
    after: Row[Any],
    reason: str | None = None,
    by: str | None = None,
) -> None:
    """Add to the booking's history, and tell others. `by` is who did it, where it was not the caller."""
    change_id = ids.new("bch")
    row = {
        "id": change_id,
        "booking_id": after.id,
        "kind": change,
        "from_status": before.status if before else None,
        "to_status": after.status,
        "from_starts_at": before.starts_at if before else None,
        "to_starts_at": after.starts_at,
        "from_provider_id": before.provider_id if before else None,
        "to_provider_id": after.provider_id,
        "reason": await _sealed(tx, after.customer_id, booking_changes.c.reason, change_id, reason),
        "changed_by": by or tx.principal.actor,
        "changed_at": tx.now,
    }
    await tx.execute(REMEMBER, row)
    await publish(tx, event, before=before, after=after)
    if change not in lifecycle.LEAVING_AS_IT_WAS:
        providers = {row.provider_id for row in (before, after) if row is not None}
        await editions.changed(tx, after.location_id, *providers)


async def _sealed(
    tx: Transaction, customer_id: str, column: Column[Any], row_id: str, plain: str | None
) -> bytes | None:
    """What somebody wrote of a customer, as it is stored; most bookings have nothing of the kind."""
    if plain is None:
        return None
    try:
        cipher = await keys.cipher_of(tx, customer_id)
    except keys.KeyDestroyed:
        return None  # of who was erased nothing more is written down
    return cipher.seal(column, row_id, plain)
