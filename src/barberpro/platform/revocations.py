"""What was believed until it was taken back: tokens, grants, users, clients and keys, by their ids.

The table says what is void; every process keeps a copy. Without Redis it looks for news every four seconds. With Redis
it also asks for one small key twice a second, which `announce` changes, and looks at once where it did. A Redis that
fails or forgets makes a revocation later by those four seconds, never lost.

A revoked token, grant or key is void for good, whatever its clock said. A user or a client may be issued more, so
there a revocation voids what was issued up to its moment. Tokens tell the second they were issued in, so one that is
issued in the same second, after it, is void as well.
"""

import asyncio
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Column, Index, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from .binding import across_tenants
from .clock import Clock
from .database import Database
from .doors import Reader, Transaction
from .principal import worker
from .settings import Settings
from .tables import Instant, Key, shared_table

LOOK_EVERY = timedelta(seconds=4)  # and what was read may be a second old: within five it is felt
ASK_EVERY = timedelta(seconds=0.5)
PATIENCE = 0.25  # seconds that a request waits for Redis
PAUSE = 2.0  # seconds until a Redis that did not answer is asked again
OVERLAP = timedelta(minutes=1)  # clocks differ, and transactions end after they began
VERSION = "revocations:version"
log = structlog.get_logger(__name__)

WHY = "a revocation is looked for before its tenant is known"

revocations = shared_table(
    "revocations",
    Column("subject", Key, primary_key=True),
    Column("revoked_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index("ix_revocations_revoked_at", "revoked_at"),
)
c = revocations.c


def _revoke(insert: Any, later: Any) -> Any:
    """Of two revocations the later one holds: one by a process whose clock is behind takes nothing back."""
    made = insert(revocations)
    both = {
        column.name: later(column, made.excluded[column.name]) for column in (c.revoked_at, c.until)
    }
    return across_tenants(made.on_conflict_do_update(index_elements=[c.subject], set_=both), WHY)


REVOKE = {
    "postgresql": _revoke(postgresql.insert, func.greatest),
    "sqlite": _revoke(sqlite.insert, func.max),
}
NEWS = across_tenants(
    select(revocations).where(c.revoked_at > bindparam("since"), c.until > bindparam("now")), WHY
)
BEGINNING = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


async def revoke(tx: Transaction, subject: str, until: datetime) -> None:
    """Void what was issued under this id up to now: a token's `jti`, a grant, a user, a client, a key.

    `until` is when the last of it would have ended by itself; after that the row is swept up. Felt within five
    seconds of the commit, or within one where `Revocations.announce` follows it.
    """
    values = {"subject": subject, "revoked_at": tx.now, "until": until}
    await tx.execute(REVOKE[tx.dialect], values)
    tx.revoked = True


async def forget_old(tx: Transaction) -> None:
    """Drop revocations of what has ended by itself."""
    await tx.execute(across_tenants(delete(revocations).where(c.until < tx.now), WHY))


async def announce(settings: Settings) -> None:
    """Have every process look now: for a command, which keeps no copy of its own. Call it after the commit."""
    if settings.redis_url is None:
        return
    version = Version(settings.redis_url.get_secret_value())
    try:
        await version.change()
    finally:
        await version.close()


class Revocations:
    """What this process knows to be void."""

    def __init__(self, database: Database, clock: Clock, redis_url: str | None = None) -> None:
        self._reader = Reader(database, worker(""))
        self._clock = clock
        self._version = Version(redis_url) if redis_url else None
        self._void: dict[str, tuple[datetime, datetime]] = {}
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._knows_until = BEGINNING
        self._looking = asyncio.Lock()
        self.generation = 0
        """Changes whenever something was announced: whatever else is remembered of callers is then old."""
        self.edition = 0
        """Changes whenever this process may have learnt that more is void."""

    async def refresh(self) -> None:
        """Learn what others revoked, where it is time to look. Callers at once share a look."""
        if self.is_fresh():
            return
        async with self._looking:
            now = self._clock()
            if await self._announced(now):
                self._hear()
            if not _within(self._read_at, now, LOOK_EVERY):
                await self._look(now)

    def voids(self, issued_at: float, *subjects: str | None) -> bool:
        """Whether one of these was revoked at or after the (whole) second in which this was issued.

        `issued_at` is 0 for ids that are never good again: of a token, a grant, a key.
        """
        for subject in subjects:
            found = self._void.get(subject) if subject else None
            if found and issued_at <= found[0].timestamp() and self._clock() < found[1]:
                return True
        return False

    async def announce(self) -> None:
        """Have every process look now. Call it after the commit; without Redis only this process hears."""
        self._hear()
        if self._version is not None:
            await self._version.change()

    async def close(self) -> None:
        """Let go of connections."""
        if self._version is not None:
            await self._version.close()

    def is_fresh(self) -> bool:
        """Whether it is not yet time to look again."""
        now = self._clock()
        has_asked = self._version is None or _within(self._asked_at, now, ASK_EVERY)
        return has_asked and _within(self._read_at, now, LOOK_EVERY)

    async def _announced(self, now: datetime) -> bool:
        if self._version is None or _within(self._asked_at, now, ASK_EVERY):
            return False
        self._asked_at = now
        return await self._version.has_changed()

    def _hear(self) -> None:
        self.generation += 1
        self.edition += 1
        self._read_at = None

    async def _look(self, now: datetime) -> None:
        values = {"since": min(self._knows_until, now) - OVERLAP, "now": now}
        rows = await self._reader.rows(NEWS, values)
        kept = {key: known for key, known in self._void.items() if known[1] > now}
        self._void = kept | {row.subject: (row.revoked_at, row.until) for row in rows}
        self._read_at = self._knows_until = now
        self.edition += 1


class Version:
    """A key in Redis that is different after each announcement."""

    def __init__(self, url: str) -> None:
        # Its import takes a third of a second: only who shares anything pays for it.
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_timeout=None)
        self._seen: bytes | str | None = None
        self._ask_again_at = 0.0

    async def has_changed(self) -> bool:
        """Whether it is another than last time. A Redis that does not answer has told nothing."""
        if time.monotonic() < self._ask_again_at:
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._redis.get(VERSION)
        except Exception as error:  # no request fails for this: the table is read anyway
            log.warning("revocations.alone", error=type(error).__name__)
            self._ask_again_at = time.monotonic() + PAUSE
            return False
        changed, self._seen = found != self._seen, found
        return changed

    async def change(self) -> None:
        """Make it another; a Redis that lost it shows another one as well."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.set(VERSION, secrets.token_hex(8))
        except Exception as error:
            log.warning("revocations.unannounced", error=type(error).__name__)

    async def close(self) -> None:
        await self._redis.aclose()


def _within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    """False too where the clock was set back."""
    return at is not None and timedelta(0) <= now - at < span
