"""What clients, users and keys may do now: read from the database every few seconds, whatever their tokens say."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.domains.identity.keys import calling as keys
from barberpro.domains.identity.users import service as users
from barberpro.domains.identity.users.service import Rights
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker
from barberpro.platform.revocations import Revocations

REMEMBERED = 4_096  # of all of them together
MISSES = (
    512  # remembered apart: anyone can make up names, and none of these pushes out what is there
)
KEPT = timedelta(seconds=5)  # how late a change may be noticed

Name = tuple[str, ...]
"""What is remembered: its kind, and the ids that find it."""


class Standings:
    """What each may do, at most five seconds ago, and never before the last announcement."""

    def __init__(self, database: Database, clock: Clock, revocations: Revocations) -> None:
        self._database = database
        self._clock = clock
        self._revocations = revocations
        self._known: OrderedDict[Name, Standing] = OrderedDict()
        self._missed: OrderedDict[Name, Standing] = OrderedDict()

    async def client(self, client: str) -> Row[Any] | None:
        """The client's row, or None where there is no such client."""
        return await self._of(("client", client), lambda: self._row("", clients.standing(client)))

    async def client_named(self, name: str) -> Row[Any] | None:
        """The row of the client of this name."""
        return await self._of(("name", name), lambda: self._row("", clients.named(name)))

    def has_met(self, key: str) -> bool:
        """Whether this key was there when it was last looked for, and is still remembered."""
        return ("key", key) in self._known

    async def key(self, key: str) -> Row[Any] | None:
        """The row of an API key or a public key."""
        return await self._of(("key", key), lambda: self._key(key))

    async def user(self, tenant: str, user: str) -> Rights:
        """What a user of this tenant may do; nothing where there is no such user, or not any more."""
        return await self._of(("user", tenant, user), lambda: self._rights(tenant, user))

    async def _rights(self, tenant: str, user: str) -> Rights:
        return await users.rights(Reader(self._database, worker(tenant)), user)

    async def _key(self, key: str) -> Row[Any] | None:
        owner = await self._row("", keys.owner(key))
        return owner and await self._row(owner.organization_id, keys.by_id(key))

    async def _row(self, tenant: str, statement: Any) -> Row[Any] | None:
        rows = await Reader(self._database, worker(tenant)).rows(statement)
        return rows[0] if rows else None

    async def _of(self, name: Name, read: Callable[[], Awaitable[Any]]) -> Any:
        """What is known by this name; callers at once share a read."""
        standing = self._known.get(name) or self._missed.get(name)
        if standing is None:
            standing = self._missed[name] = Standing()
            forget_oldest(self._missed, MISSES)
        elif name in self._known:
            self._known.move_to_end(name)
        if self._is_fresh(standing):
            return standing.found
        async with standing.reading:
            if not self._is_fresh(standing):
                now, generation = self._clock(), self._revocations.generation
                standing.found = await read()
                standing.read_at, standing.generation = now, generation
                if standing.found is not None:
                    self._missed.pop(name, None)
                    self._known[name] = standing
                    forget_oldest(self._known)
        return standing.found

    def _is_fresh(self, standing: "Standing") -> bool:
        """False too where the clock was set back: what was read is of a time yet to come."""
        if standing.read_at is None or standing.generation != self._revocations.generation:
            return False
        return timedelta(0) <= self._clock() - standing.read_at < KEPT


@dataclass
class Standing:
    """What was found, and when."""

    found: Any = None
    read_at: datetime | None = None
    generation: int = -1
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


def forget_oldest(known: OrderedDict[Any, Any], most: int | None = None) -> None:
    """Keep what was used last: REMEMBERED, or so many."""
    while len(known) > (most or REMEMBERED):
        known.popitem(last=False)
