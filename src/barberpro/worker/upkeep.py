"""What is swept up every hour: deliveries long done, idempotency keys past their day."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import select

from barberpro.platform import idempotency
from barberpro.platform.binding import across_tenants
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import housekeeping, transaction
from barberpro.platform.idempotency import idempotency_keys
from barberpro.platform.principal import worker
from barberpro.platform.relay import Relay

EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


async def keep_up(database: Database, clock: Clock, relay: Relay, stop: asyncio.Event) -> None:
    """Sweep at once and every hour until told to stop; trouble waits for the next hour."""
    while not stop.is_set():
        try:
            await relay.forget_old()
            await forget_keys(database, clock)
        except Exception:
            log.exception("upkeep_in_trouble")
        try:
            async with asyncio.timeout(EVERY.total_seconds()):
                await stop.wait()
        except TimeoutError:
            continue


async def forget_keys(database: Database, clock: Clock) -> None:
    """Drop idempotency keys that are past their day, a tenant a transaction."""
    tenant = idempotency_keys.c.organization_id
    async with housekeeping(database, clock) as house:
        past = idempotency_keys.c.created_at < house.now - idempotency.KEPT
        stale = select(tenant).where(past).distinct()
        tenants = await house.rows(across_tenants(stale, "upkeep serves every tenant"))
    for (owner,) in tenants:
        async with transaction(database, worker(owner), clock, "upkeep") as tx:
            await idempotency.forget_old(tx)
