"""What the rules look at, read in as few statements as can be, and locked against change meanwhile.

Every transaction locks in one order: location, booking, provider, customer, edition. So none ever waits
for one that waits for it. PostgreSQL locks in the order of OF; SQLite has one writer at a time and
needs no locks.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.sql.expression import FromClause

from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.catalogue.service import offer
from barberpro.domains.locations.errors import LocationClosedDown, LocationNotFound
from barberpro.domains.locations.service import Calendar, Span, place, span
from barberpro.domains.people.errors import (
    CustomerErased,
    CustomerNotFound,
    ProviderLeft,
    ProviderNotAtLocation,
    ProviderNotFound,
)
from barberpro.domains.people.service import customer, provider, works_at
from barberpro.platform import ids
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.errors import NotFound

from .errors import BookingNotFound
from .rules import Shop
from .tables import bookings, policies

AT_SHOP = and_(works_at.c.provider_id == provider.c.id, works_at.c.location_id == place.c.id)

# One row for each span of the opening hours, or one without a span where there are none.
_there = (
    select(
        place.c.id.label("location_id"),
        place.c.time_zone,
        place.c.province,
        place.c.closes_on_holidays,
        place.c.is_active.label("location_is_active"),
        span.c.weekday,
        span.c.opens_minute,
        span.c.closes_minute,
        provider.c.id.label("provider_id"),
        provider.c.is_active.label("provider_is_active"),
        works_at.c.id.label("works_at_id"),
    )
    .join_from(place, provider, provider.c.id == bindparam("provider"))
    .outerjoin(works_at, AT_SHOP)
    .outerjoin(span, span.c.location_id == place.c.id)
    .where(place.c.id == bindparam("location"))
)
THERE = _there.with_for_update(key_share=True, of=[place, provider])

IN_FORCE = select(policies.c.id).order_by(policies.c.version.desc()).limit(1).scalar_subquery()
NEW = (
    _there.add_columns(
        offer.c.is_active.label("service_is_active"),
        offer.c.duration_minutes,
        offer.c.buffer_before_minutes,
        offer.c.buffer_minutes,
        offer.c.gap_after_minutes,
        offer.c.gap_minutes,
        offer.c.price_minor,
        offer.c.currency_code,
        customer.c.erased_at,
        IN_FORCE.label("policy_id"),
    )
    .join(offer, offer.c.id == bindparam("service"))
    .join(customer, customer.c.id == bindparam("customer"))
    .with_for_update(key_share=True, of=[place, provider, customer])
)

ZONE = select(place.c.time_zone).where(place.c.id == bindparam("location"))
STANDING = (
    select(bookings)
    .join(place, place.c.id == bookings.c.location_id)
    .where(bookings.c.id == bindparam("booking"))
)


class Asked(NamedTuple):
    """An id that a caller gave: of which rows it should be, and what to say where it is of none."""

    id: str
    rows: FromClause
    prefix: str
    unknown: Callable[[str], NotFound]

    def not_found(self) -> NotFound:
        return self.unknown(self.id[: ids.LIMIT])


async def for_new(
    tx: Transaction, *, location_id: str, provider_id: str, customer_id: str, service_id: str
) -> tuple[Shop, Row[Any]]:
    """The shop, and the facts of the service, where these may be booked together."""
    shop, facts = await for_past(
        tx,
        location_id=location_id,
        provider_id=provider_id,
        customer_id=customer_id,
        service_id=service_id,
    )
    _check_at_work(facts)
    if not facts.service_is_active:
        raise ServiceWithdrawn(service_id)
    return shop, facts


async def for_past(
    tx: Transaction, *, location_id: str, provider_id: str, customer_id: str, service_id: str
) -> tuple[Shop, Row[Any]]:
    """The same of what was: shops have closed since, people have left, services been withdrawn."""
    asked = {
        "location": Asked(location_id, place, "loc", LocationNotFound),
        "provider": Asked(provider_id, provider, "prv", ProviderNotFound),
        "service": Asked(service_id, offer, "svc", ServiceNotFound),
        "customer": Asked(customer_id, customer, "cus", CustomerNotFound),
    }
    found = await _found(tx, NEW, asked)
    if found[0].erased_at is not None:
        raise CustomerErased(customer_id)
    return _shop(found), found[0]


async def for_move(tx: Transaction, *, location_id: str, provider_id: str) -> Shop:
    """The shop, where this provider may be booked."""
    asked = {
        "location": Asked(location_id, place, "loc", LocationNotFound),
        "provider": Asked(provider_id, provider, "prv", ProviderNotFound),
    }
    found = await _found(tx, THERE, asked)
    _check_at_work(found[0])
    return _shop(found)


async def held(tx: Transaction, booking_id: str) -> Row[Any]:
    """The booking, locked until the transaction ends."""
    return await _booking(tx, booking_id, of=[bookings])


async def held_with_shop(tx: Transaction, booking_id: str) -> Row[Any]:
    """The booking, locked, and its shop against all that is booked there."""
    return await _booking(tx, booking_id, of=[place, bookings])


async def time_zone(tx: Transaction, location_id: str) -> str:
    """The zone of a location: for refusals, which tell times."""
    return (await tx.rows(ZONE, {"location": location_id}))[0].time_zone


async def _booking(tx: Transaction, booking_id: str, *, of: list[Any]) -> Row[Any]:
    if ids.prefix_of(booking_id) == "bkg":
        locking = STANDING.with_for_update(key_share=True, of=of)
        found = await tx.row(locking, {"booking": booking_id})
        if found is not None:
            return found
    raise BookingNotFound(booking_id[: ids.LIMIT])


async def _found(tx: Transaction, statement: Any, asked: dict[str, Asked]) -> Rows:
    for each in asked.values():
        if ids.prefix_of(each.id) != each.prefix:
            raise each.not_found()
    found = await tx.rows(statement, {name: each.id for name, each in asked.items()})
    if not found:
        raise await _unknown(tx, asked.values())
    return found


async def _unknown(tx: Transaction, asked: Iterable[Asked]) -> NotFound:
    """Which of them it was: asked one by one, since a refusal may take longer than a booking."""
    asked = list(asked)
    for each in asked:
        if await tx.row(select(each.rows.c.id).where(each.rows.c.id == each.id)) is None:
            return each.not_found()
    return asked[0].not_found()


def _check_at_work(facts: Row[Any]) -> None:
    if not facts.location_is_active:
        raise LocationClosedDown(facts.location_id)
    if not facts.provider_is_active:
        raise ProviderLeft(facts.provider_id)
    if facts.works_at_id is None:
        raise ProviderNotAtLocation(facts.provider_id, facts.location_id)


def _shop(found: Rows) -> Shop:
    first = found[0]
    hours = [Span(r.weekday, r.opens_minute, r.closes_minute) for r in found if r.weekday]
    calendar = Calendar(first.time_zone, hours, first.province, first.closes_on_holidays)
    return Shop(first.location_id, first.location_is_active, calendar)
