"""The process that does what outlives a request. Any number of them may run side by side."""

import asyncio
from collections.abc import Sequence

import structlog

from barberpro.platform.audit.keeper import Keeper
from barberpro.platform.clock import Clock, now
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.discovery import modules
from barberpro.platform.relay import HANDLERS, Relay
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

from .planner import Planner
from .upkeep import keep_up

DRAIN_SECONDS = 10.0

log = structlog.get_logger(__name__)


async def run(settings: Settings, stop: asyncio.Event, *, clock: Clock = now) -> None:
    """Work until told to stop, then finish what is in hand, for ten seconds at most.

    The database must have been migrated. What is cut off is taken up by another worker, or by this
    one when it is back: its lease runs out.
    """
    modules("barberpro.domains", "handlers")
    sealer = Sealer(load_master(settings))
    database = Database(settings.database, pool_size=settings.pool_size, vault=Vault(sealer))
    try:
        relay = Relay(database, clock, HANDLERS)
        log.info("worker_started", handlers=sorted(HANDLERS.by_name))
        keeper = Keeper(database, clock, sealer, settings)
        work = (
            relay.run(stop),
            keep_up(database, clock, relay, settings, stop),
            keeper.run(stop),
            Planner(database, clock).run(stop),
        )
        await _until(stop, [asyncio.create_task(one) for one in work])
        log.info("worker_stopped")
    finally:
        await database.close()


async def _until(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the tasks to end after `stop`; one that ends before, by a defect, ends them all."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await stopping
    _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
    for task in late:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    if late:
        log.warning("worker_cut_off", tasks=len(late))
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome
