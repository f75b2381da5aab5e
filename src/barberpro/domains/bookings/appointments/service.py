"""What can be done with appointments: all of it, or nothing, and each booking by the rules every booking is held to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select

from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.domains.catalogue.service import offer
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import publish
from barberpro.platform.sets import among, key_set

from .. import holding, rules
from .. import service as bookings
from ..lifecycle import Channel
from ..lifecycle import Status as Booked
from ..locking import lock
from ..tables import bookings as visits
from . import events, sequence
from .errors import AppointmentNotFound, AppointmentOver
from .sequence import Part
from .tables import appointment_items, appointments

b, i = visits.c, appointment_items.c
OFFERS = select(offer).where(among(offer.c.id, key_set("keys")))
FOUND = select(appointments).where(appointments.c.id == bindparam("appointment"))
VISITS = (
    select(visits)
    .join(appointment_items, i.booking_id == b.id)
    .where(i.appointment_id == bindparam("appointment"))
    .order_by(i.place_in_appointment)
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A service of an appointment."""

    service_id: str
    provider_id: str
    chair_id: str | None = None
    guest: int = 0
    after_minutes: int = 0
    customer_id: str | None = None
    """For whom, where not for who makes the appointment."""


async def book(
    tx: Transaction,
    *,
    location_id: str,
    customer_id: str,
    starts_at: datetime,
    items: Sequence[Wanted],
    channel: Channel,
    notes: str | None = None,
    hold_minutes: int | None = None,
) -> Row[Any]:
    """Book all of these, or hold them for so many minutes: each guest's one after the other, the guests' side by side.

    What is raised of an item says its place in the list. The notes are the first booking's.
    """
    sequence.check([each.guest for each in items], [each.after_minutes for each in items])
    if hold_minutes is not None:
        rules.hold_minutes(hold_minutes)
    await lock(
        tx,
        locations=[location_id],
        providers=[each.provider_id for each in items],
        customers=[customer_id, *(each.customer_id for each in items if each.customer_id)],
    )
    offers = {
        row.id: row for row in await tx.rows(OFFERS, {"keys": [each.service_id for each in items]})
    }
    parts: list[Part] = []
    made: list[Row[Any]] = []
    for n, each in enumerate(items):
        if each.service_id not in offers:
            raise ServiceNotFound(each.service_id[: ids.LIMIT]).at(n)
        slot = sequence.next_slot(
            parts,
            shape=offers[each.service_id],
            guest=each.guest,
            provider_id=each.provider_id,
            after_minutes=each.after_minutes,
            starts_at=starts_at,
        )
        parts.append(Part(each.guest, each.provider_id, slot))
        wish: dict[str, Any] = {
            "location_id": location_id,
            "provider_id": each.provider_id,
            "customer_id": each.customer_id or customer_id,
            "service_id": each.service_id,
            "starts_at": slot.starts_at,
            "chair_id": each.chair_id,
            "channel": channel,
            "notes": notes if n == 0 else None,
        }
        try:
            if hold_minutes is None:
                made.append(await bookings.create(tx, **wish))
            else:
                most = holding.MOST + len(items) - 1  # all of it counts as one
                made.append(await bookings.hold(tx, **wish, minutes=hold_minutes, most=most))
        except Failure as failure:
            raise failure.at(n) from None
    return await _written(tx, location_id, customer_id, items, made)


async def confirm(tx: Transaction, appointment_id: str) -> Row[Any]:
    """Book all that is held, at the prices it was held at."""
    appointment, standing = await _held(tx, appointment_id)
    live = _in(standing, Booked.HELD)
    await _each(live, standing, lambda each: bookings.confirm(tx, each.id))
    event = events.AppointmentConfirmed(
        subject=appointment.id,
        location_id=appointment.location_id,
        booking_ids=[each.id for each in live],
    )
    await publish(tx, event, before=appointment, after=appointment)
    return appointment


async def move(tx: Transaction, appointment_id: str, *, starts_at: datetime) -> Row[Any]:
    """Have what is left of it begin at another time, all by as much; each may cost its own late fee."""
    appointment, standing = await _held(tx, appointment_id)
    live = _in(standing, Booked.CONFIRMED, Booked.CHECKED_IN)
    first = min(each.starts_at for each in live)
    by = starts_at - first
    # Who comes earlier from the first on, who comes later from the last on: so each finds room.
    in_turn = sorted(live, key=lambda each: (each.starts_at, each.id), reverse=starts_at > first)
    await _each(
        in_turn,
        standing,
        lambda each: bookings.reschedule(tx, each.id, starts_at=each.starts_at + by),
    )
    if by:
        event = events.AppointmentMoved(
            subject=appointment.id,
            location_id=appointment.location_id,
            booking_ids=[each.id for each in live],
            from_starts_at=first,
            starts_at=starts_at,
        )
        await publish(tx, event, before=appointment, after=appointment)
    return appointment


async def cancel(tx: Transaction, appointment_id: str, *, reason: str | None = None) -> Row[Any]:
    """Call off what is left of it, and give back what is held; each may cost its own late fee."""
    rules.reason(reason)
    appointment, standing = await _held(tx, appointment_id)
    live = _in(standing, Booked.CONFIRMED, Booked.CHECKED_IN, Booked.HELD, until=tx.now)

    async def end(each: Row[Any]) -> Row[Any]:
        if each.status == Booked.HELD:
            return await bookings.release_hold(tx, each.id)
        return await bookings.cancel(tx, each.id, reason=reason)

    await _each(live, standing, end)
    event = events.AppointmentCancelled(
        subject=appointment.id,
        location_id=appointment.location_id,
        booking_ids=[each.id for each in live],
    )
    await publish(tx, event, before=appointment, after=appointment)
    return appointment


def statuses(appointment_ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The status of each booking of these appointments."""
    return (
        select(i.appointment_id, b.status)
        .join_from(appointment_items, visits, b.id == i.booking_id)
        .where(among(i.appointment_id, appointment_ids))
    )


async def _written(
    tx: Transaction,
    location_id: str,
    customer_id: str,
    items: Sequence[Wanted],
    made: Sequence[Row[Any]],
) -> Row[Any]:
    row = {
        "id": ids.new("apt"),
        "location_id": location_id,
        "customer_id": customer_id,
        "created_at": tx.now,
    }
    appointment = (await tx.execute(insert(appointments).returning(appointments), row)).one()
    rows = [
        {
            "id": ids.new("api"),
            "appointment_id": appointment.id,
            "location_id": location_id,
            "booking_id": booking.id,
            "place_in_appointment": n,
            "guest": each.guest,
        }
        for n, (each, booking) in enumerate(zip(items, made, strict=True))
    ]
    await tx.insert(insert(appointment_items), rows)
    event = events.AppointmentMade(
        subject=appointment.id,
        location_id=location_id,
        customer_id=customer_id,
        booking_ids=[booking.id for booking in made],
    )
    await publish(tx, event, after=appointment)
    return appointment


async def _held(tx: Transaction, appointment_id: str) -> tuple[Row[Any], Rows]:
    """The appointment and its bookings in order, locked."""
    known = ids.prefix_of(appointment_id) == "apt"
    asked = {"appointment": appointment_id}
    found = await tx.row(FOUND, asked) if known else None
    if found is None:
        raise AppointmentNotFound(appointment_id[: ids.LIMIT])
    await lock(tx, locations=[found.location_id])
    standing = await tx.rows(VISITS, asked)
    await lock(
        tx,
        providers=[each.provider_id for each in standing],
        customers=[each.customer_id for each in standing],
        booked=[each.id for each in standing],
    )
    return found, await tx.rows(VISITS, asked)


def _in(standing: Rows, *wanted: Booked, until: datetime | None = None) -> list[Row[Any]]:
    """The bookings in these statuses; of what is held, if given, only what has not run out `until` then."""
    live = [
        each
        for each in standing
        if each.status in wanted
        and (until is None or each.held_until is None or each.held_until > until)
    ]
    if not live:
        raise AppointmentOver(sequence.status(each.status for each in standing))
    return live


async def _each(
    in_turn: Sequence[Row[Any]], standing: Rows, act: Callable[[Row[Any]], Awaitable[Any]]
) -> None:
    """Do it with each; what is raised says the place in the appointment."""
    places = {each.id: n for n, each in enumerate(standing)}
    for each in in_turn:
        try:
            await act(each)
        except Failure as failure:
            raise failure.at(places[each.id]) from None
