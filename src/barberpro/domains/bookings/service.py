"""What can be done with bookings. Each change is one row of history and one event."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from barberpro.platform.doors import Transaction

from . import agenda, charging, diary, events, lapsing, lifecycle, reading, rules
from .afterwards import done as done
from .afterwards import rate as rate
from .afterwards import record as record
from .afterwards import retract as retract
from .agenda import Wish
from .charging import record_deposit as record_deposit
from .charging import waive as waive
from .history import history as history
from .history import history_at as history_at
from .history import ratings as ratings
from .holding import confirm as confirm
from .holding import extend as extend
from .holding import hold as hold
from .holding import release_hold as release_hold
from .invoicing import bill as bill
from .invoicing import billed as billed
from .invoicing import release as release
from .invoicing import to_bill as to_bill
from .lapsing import sweep as sweep
from .lapsing import tenants_of_lapsed as tenants_of_lapsed
from .lifecycle import Change, Channel
from .placing import placed
from .policies import publish_policy as publish_policy
from .rules import Slot
from .writing import ALTER, remember, stepped


async def create(
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
) -> Row[Any]:
    """Book a service; without a chair named, in the first that is free by label.

    Price and duration are the service's of today, and stay. It is the customer's first visit where
    they have no other booking that took place or will.
    """
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
    )
    event = events.BookingMade(
        subject=booking.id,
        location_id=location_id,
        provider_id=provider_id,
        chair_id=booking.chair_id,
        customer_id=customer_id,
        service_id=service_id,
        channel=channel,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )
    await remember(tx, Change.MADE, event, before=None, after=booking)
    return booking


async def reschedule(
    tx: Transaction,
    booking_id: str,
    *,
    starts_at: datetime | None = None,
    provider_id: str | None = None,
    chair_id: str | None = None,
    is_charged: bool = True,
) -> Row[Any]:
    """Move a booking at its location: to another time, provider or chair. Price and duration stay.

    Without a chair named it keeps its own where that is free. To where it is already it does not
    move: nothing is written, nobody is told. It may cost the late fee, unless the shop wished it.
    """
    before = await reading.held_with_shop(tx, booking_id)
    lifecycle.after(before.status, Change.MOVED)
    to_start = before.starts_at if starts_at is None else starts_at
    to_provider = before.provider_id if provider_id is None else provider_id
    is_elsewhere = to_start != before.starts_at or to_provider != before.provider_id
    if not is_elsewhere and chair_id in (None, before.chair_id):
        return before
    shop = await reading.for_move(tx, location_id=before.location_id, provider_id=to_provider)
    slot = Slot(
        before.taken_from,
        before.starts_at,
        before.ends_at,
        before.free_at,
        before.gap_starts_at,
        before.gap_ends_at,
    )
    if to_start != before.starts_at:
        slot = slot.moved(rules.start(to_start, now=tx.now, time_zone=shop.time_zone))
    if is_elsewhere:
        shop, days = await diary.read(tx, shop, slot, to_provider, moving=before.id)
        if to_start != before.starts_at:
            rules.check_open(shop, slot)
        days.check(shop, slot, before.service_id)
    wish = Wish(
        shop=shop,
        slot=slot,
        provider_id=to_provider,
        customer_id=before.customer_id,
        chair_id=chair_id,
        kept=before.chair_id,
        moving=before.id,
    )
    seat = await lapsing.seat(tx, wish)
    moved = {"booking": before.id, "provider_id": to_provider, "chair_id": seat.chair_id}
    with agenda.overlaps_refused(wish):
        booking = (await tx.execute(ALTER, moved | vars(slot))).one()
    event = events.BookingMoved(
        subject=booking.id,
        location_id=booking.location_id,
        from_starts_at=before.starts_at,
        from_provider_id=before.provider_id,
        from_chair_id=before.chair_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        provider_id=to_provider,
        chair_id=booking.chair_id,
    )
    await remember(tx, Change.MOVED, event, before=before, after=booking)
    if is_charged and to_start != before.starts_at:
        await charging.moved(tx, before)
    return booking


async def cancel(tx: Transaction, booking_id: str, *, reason: str | None = None) -> Row[Any]:
    """Call a booking off; its provider and chair are free again."""
    kept_reason = rules.reason(reason)
    before, booking = await stepped(tx, booking_id, Change.CANCELLED)
    event = events.BookingCancelled(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        starts_at=booking.starts_at,
    )
    await remember(tx, Change.CANCELLED, event, before=before, after=booking, reason=kept_reason)
    await charging.called_off(tx, before)
    return booking


async def check_in(tx: Transaction, booking_id: str) -> Row[Any]:
    """The customer is here."""
    before, booking = await stepped(tx, booking_id, Change.CHECKED_IN)
    event = events.BookingCheckedIn(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
    )
    await remember(tx, Change.CHECKED_IN, event, before=before, after=booking)
    return booking


async def complete(tx: Transaction, booking_id: str) -> Row[Any]:
    """The service was done. It ended now, or when planned if that is said later."""
    before, booking = await stepped(tx, booking_id, Change.COMPLETED)
    event = events.BookingCompleted(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        service_id=booking.service_id,
        ended_at=min(tx.now, booking.ends_at),
    )
    await remember(tx, Change.COMPLETED, event, before=before, after=booking)
    await charging.took_place(tx, before)
    return booking


async def mark_no_show(tx: Transaction, booking_id: str) -> Row[Any]:
    """The customer did not come; provider and chair are free again."""
    before, booking = await stepped(tx, booking_id, Change.MISSED)
    event = events.BookingMissed(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        starts_at=booking.starts_at,
    )
    await remember(tx, Change.MISSED, event, before=before, after=booking)
    await charging.missed(tx, before)
    return booking
