"""Locks of all that a change of many bookings will touch, taken at once and in one order.

Locations come first, so that whoever moves a single booking there waits; then providers, customers and the bookings
themselves, each by id. That is the order in which a sweep of what ran out takes them too (`lapsing`).
"""

from collections.abc import Iterable

from sqlalchemy import select

from barberpro.domains.locations.service import place
from barberpro.domains.people.service import customer, provider
from barberpro.platform.doors import Transaction
from barberpro.platform.sets import among

from .tables import bookings


async def lock(
    tx: Transaction,
    *,
    locations: Iterable[str] = (),
    providers: Iterable[str] = (),
    customers: Iterable[str] = (),
    booked: Iterable[str] = (),
) -> None:
    """Lock these until the transaction ends. An id of nothing locks nothing: who books it is told."""
    for rows, names in (
        (place, locations),
        (provider, providers),
        (customer, customers),
        (bookings, booked),
    ):
        wanted = sorted(set(names))
        if wanted:
            await tx.rows(
                select(rows.c.id)
                .where(among(rows.c.id, wanted))
                .order_by(rows.c.id)
                .with_for_update(key_share=True)
            )
