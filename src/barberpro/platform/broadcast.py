"""What happens in a tenant, as it is committed: for subscribers, in whichever process they are connected.

A process reads the outbox itself, twice a second for each tenant that somebody listens to. So there is no message that
could be lost between processes, and it is the same on every database, whoever published: another worker, a job, a
command. Transactions end in another order than they began, so each look goes back over the last minute, and what was
seen is not told twice. A transaction that takes longer than that minute is not told of, and events of one instant
come in no particular order.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, select

from .clock import Clock
from .database import Database
from .doors import Reader
from .events import Event, events, revived
from .principal import worker

EVERY_SECONDS = 0.5
OVERLAP = timedelta(minutes=1)  # clocks differ, and transactions end after they began
LONGEST_GAP = timedelta(minutes=5)
"""Without a look, after a sleep or an outage; a longer one is not caught up, its listeners begin anew."""
MOST_WAITING = 500
"""Things with news that a listener has not taken; with more it is too slow."""

c = events.c
SINCE = (
    select(c.id, c.type, c.data, c.occurred_at)
    .where(c.occurred_at > bindparam("since"))
    .order_by(c.occurred_at, c.id)
)
log = structlog.get_logger(__name__)


class Behind(Exception):
    """There was more than the listener was told: it should read anew what it shows, and listen again."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and when it was published."""

    event: Event
    at: datetime
    about: str = ""
    """The id of what it is news of, for who listens; empty where that is its subject."""


Wants = Callable[[Event], str | None]
"""What an event is news of, for a listener who wants it; None for one who does not."""


class Listener:
    """Waits for events. Of several about one thing only the last is kept: who is told reads the row as it is now.

    It knows nothing of rights. Whoever passes an event on reads what it is about by the caller's own door first.
    """

    def __init__(self, wants: Wants) -> None:
        self._wants = wants
        self._waiting: dict[str, Happened] = {}
        self._is_behind = False
        self._has_news = asyncio.Event()

    async def next(self) -> Happened:
        """The next event, the longest untold first. Behind, from then on, where some were dropped."""
        await self._has_news.wait()
        if self._is_behind:
            raise Behind
        about = next(iter(self._waiting))
        told = self._waiting.pop(about)
        if not self._waiting:
            self._has_news.clear()
        return told

    def tell(self, told: Happened) -> None:
        """Keep the event until it is asked for, where it is wanted."""
        about = None if self._is_behind else self._wants(told.event)
        if about is None:
            return
        self._waiting[about] = replace(told, about=about)
        self._has_news.set()
        if len(self._waiting) > MOST_WAITING:
            self.fall_behind()

    def fall_behind(self) -> None:
        """Drop what waits: the listener cannot be told everything any more."""
        self._is_behind = True
        self._waiting.clear()
        self._has_news.set()


class Broadcast:
    """Every listener of this process. A tenant without listeners costs nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._feeds: dict[str, Feed] = {}

    @asynccontextmanager
    async def listening(self, tenant: str, wants: Wants) -> AsyncIterator[Listener]:
        """Within it, each event of the tenant that is committed from now on is told at least once."""
        feed = self._feeds.get(tenant)
        if feed is None:
            feed = self._feeds[tenant] = Feed(Reader(self._database, worker(tenant)), self._clock)
        listener = Listener(wants)
        feed.listeners.add(listener)
        try:
            await feed.begin()
            yield listener
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners:
                del self._feeds[tenant]
                await feed.end()

    async def look(self) -> None:
        """Look now, without waiting for the time: for who knows that there is news."""
        for feed in list(self._feeds.values()):
            await feed.look()


class Feed:
    """The outbox of one tenant, read for all its listeners at once."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self.listeners: set[Listener] = set()
        self._reader = reader
        self._clock = clock
        self._seen: frozenset[str] = frozenset()
        self._read_at: datetime | None = None
        self._looking = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Learn what has been published, so that all the rest is news; then follow."""
        async with self._looking:
            if self._following is None:
                await self._read()
                self._following = asyncio.create_task(self._follow())

    async def end(self) -> None:
        """Follow no longer."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])

    async def look(self) -> None:
        """Tell every listener what was committed since the last look."""
        async with self._looking:
            for row in await self._read():
                event = revived(row.type, row.data)
                if event is not None:
                    for listener in self.listeners:
                        listener.tell(Happened(event, row.occurred_at))

    async def _read(self) -> list[Row[Any]]:
        """The rows that were not there when it was last called; after too long a gap only the latest of them."""
        now, last = self._clock(), self._read_at
        if last is not None and now - last > LONGEST_GAP:
            for listener in self.listeners:
                listener.fall_behind()
            last = None
        rows = await self._reader.rows(SINCE, {"since": min(last or now, now) - OVERLAP})
        before, self._seen = self._seen, frozenset(row.id for row in rows)
        self._read_at = now
        return [row for row in rows if row.id not in before]

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except (
                Exception
            ) as error:  # the database is away, say: the next look goes back to the last
                log.warning("broadcast.missed_a_look", error=type(error).__name__)
