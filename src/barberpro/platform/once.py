"""What may be used one time only: proofs, nonces, assertions; across all processes.

Redis keeps what was used where there is one, else a table does. While Redis does not answer, the table does, which
does not know what Redis knew: what was used before could be used once more, for as long as it is valid.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Column, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from .binding import across_tenants
from .clock import Clock
from .database import Database
from .doors import Transaction, transaction
from .principal import worker
from .tables import Instant, Key, shared_table

PATIENCE = 0.25  # seconds that a request waits for Redis
WHY = "what was used is a digest that says nothing of a tenant"

log = structlog.get_logger(__name__)

used_once = shared_table(
    "used_once",
    Column("digest", Key, primary_key=True),
    Column("until", Instant, nullable=False, index=True),
)
c = used_once.c


def _use(insert: Any) -> Any:
    """One row for each use; a row whose time is over is as good as none."""
    made = insert(used_once).values(digest=bindparam("digest"), until=bindparam("until"))
    over = made.on_conflict_do_update(
        index_elements=[c.digest],
        set_={"until": made.excluded.until},
        where=c.until <= bindparam("now", type_=Instant),
    )
    return across_tenants(over.returning(c.digest), WHY)


USE = {"postgresql": _use(postgresql.insert), "sqlite": _use(sqlite.insert)}


async def forget_old(tx: Transaction) -> None:
    """Drop what could not be used any more anyway."""
    await tx.execute(across_tenants(delete(used_once).where(c.until < tx.now), WHY))


class Once:
    """Remembers what was used, for as long as it could be used again."""

    def __init__(self, database: Database, clock: Clock, redis_url: str | None = None) -> None:
        self._database = database
        self._clock = clock
        self._redis = _redis(redis_url) if redis_url else None

    async def first(self, what: str, until: datetime) -> bool:
        """Whether this is the first use of `what`; of many at once, one is. It is kept until `until`."""
        # Whatever a caller sends, what is kept is short.
        digest = hashlib.sha256(what.encode()).hexdigest()
        if self._redis is not None:
            left = max(until - self._clock(), timedelta(seconds=1))
            try:
                async with asyncio.timeout(PATIENCE):
                    return bool(await self._redis.set(f"once:{digest}", 1, nx=True, px=left))
            except Exception as error:  # whatever it is, the table can tell
                log.warning("once.alone", error=type(error).__name__)
        return await self._first_in_table(digest, until)

    async def close(self) -> None:
        """Let go of connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _first_in_table(self, digest: str, until: datetime) -> bool:
        async with transaction(self._database, worker(""), self._clock, "once") as tx:
            values = {"digest": digest, "until": until, "now": tx.now}
            return await tx.row(USE[tx.dialect], values) is not None


def _redis(url: str) -> Any:
    # Its import takes a third of a second: only who shares anything pays for it. Nothing is sent twice: the second
    # time would say that it was used.
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=None)
