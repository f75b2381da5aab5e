"""Reads sent straight to the driver: one call on asyncpg, one hop to a thread on SQLite, rows as named tuples.

SQLAlchemy builds the statements, and here it compiles each once; its execution of them costs more than the drivers' own
does, and on SQLite eight hops between threads instead of one. Values go in and come out through the same types.
"""

import asyncio
import json
import sqlite3
import threading
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import URL, Dialect, Float, Numeric
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from .errors import Misconfigured
from .tables import Instant

OF_SQLALCHEMY = ("async_fallback", "prepared_statement_cache_size", "prepared_statement_name_func")
"""Options in a URL that are not the driver's."""
STATEMENTS_KEPT = 200  # prepared on each connection
RELEASE_SECONDS = 2
STEPS = 10_000  # of SQLite's machine, a millisecond or so


class ReadFailed(Exception):
    """The database refused a read, or could not be asked. Its own words may hold values, so they are not told on."""


class NotDirect(Exception):
    """A defect of ours: a statement was kept that only SQLAlchemy can send."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A statement as the driver takes it: its text, what its parameters are called, what becomes of its rows."""

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    into: Mapping[str, Callable[[Any], Any]]
    rows: Callable[[Sequence[Any]], list[Any]]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text, as the database keeps them."""
        given = {**self.fixed, **values}
        return [self.into[n](given[n]) if n in self.into else given[n] for n in self.names]


def prepared(statement: Executable, dialect: Dialect) -> Prepared:
    """Compile a statement, for as long as it lives."""
    known = _prepared.setdefault(statement, {})
    if dialect.name not in known:
        known[dialect.name] = _prepare(statement, dialect)
    return known[dialect.name]


_prepared: WeakKeyDictionary[Executable, dict[str, Prepared]] = WeakKeyDictionary()


def _prepare(statement: Executable, dialect: Dialect) -> Prepared:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - a SELECT's
    if compiled.post_compile_params:
        raise NotDirect("a statement whose text depends on its values is not sent directly")
    names = tuple(compiled.positiontup or ())
    into: dict[str, Any] = {n: p for n, p in compiled._bind_processors.items() if n in names}
    columns = compiled._result_columns
    made = namedtuple("Row", [c.keyname for c in columns], rename=True)  # type: ignore[misc]
    # What must be given has no value of its own: leaving it out is a defect, and shows as one.
    own = compiled.construct_params(_check=False)
    fixed = {n: own[n] for n in names if not compiled.binds[n].required}
    return Prepared(compiled.string, names, fixed, into, _reader(made, columns, dialect))


def _reader(
    made: Any, columns: Sequence[Any], dialect: Dialect
) -> Callable[[Sequence[Any]], list[Any]]:
    """Turns what the driver gives into rows; generated, so that only cells of a kind that needs it are touched."""
    names: dict[str, Any] = {"made": made}
    cells, is_plain = [], True
    for at, column in enumerate(columns):
        process = _processor(column.type, dialect)
        if process is None:
            cells.append(f"r[{at}]")
        else:
            names[f"p{at}"] = process
            cells.append(f"p{at}(r[{at}])")
            is_plain = False
    if is_plain:
        return lambda rows: list(map(made._make, rows))
    source = f"lambda rows: [made({', '.join(cells)}) for r in rows]"
    return eval(source, names)  # noqa: S307 - our own source: numbers, and names made of them


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a cell what SQLAlchemy would. asyncpg gives floats, and instants in UTC, as they should be."""
    if dialect.name == "postgresql" and isinstance(kind, Instant | Float):
        return None
    if isinstance(kind, Numeric) and dialect.name == "postgresql":
        raise NotDirect("a numeric column is not read directly")
    return kind._cached_result_processor(dialect, None)


class Direct:
    """The ways to the driver, opened when they are first used."""

    def __init__(self, url: URL, dialect: Dialect, *, size: int) -> None:
        self.dialect = dialect
        self._ways = _Threads(url, size) if dialect.name == "sqlite" else _Pool(url, dialect, size)

    async def rows(self, statement: Executable, values: Mapping[str, Any]) -> list[Any]:
        """The rows of a SELECT. ReadFailed where the database did not answer it."""
        ready = prepared(statement, self.dialect)
        try:
            found = await self._ways.fetch(ready.text, ready.arguments(values))
        except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise ReadFailed(f"{type(error).__name__} from: {ready.text}") from None
        return ready.rows(found)

    async def close(self) -> None:
        """Close every connection; what is under way finishes first."""
        await self._ways.close()


class _Pool:
    """Connections of asyncpg. Reads leave nothing behind on them, so nothing is reset between two."""

    def __init__(self, url: URL, dialect: Dialect, size: int) -> None:
        _, options = dialect.create_connect_args(url)
        # Said for SQLAlchemy, and true of us: before a pooler there are no prepared statements.
        is_pooled = options.get("prepared_statement_cache_size") == 0
        self._options = {
            **{k: v for k, v in options.items() if k not in OF_SQLALCHEMY},
            "statement_cache_size": 0 if is_pooled else STATEMENTS_KEPT,
            "server_settings": {"timezone": "UTC"},
        }
        self._size = size
        self._pool: asyncpg.Pool | None = None

    async def fetch(self, text: str, arguments: list[Any]) -> Sequence[Any]:
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                **self._options,
                min_size=0,
                max_size=self._size,
                init=_speaks_json,
                reset=_left_as_it_is,
            )
        pool = await self._pool
        assert pool is not None  # noqa: S101
        connection = await pool.acquire()
        try:
            return await connection.fetch(text, *arguments)
        finally:
            # A server that does not even answer a cancellation is left behind, not waited for.
            await pool.release(connection, timeout=RELEASE_SECONDS)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


async def _speaks_json(connection: Any) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=str, decoder=json.loads)


async def _left_as_it_is(_connection: Any) -> None: ...


@dataclass
class _Job:
    """One read; its thread looks every few thousand steps whether anybody still waits for it."""

    given_up: bool = False


class _Threads:
    """Connections of SQLite, one a thread, for reading only."""

    def __init__(self, url: URL, size: int) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="sqlite")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def fetch(self, text: str, arguments: list[Any]) -> Sequence[Any]:
        job = _Job()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._read, job, text, arguments)
        except asyncio.CancelledError:
            job.given_up = True
            raise

    def _read(self, job: _Job, text: str, arguments: list[Any]) -> Sequence[Any]:
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


BUSY_SECONDS = 10
READING = ("temp_store = MEMORY", f"busy_timeout = {BUSY_SECONDS * 1000}", "query_only = ON")
