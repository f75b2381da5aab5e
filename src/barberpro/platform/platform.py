"""The platform of one process: built once when it starts, closed when it ends, passed to whoever needs it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files

from .audit.checkpoints import Signer, Verifier
from .audit.refusals import Refusals
from .broadcast import Broadcast
from .clock import Clock, now
from .crypto import Sealer, load_master
from .database import Database
from .editions import Copies
from .keys import KeyRing
from .limits import Limiter, limiter
from .locale import Catalogue
from .once import Once
from .revocations import Revocations
from .sealing.vault import Vault
from .settings import Settings
from .upstreams.identity import Identity
from .upstreams.service import Upstreams


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
    once: Once
    revocations: Revocations
    refusals: Refusals
    broadcast: Broadcast
    upstreams: Upstreams
    cursor_secret: bytes
    """Seals the cursors of every process of this installation."""
    copies: Copies = field(default_factory=Copies)
    """What this process keeps of tenants' rows in memory."""

    @cached_property
    def audit_key(self) -> Verifier:
        """Checks the signed heads of the log."""
        return Signer(self.sealer, self.settings).verifier


@asynccontextmanager
async def opened(settings: Settings, *, clock: Clock = now) -> AsyncIterator[Platform]:
    """The platform under these settings. The database must have been migrated."""
    sealer = Sealer(load_master(settings))
    database = Database(settings.database, pool_size=settings.pool_size, vault=Vault(sealer))
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    limits = limiter(redis_url)
    once, revocations = Once(database, clock, redis_url), Revocations(database, clock, redis_url)
    refusals = Refusals(database, clock)
    refusals.start()
    try:
        keys = await KeyRing.load(database, sealer, clock)
        upstreams = Upstreams(
            settings.upstreams, Identity(settings.public_url.rstrip("/"), keys, clock)
        )
        async with aclosing(upstreams):
            yield Platform(
                settings=settings,
                database=database,
                clock=clock,
                sealer=sealer,
                keys=keys,
                limiter=limits,
                catalogue=Catalogue.load(files("barberpro") / "domains" / "messages"),
                once=once,
                revocations=revocations,
                refusals=refusals,
                broadcast=Broadcast(database, clock),
                upstreams=upstreams,
                cursor_secret=sealer.derived("cursors"),
            )
    finally:
        await refusals.close()
        await limits.close()
        await once.close()
        await revocations.close()
        await database.close()
