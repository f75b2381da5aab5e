"""Reads sent straight to the driver (`ways.py`): each statement is compiled once, the cells of its rows have names.

SQLAlchemy builds the statements, and here it compiles each once; its execution of them costs more than the drivers' own
does, and on SQLite eight hops between threads instead of one. Values go in and come out through the same types.

A row is read by name, by place, or unpacked. asyncpg makes its records of a class of ours, so that they are rows as
they come; what else comes is made into named tuples, a third of a microsecond a row and more.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import URL, Dialect, Float, Numeric
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from .binding import bind
from .tables import Instant
from .ways import Connections, Threads

NONE: Mapping[str, Any] = {}


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
    record: type[asyncpg.Record]
    """What asyncpg makes its rows of."""
    rows: Callable[[list[Any]], list[Any]]
    """What becomes of the driver's rows."""

    def arguments(self, values: Mapping[str, Any], rules: Mapping[str, Any] = NONE) -> list[Any]:
        """The values in the order of the text, as the database keeps them. Rules prevail over values."""
        given = {**self.fixed, **values, **rules}
        return [self.into[n](given[n]) if n in self.into else given[n] for n in self.names]


def prepared(statement: Executable, dialect: Dialect, *, limited: bool) -> Prepared:
    """Bind a statement (`binding.py`) and compile it, for as long as it lives."""
    known = _prepared.get(statement)
    if known is None:
        known = _prepared[statement] = {}
    found = known.get((dialect.name, limited))
    if found is None:
        bound = bind(statement, limited=limited)
        found = known[dialect.name, limited] = _prepare(bound, dialect)
    return found


_prepared: WeakKeyDictionary[Executable, dict[tuple[str, bool], Prepared]] = WeakKeyDictionary()


def _prepare(statement: Executable, dialect: Dialect) -> Prepared:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - a SELECT's
    if compiled.post_compile_params:
        raise NotDirect("a statement whose text depends on its values is not sent directly")
    names = tuple(compiled.positiontup or ())
    into: dict[str, Any] = {n: p for n, p in compiled._bind_processors.items() if n in names}
    columns = compiled._result_columns
    called = tuple(c.keyname for c in columns)
    # What must be given has no value of its own: leaving it out is a defect, and shows as one.
    own = compiled.construct_params(_check=False)
    fixed = {n: own[n] for n in names if not compiled.binds[n].required}
    record, rows = _record(called), _reader(called, columns, dialect)
    return Prepared(compiled.string, names, fixed, into, record, rows)


@lru_cache(maxsize=1_000)
def _record(called: tuple[str, ...]) -> type[asyncpg.Record]:
    """A record whose cells have these names. One class for all alike: a statement is prepared once a class."""
    cells = {name: property(itemgetter(at)) for at, name in enumerate(called)}
    return type("Row", (asyncpg.Record,), {"__slots__": (), **cells})


def _reader(
    called: tuple[str, ...], columns: Sequence[Any], dialect: Dialect
) -> Callable[[list[Any]], list[Any]]:
    """Turns what the driver gives into rows; generated, so that only cells of a kind that needs it are touched."""
    made = namedtuple("Row", called, rename=True)  # type: ignore[misc]
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
    names["new"] = new = partial(
        tuple.__new__, made
    )  # what `made(...)` comes to, without its detours
    if is_plain:
        return _as_they_come if dialect.name == "postgresql" else lambda rows: list(map(new, rows))
    source = f"lambda rows: [new(({', '.join(cells)},)) for r in rows]"
    return eval(source, names)  # noqa: S307 - our own source: numbers, and names made of them


def _as_they_come(rows: list[Any]) -> list[Any]:
    return rows


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
        is_sqlite = dialect.name == "sqlite"
        self._ways = Threads(url, size) if is_sqlite else Connections(url, dialect, size)

    async def rows(self, ready: Prepared, arguments: list[Any], tenant: str) -> list[Any]:
        """The rows of a SELECT, for this tenant. ReadFailed where the database did not answer it."""
        try:
            found = await self._ways.fetch(ready.text, arguments, tenant, ready.record)
        except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise ReadFailed(f"{type(error).__name__} from: {ready.text}") from None
        return ready.rows(found)

    async def close(self) -> None:
        """Close every connection; what is under way finishes first."""
        await self._ways.close()
