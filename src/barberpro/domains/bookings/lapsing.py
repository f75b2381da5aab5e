"""Holds that ran out: whoever wants their place sweeps them away first, in the same transaction.

A constraint of the database cannot look at the clock, so what was held stays in the way until its status says that it
ran out. Who looks at what is free leaves it out as of its time (`diary.occupies`); an hour later at the latest the
platform's upkeep has it swept.

A transaction that sweeps holds its location, provider and customer already, and waits for the bookings. So one that
holds a booking that was held, to extend, confirm or release it, takes no lock afterwards but those of editions.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select, update

from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.principal import worker

from . import agenda, events
from .agenda import TENANT, Seat, Wish
from .lifecycle import Change, Status
from .tables import bookings
from .writing import remember

MOST = 500
"""Holds that one transaction of the upkeep sweeps."""
REASON = (
    "of one tenant by its own criteria, but of all its locations: what ran out is in the way of a"
    " provider also where the caller may not see it"
)
_held = select(bookings).order_by(bookings.c.id).with_for_update(key_share=True)
IN_THE_WAY = across_tenants(_held.where(agenda.lapsed(bookings)), REASON)
ALL = across_tenants(_held.where(agenda.ran_out(bookings)).limit(MOST), REASON)
EXPIRE = across_tenants(
    update(bookings)
    .where(bookings.c.organization_id == TENANT, bookings.c.id == bindparam("booking"))
    .values(status=Status.EXPIRED)
    .returning(bookings),
    REASON,
)


async def seat(tx: Transaction, wish: Wish) -> Seat:
    """Find the chair, and sweep away the holds that ran out where they may be in the way."""
    rows = await agenda.chairs(tx, wish)
    if rows and rows[0].has_lapsed:
        await _expire(tx, await tx.rows(IN_THE_WAY, agenda.parameters(tx, wish)))
        rows = await agenda.chairs(tx, wish)
    return agenda.seat(wish, rows)


def tenants_of_lapsed(now: datetime) -> Select[*tuple[Any, ...]]:
    """Whose holds ran out and were not swept: for the upkeep, which serves every tenant."""
    c = bookings.c
    is_over = (c.status == literal_column("'HELD'"), c.held_until <= now)
    return across_tenants(
        select(c.organization_id).where(*is_over).distinct(), "upkeep serves every tenant"
    )


async def sweep(tx: Transaction) -> int:
    """Say of the tenant's holds that ran out that they did, of 500 at most; how many there were."""
    found = await tx.rows(ALL, {"tenant": tx.principal.tenant, "now": tx.now})
    await _expire(tx, found)
    return len(found)


async def _expire(tx: Transaction, held: Rows) -> None:
    for before in held:
        expired: Any = await tx.execute(
            EXPIRE, {"tenant": tx.principal.tenant, "booking": before.id}
        )
        booking = expired.one()
        event = events.HoldExpired(
            subject=booking.id,
            location_id=booking.location_id,
            provider_id=booking.provider_id,
            customer_id=booking.customer_id,
            starts_at=booking.starts_at,
            held_until=booking.held_until,
        )
        by = worker(
            tx.principal.tenant
        ).actor  # nobody's doing, and whose place it was is not theirs to know
        await remember(tx, Change.EXPIRED, event, before=before, after=booking, by=by)
