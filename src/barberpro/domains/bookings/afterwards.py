"""What is said of a booking after the fact: that it took place, that it did not, and how it was."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update

from barberpro.domains.catalogue import service as catalogue
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.money import Money

from . import agenda, charging, events, lapsing, reading, rules
from .agenda import Wish
from .errors import AlreadyBilled, NotCompleted
from .lifecycle import Change, Channel, Status
from .tables import bookings, ratings
from .writing import MAKE, fresh, remember, stepped

RATED = select(ratings).where(ratings.c.booking_id == bindparam("booking"))
RATE = insert(ratings).returning(ratings)
RATE_AGAIN = update(ratings).where(ratings.c.booking_id == bindparam("booking")).returning(ratings)
DONE = (
    select(bookings.c.id)
    .where(bookings.c.id == bindparam("booking"), bookings.c.status == Status.COMPLETED)
    .with_for_update(read=True)
)


async def record(
    tx: Transaction,
    *,
    location_id: str,
    provider_id: str,
    customer_id: str,
    service_id: str,
    starts_at: datetime,
    chair_id: str | None = None,
    price: Money | None = None,
    channel: Channel,
    notes: str | None = None,
) -> Row[Any]:
    """Write down a booking that took place: the history of a shop that is new here.

    Its price is today's where none is given. What was open then is not known, so it is not asked;
    that nobody was in two chairs is.
    """
    kept_notes = rules.notes(notes)
    shop, facts = await reading.for_past(
        tx,
        location_id=location_id,
        provider_id=provider_id,
        customer_id=customer_id,
        service_id=service_id,
    )
    paid = price or Money(facts.price_minor, facts.currency_code)
    catalogue.priced(paid)
    slot = rules.past_slot(
        starts_at,
        facts,
        now=tx.now,
        time_zone=shop.time_zone,
    )
    wish = Wish(
        shop=shop,
        slot=slot,
        provider_id=provider_id,
        customer_id=customer_id,
        chair_id=chair_id,
        before=slot.starts_at,
    )
    seat = await lapsing.seat(tx, wish)
    made = await fresh(
        tx,
        wish,
        seat,
        service_id=service_id,
        facts=facts,
        price=paid,
        status=Status.COMPLETED,
        channel=channel,
        notes=kept_notes,
    )
    with agenda.overlaps_refused(wish):
        booking = (await tx.execute(MAKE, made)).one()
    event = events.BookingRecorded(
        subject=booking.id,
        location_id=location_id,
        provider_id=provider_id,
        customer_id=customer_id,
        service_id=service_id,
        starts_at=slot.starts_at,
        ended_at=slot.ends_at,
    )
    await remember(tx, Change.RECORDED, event, before=None, after=booking)
    return booking


async def retract(tx: Transaction, booking_id: str, *, reason: str | None = None) -> Row[Any]:
    """A booking that was said to have taken place did not, or was written down by mistake.

    One that is billed is billed for something that was done: its invoice is credited first.
    """
    kept_reason = rules.reason(reason)
    before, booking = await stepped(tx, booking_id, Change.RETRACTED)
    if before.invoice_id is not None:
        raise AlreadyBilled(booking_id, before.invoice_id)
    event = events.BookingRetracted(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
    )
    await remember(tx, Change.RETRACTED, event, before=before, after=booking, reason=kept_reason)
    await charging.did_not(tx, before)
    return booking


async def rate(tx: Transaction, booking_id: str, *, score: int) -> Row[Any]:
    """How a service that was done was, in whole stars from 1 to 5. The last word counts."""
    stars = rules.score(score)
    booking = await reading.held(tx, booking_id)
    if booking.status != Status.COMPLETED:
        raise NotCompleted(booking.status)
    before = await tx.row(RATED, {"booking": booking.id})
    given = {"score": stars, "rated_at": tx.now}
    if before is None:
        row = {"id": ids.new("rat"), "booking_id": booking.id, **given}
        rating = (await tx.execute(RATE, row)).one()
    elif before.score == stars:
        return booking
    else:
        rating = (await tx.execute(RATE_AGAIN, {"booking": booking.id, **given})).one()
    event = events.BookingRated(
        subject=booking.id,
        location_id=booking.location_id,
        provider_id=booking.provider_id,
        customer_id=booking.customer_id,
        score=stars,
    )
    await publish(tx, event, before=before, after=rating)
    return booking


def done() -> Select[Any]:
    """The id of `:booking` where its service was done, held until the transaction ends."""
    return DONE
