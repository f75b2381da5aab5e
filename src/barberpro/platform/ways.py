"""The ways from a read to the driver: connections of asyncpg set to a tenant, and threads of SQLite.

On PostgreSQL every connection is set to one tenant, which row-level security goes by. The setting outlives a statement,
so a read finds, where it can, a connection that is set to its tenant already and pays nothing; else it sets one with a
round trip more. A connection that saw an error or a cancellation is never used again: nobody knows what state it is in.
"""

import asyncio
import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import URL, Dialect

from .errors import Misconfigured
from .roles import SET_TENANT, Role, is_pooled, session

OF_SQLALCHEMY = ("async_fallback", "prepared_statement_cache_size", "prepared_statement_name_func")
"""Options in a URL that are not the driver's."""
STATEMENTS_KEPT = 200  # prepared on each connection
IDLE_SECONDS = 300  # after which a connection is closed when it is next looked at
CLOSE_SECONDS = 2
STEPS = 10_000  # of SQLite's machine, a millisecond or so
BUSY_SECONDS = 10
READING = ("temp_store = MEMORY", f"busy_timeout = {BUSY_SECONDS * 1000}", "query_only = ON")


@dataclass(eq=False)
class Connection:
    """One to PostgreSQL, the tenant it is set to, and since when nobody uses it."""

    driver: Any
    tenant: str | None = None
    idle_since: float = 0.0


class Connections:
    """Connections to PostgreSQL, at most `size` at once with those that are being closed."""

    def __init__(self, url: URL, dialect: Dialect, size: int) -> None:
        _, options = dialect.create_connect_args(url)
        self._is_pooled = is_pooled(url)
        self._options = {
            **{k: v for k, v in options.items() if k not in OF_SQLALCHEMY},
            "statement_cache_size": 0 if self._is_pooled else STATEMENTS_KEPT,
            "server_settings": session(url, Role.APPLICATION),
        }
        self._size = size
        self._places = asyncio.Semaphore(size)
        self._there = 0  # of ours at the server, as far as we know
        self._idle: list[Connection] = []  # the one used last stands last
        self._ending: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def fetch(
        self,
        text: str,
        arguments: list[Any],
        tenant: str,
        record: type[asyncpg.Record] = asyncpg.Record,
    ) -> list[Any]:
        """What a statement finds, each row of the class that is given."""
        await self._places.acquire()
        try:
            connection = self._taken(tenant) or await self._got(tenant)
            driver = connection.driver
            try:
                if self._is_pooled:
                    found = await self._set_for_once(driver, text, arguments, tenant, record)
                else:
                    if connection.tenant != tenant:
                        await driver.fetchval(SET_TENANT, tenant, False)
                        connection.tenant = tenant
                    found = await driver.fetch(text, *arguments, record_class=record)
            except BaseException:
                self._end(connection)
                raise
            self._give_back(connection)
            return found
        finally:
            self._places.release()

    async def _set_for_once(
        self, driver: Any, text: str, arguments: list[Any], tenant: str, record: Any
    ) -> list[Any]:
        """The same where a pooler may give the next transaction another session."""
        async with driver.transaction(readonly=True):
            await driver.fetchval(SET_TENANT, tenant, True)
            return await driver.fetch(text, *arguments, record_class=record)

    async def _got(self, tenant: str) -> Connection:
        """A connection for the place that the caller holds: free, or new once one that ends has made room."""
        while (free := self._taken(tenant)) is None:
            if self._there < self._size:
                return await self._opened()
            # All others who hold a place have a connection at most, so what is too many is ending.
            await asyncio.wait(self._ending, return_when=asyncio.FIRST_COMPLETED)
        return free

    def _taken(self, tenant: str) -> Connection | None:
        """A free connection: the last one used for this tenant, else the one unused for longest."""
        idle, long_ago = self._idle, asyncio.get_running_loop().time() - IDLE_SECONDS
        while idle and idle[0].idle_since <= long_ago:
            self._end(idle.pop(0))
        while idle:
            at = next((n for n in reversed(range(len(idle))) if idle[n].tenant == tenant), 0)
            found = idle.pop(at)
            if not found.driver.is_closed():
                return found
            self._end(found)
        return None

    def _give_back(self, connection: Connection) -> None:
        if self._is_closed:
            self._end(connection)
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)

    async def _opened(self) -> Connection:
        driver: Any = None
        self._there += 1
        try:
            driver = await asyncpg.connect(**self._options)
            for kind in ("json", "jsonb"):
                await driver.set_type_codec(
                    kind, schema="pg_catalog", encoder=str, decoder=json.loads
                )
        except BaseException:
            self._there -= 1
            if driver is not None:
                driver.terminate()
            raise
        return Connection(driver)

    def _end(self, connection: Connection) -> None:
        """Close a connection; a server that does not even answer a cancellation is not waited for."""
        ending = asyncio.create_task(_close(connection.driver))
        self._ending.add(ending)
        ending.add_done_callback(self._ended)

    def _ended(self, ending: asyncio.Task[None]) -> None:
        self._ending.discard(ending)
        self._there -= 1

    async def close(self) -> None:
        """Close every connection that is free; one in use closes with its read."""
        self._is_closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            self._end(connection)
        await asyncio.gather(*self._ending, return_exceptions=True)


async def _close(driver: Any) -> None:
    try:
        await driver.close(timeout=CLOSE_SECONDS)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        driver.terminate()


@dataclass
class Job:
    """One read; its thread looks every few thousand steps whether anybody still waits for it."""

    given_up: bool = False


class Threads:
    """Connections of SQLite, one a thread, for reading only."""

    def __init__(self, url: URL, size: int) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="sqlite")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def fetch(
        self, text: str, arguments: list[Any], _tenant: str, _record: Any = None
    ) -> list[Any]:
        """What a statement finds, as plain tuples."""
        job = Job()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._read, job, text, arguments)
        except asyncio.CancelledError:
            job.given_up = True
            raise

    def _read(self, job: Job, text: str, arguments: list[Any]) -> list[Any]:
        connection = self._connection()
        connection.set_progress_handler(lambda: job.given_up, STEPS)
        return connection.execute(text, arguments).fetchall()

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            file = self._url.database
            if not file or file == ":memory:" or "uri" in self._url.query:
                raise Misconfigured("reads need an SQLite file: sqlite+aiosqlite:///path")
            opened = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            for pragma in READING:
                opened.execute(f"PRAGMA {pragma}")
            self._opened.append(opened)
            self._own.connection = opened
        return self._own.connection

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()
