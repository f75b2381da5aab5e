"""The platform of one process: built once when it starts, closed when it ends, passed to whoever needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

from .clock import Clock, now
from .crypto import Sealer, load_master
from .database import Database
from .keys import KeyRing
from .limiter import Limiter, limiter
from .locale import Catalogue
from .settings import Settings


@dataclass(frozen=True)
class Platform:
    """Everything with a connection, a key or a clock in it."""

    settings: Settings
    database: Database
    clock: Clock
    sealer: Sealer
    keys: KeyRing
    limiter: Limiter
    catalogue: Catalogue
    cursor_secret: bytes
    """Seals the cursors of every process of this installation."""


@asynccontextmanager
async def opened(settings: Settings, *, clock: Clock = now) -> AsyncIterator[Platform]:
    """The platform under these settings. The database must have been migrated."""
    database = Database(settings.database, pool_size=settings.pool_size)
    limits = limiter(settings.redis_url.get_secret_value() if settings.redis_url else None)
    try:
        sealer = Sealer(load_master(settings))
        yield Platform(
            settings=settings,
            database=database,
            clock=clock,
            sealer=sealer,
            keys=await KeyRing.load(database, sealer, clock),
            limiter=limits,
            catalogue=Catalogue.load(files("barberpro") / "domains" / "messages"),
            cursor_secret=sealer.derived("cursors"),
        )
    finally:
        await limits.close()
        await database.close()
