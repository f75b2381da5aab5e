"""Tells the loyalty service's ledger what the demo's customers did: every completed visit of every tenant."""

from sqlalchemy import select

from barberpro.domains.bookings.lifecycle import Status
from barberpro.domains.bookings.tables import bookings
from barberpro.platform.clock import iso
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker

from ..clients import TENANTS
from .ledger import Ledger, Visit

COMPLETED = select(
    bookings.c.id,
    bookings.c.customer_id,
    bookings.c.location_id,
    bookings.c.price_minor,
    bookings.c.ends_at,
).where(bookings.c.status == Status.COMPLETED)


async def fill(ledger: Ledger, database: Database) -> int:
    """Make the ledger say what the bookings say now; how many visits that are.

    Anew each time: a visit that was retracted since loses its points.
    """
    told = 0
    for tenant in TENANTS:
        rows = await Reader(database, worker(tenant.id)).rows(COMPLETED)
        visits = (
            Visit(r.id, r.customer_id, r.location_id, r.price_minor, iso(r.ends_at)) for r in rows
        )
        told += ledger.replace(tenant.id, visits)
    return told
