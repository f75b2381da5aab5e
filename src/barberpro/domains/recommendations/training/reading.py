"""The rows that the model learns from: statements over what other domains offer, and their columns in order."""

from datetime import datetime

from sqlalchemy import select

from barberpro.domains.bookings.service import history, ratings
from barberpro.domains.catalogue.service import offer
from barberpro.domains.locations.service import place
from barberpro.domains.people.service import customer, provider, works_at
from barberpro.platform.doors import Reader

from .past import Sources

_done, _rated = (
    history().order_by(None).subquery("done"),
    ratings().order_by(None).subquery("rated"),
)

CUSTOMERS = select(customer.c.id, customer.c.home_location_id)
SERVICES = select(offer.c.id, offer.c.is_active)
LOCATIONS = select(place.c.id, place.c.is_active)
SEATS = (
    select(works_at.c.provider_id, works_at.c.location_id)
    .join(provider, provider.c.id == works_at.c.provider_id)
    .where(provider.c.is_active)
)
BOOKINGS = select(
    _done.c.id,
    _done.c.customer_id,
    _done.c.service_id,
    _done.c.provider_id,
    _done.c.location_id,
    _done.c.starts_at,
)
RATINGS = select(
    _rated.c.booking_id,
    _rated.c.customer_id,
    _rated.c.provider_id,
    _rated.c.score,
    _rated.c.rated_at,
)


async def read(reader: Reader, before: datetime) -> Sources:
    """All that is known before a moment.

    Each answer is of its own instant, so what refers is read before what it refers to.
    """
    began = {"before": before}
    bookings = await reader.rows(BOOKINGS, began)
    rated = await reader.rows(RATINGS, began)
    return Sources(
        bookings=bookings,
        ratings=rated,
        seats=await reader.rows(SEATS),
        customers=await reader.rows(CUSTOMERS),
        services=await reader.rows(SERVICES),
        locations=await reader.rows(LOCATIONS),
    )
