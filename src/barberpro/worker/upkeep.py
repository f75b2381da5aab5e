"""What is done every hour: sweep up what is over, change signing keys, ask customers to move where it is night."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.reshuffling import service as reshuffling
from barberpro.domains.identity.retention import KEPT
from barberpro.platform import idempotency, once, revocations
from barberpro.platform.binding import across_tenants
from barberpro.platform.clock import Clock
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import survey, transaction
from barberpro.platform.idempotency import idempotency_keys
from barberpro.platform.principal import worker
from barberpro.platform.relay import Relay
from barberpro.platform.retention import forget
from barberpro.platform.rotation import keep_rotated
from barberpro.platform.sealing.scrub import scrub
from barberpro.platform.settings import Settings

EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


async def keep_up(
    database: Database, clock: Clock, relay: Relay, settings: Settings, stop: asyncio.Event
) -> None:
    """Sweep at once and every hour until told to stop; trouble with one step waits for the next hour alone."""

    async def rotate() -> None:
        await keep_rotated(database, Sealer(load_master(settings)), settings, clock)

    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "rotate": rotate,
        "relay": relay.forget_old,
        "idempotency_keys": lambda: forget_keys(database, clock),
        "scrub": lambda: scrub(database),
        "credentials": lambda: forget_credentials(database, clock),
        "holds": lambda: sweep_holds(database, clock),
        "reshuffles": lambda: ask_to_move(database, clock),
        "retention": lambda: forget(database, clock, KEPT),
    }
    while not stop.is_set():
        for name, step in steps.items():
            try:
                await step()
            except Exception:  # a sweep that fails must not keep signing keys from being changed
                log.exception("upkeep_in_trouble", step=name)
        try:
            async with asyncio.timeout(EVERY.total_seconds()):
                await stop.wait()
        except TimeoutError:
            continue


async def forget_credentials(database: Database, clock: Clock) -> None:
    """Drop what was used once, and what was revoked, where it would have ended by now."""
    async with transaction(database, worker(""), clock, "upkeep") as tx:
        await once.forget_old(tx)
        await revocations.forget_old(tx)


async def forget_keys(database: Database, clock: Clock) -> None:
    """Drop idempotency keys that are past their day, a tenant a transaction."""
    tenant = idempotency_keys.c.organization_id
    async with survey(database, clock) as house:
        past = idempotency_keys.c.created_at < house.now - idempotency.KEPT
        stale = select(tenant).where(past).distinct()
        tenants = await house.rows(across_tenants(stale, "upkeep serves every tenant"))
    for (owner,) in tenants:
        async with transaction(database, worker(owner), clock, "upkeep") as tx:
            await idempotency.forget_old(tx)


async def sweep_holds(database: Database, clock: Clock) -> None:
    """Say of holds that ran out, and whose place nobody wanted since, that they did: a tenant a transaction."""
    async with survey(database, clock) as house:
        tenants = await house.rows(bookings.tenants_of_lapsed(house.now))
    for (owner,) in tenants:
        async with transaction(database, worker(owner), clock, "upkeep") as tx:
            await bookings.sweep(tx)


async def ask_to_move(database: Database, clock: Clock) -> None:
    """End what customers were asked and did not answer, and ask others where it is night: a tenant a transaction."""
    async with survey(database, clock) as house:
        tenants = await house.rows(reshuffling.tenants_that_ask())
    for (owner,) in tenants:
        async with transaction(database, worker(owner), clock, "upkeep") as tx:
            await reshuffling.by_night(tx)
