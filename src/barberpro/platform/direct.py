"""Reads sent straight to the driver (`ways.py`): each statement is compiled once, rows come as named tuples.

SQLAlchemy builds the statements, and here it compiles each once; its execution of them costs more than the drivers' own
does, and on SQLite eight hops between threads instead of one. Values go in and come out through the same types.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import URL, Dialect, Float, Numeric
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler

from .tables import Instant
from .ways import Connections, Threads


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
    names["new"] = new = partial(
        tuple.__new__, made
    )  # what `made(...)` comes to, without its detours
    if is_plain:
        return lambda rows: list(map(new, rows))
    source = f"lambda rows: [new(({', '.join(cells)},)) for r in rows]"
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
        is_sqlite = dialect.name == "sqlite"
        self._ways = Threads(url, size) if is_sqlite else Connections(url, dialect, size)

    async def rows(
        self, statement: Executable, values: Mapping[str, Any], tenant: str
    ) -> list[Any]:
        """The rows of a SELECT, for this tenant. ReadFailed where the database did not answer it."""
        ready = prepared(statement, self.dialect)
        try:
            found = await self._ways.fetch(ready.text, ready.arguments(values), tenant)
        except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise ReadFailed(f"{type(error).__name__} from: {ready.text}") from None
        return ready.rows(found)

    async def close(self) -> None:
        """Close every connection; what is under way finishes first."""
        await self._ways.close()
