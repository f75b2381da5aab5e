"""What can be done with the services on offer."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from babel.numbers import is_currency
from sqlalchemy import Row, select, update

from barberpro.platform import ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.money import Money
from barberpro.platform.sets import among
from barberpro.platform.unique import insert_unless_taken

from . import events
from .errors import (
    BufferBeforeOutOfRange,
    BufferOutOfRange,
    DurationOutOfRange,
    GapOutOfRange,
    PriceOutOfRange,
    ServiceNameTaken,
    ServiceNotFound,
    UnknownCurrency,
)
from .tables import services

DURATIONS = range(5, 12 * 60 + 1)  # minutes, as the table checks them
BUFFERS = range(4 * 60 + 1)
LONGEST = timedelta(minutes=DURATIONS[-1] + BUFFERS[-1])
"""From its start on no booking keeps its provider and chair for longer."""
LONGEST_BUFFER = timedelta(minutes=BUFFERS[-1])
"""None keeps them from earlier on."""
SHORTEST_PART = 5  # minutes of a gap, and of the work before and after it, as the table checks them
HIGHEST_PRICE = 10**12  # minor units: above any haircut, and a sum of them still fits a column

offer = services.alias("offer")
"""Services, for others to join to rows of their own."""


async def offer_service(
    tx: Transaction,
    *,
    name: str,
    duration_minutes: int,
    buffer_minutes: int,
    price: Money,
    buffer_before_minutes: int = 0,
    gap_after_minutes: int = 0,
    gap_minutes: int = 0,
) -> Row[Any]:
    """Put a service on the menu. In the buffers before and after it the chair is made ready
    and swept, and nobody booked.

    In a gap the customer keeps the chair, and the provider may be booked by others. It begins so many minutes
    after the service; both numbers are 0 where there is none.
    """
    tidy = text.name(name)
    if duration_minutes not in DURATIONS:
        raise DurationOutOfRange(DURATIONS[0], DURATIONS[-1])
    if buffer_before_minutes not in BUFFERS:
        raise BufferBeforeOutOfRange(BUFFERS[0], BUFFERS[-1])
    if buffer_minutes not in BUFFERS:
        raise BufferOutOfRange(BUFFERS[0], BUFFERS[-1])
    _check_gap(gap_after_minutes, gap_minutes, duration_minutes)
    offered = await insert_unless_taken(
        tx,
        services,
        {
            "id": ids.new("svc"),
            "name": tidy,
            "name_key": text.fold(tidy),
            "duration_minutes": duration_minutes,
            "buffer_before_minutes": buffer_before_minutes,
            "buffer_minutes": buffer_minutes,
            "gap_after_minutes": gap_after_minutes,
            "gap_minutes": gap_minutes,
            **priced(price),
            "is_active": True,
            "created_at": tx.now,
        },
    )
    if offered is None:
        raise ServiceNameTaken(tidy)
    await publish(tx, events.ServiceOffered(subject=offered.id), after=offered)
    return offered


async def reprice(tx: Transaction, service_id: str, *, price: Money) -> Row[Any]:
    """Ask another price. Bookings made before keep theirs; the same price changes nothing."""
    asked = priced(price)
    before = await _held(tx, service_id)
    if asked == {"price_minor": before.price_minor, "currency_code": before.currency_code}:
        return before
    after = await _changed(tx, service_id, asked)
    repriced = events.ServiceRepriced(
        subject=service_id,
        from_price_minor=before.price_minor,
        from_currency_code=before.currency_code,
        to_price_minor=after.price_minor,
        to_currency_code=after.currency_code,
    )
    await publish(tx, repriced, before=before, after=after)
    return after


async def withdraw(tx: Transaction, service_id: str) -> Row[Any]:
    """Take a service off the menu. Bookings of it stand; one that is off already stays so."""
    before = await _held(tx, service_id)
    if not before.is_active:
        return before
    after = await _changed(tx, service_id, {"is_active": False})
    await publish(tx, events.ServiceWithdrawn(subject=service_id), before=before, after=after)
    return after


async def check_known(tx: Transaction, service_ids: Iterable[str]) -> None:
    """Raise ServiceNotFound for the first that is no service of this organization."""
    asked = list(service_ids)
    plausible = [each for each in asked if ids.prefix_of(each) == "svc"]
    found = await tx.rows(select(services.c.id).where(among(services.c.id, plausible)))
    known = {row.id for row in found}
    for each in asked:
        if each not in known:
            raise ServiceNotFound(each[: ids.LIMIT])


def priced(price: Money) -> dict[str, Any]:
    """The columns of a price that may be asked. Raises UnknownCurrency, PriceOutOfRange."""
    if not is_currency(price.currency_code):
        raise UnknownCurrency
    if not 0 <= price.minor <= HIGHEST_PRICE:
        raise PriceOutOfRange(Money(HIGHEST_PRICE, price.currency_code).amount)
    return {"price_minor": price.minor, "currency_code": price.currency_code}


def _check_gap(after: int, minutes: int, duration: int) -> None:
    """There is none, or there is work before and after it."""
    is_within = min(after, minutes) >= SHORTEST_PART and after + minutes + SHORTEST_PART <= duration
    if not is_within and (after, minutes) != (0, 0):
        raise GapOutOfRange(SHORTEST_PART, max(0, duration - 2 * SHORTEST_PART))


async def _held(tx: Transaction, service_id: str) -> Row[Any]:
    """The service, locked against other changes until the transaction ends."""
    if ids.prefix_of(service_id) == "svc":
        wanted = select(services).where(services.c.id == service_id)
        found = await tx.row(wanted.with_for_update(key_share=True))
        if found is not None:
            return found
    raise ServiceNotFound(service_id[: ids.LIMIT])


async def _changed(tx: Transaction, service_id: str, values: dict[str, Any]) -> Row[Any]:
    change = update(services).where(services.c.id == service_id).values(**values)
    return (await tx.execute(change.returning(services))).one()
