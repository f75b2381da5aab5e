"""The database's shape, step by step: migrations, and whether a database still matches the tables.

All of it may be called with or without an event loop running; it opens a connection of its own.
Two processes that start at once do not both migrate: PostgreSQL holds an advisory lock meanwhile,
SQLite its one write lock. On SQLite all steps of one call stand or fall together, on PostgreSQL
each for itself. There is only forward: what a step took away is in the backup made before it.
"""

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from barberpro.platform.database import postgresql, sqlite
from barberpro.platform.discovery import modules

from .differences import differences

T = TypeVar("T")
HERE = Path(__file__).parent
LOCK = 4_907_311_002  # any number of ours: PostgreSQL's advisory locks know no names
_one_at_a_time = threading.Lock()  # Alembic keeps the migration in progress in a global


class BrokenReferences(Exception):
    """A migration was rolled back, for it would have left rows that point to nothing."""


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database to this revision; it is empty at first. Already there is no error.

    The folder of an SQLite file is made where it is missing, open to its owner only.
    """
    file = _file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _changing(url, lambda connection: command.upgrade(_config(connection), to))


def current(url: str) -> str | None:
    """The revision of a database, or None where it was never migrated."""
    file = _file(url)
    if file is not None and not file.exists():
        return None
    return _reading(url, lambda c: MigrationContext.configure(c).get_current_revision())


def head() -> str:
    """The revision this version of the code needs."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "a package without its migrations"  # noqa: S101
    return newest


def is_behind(url: str) -> bool:
    """Whether this version of the code needs an upgrade of the database first.

    A database that a newer version has upgraded is not behind: during a rollout both versions run.
    """
    at = current(url)
    known = {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}
    return at is None or (at in known and at != head())


def drift(url: str) -> list[str]:
    """How a database differs from the tables as declared, one line each; empty is right."""
    know_all_tables()
    return _reading(url, differences)


def analyze(url: str) -> None:
    """Have PostgreSQL look at what its tables hold: after a bulk load it does so by itself only a minute later.

    Until then it took 25 ms for 68 invoices by their ids, by an index on something else. SQLite goes by its indexes.
    """
    if _file(url) is None:
        _changing(url, lambda connection: connection.execute(text("ANALYZE")))


def revision(message: str) -> Path:
    """Write the next migration from what the tables say and the migrations do not yet make.

    It compares with an empty SQLite database brought to head: what only PostgreSQL knows, rules in
    triggers, and moves of data are for the author to add; so is `guard` for a tenant's table, and
    `drift` tells where it lacks.
    """
    know_all_tables()
    number = f"{int(head()) + 1:04}"

    def write(connection: Connection) -> Path:
        config = _config(connection)
        command.upgrade(config, "head")
        script = command.revision(config, message, autogenerate=True, rev_id=number)
        assert isinstance(script, Script)  # noqa: S101 - one, for one head was asked for
        return Path(script.path)

    return _changing("sqlite+aiosqlite://", write)


def know_all_tables() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    for own in ("deliveries", "events", "idempotency", "keys", "once", "revocations"):
        importlib.import_module(f"barberpro.platform.{own}")
    importlib.import_module("barberpro.platform.sealing.tables")
    importlib.import_module("barberpro.platform.audit.tables")
    modules("barberpro.domains", "tables")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _file(url: str) -> Path | None:
    parsed = make_url(url)
    return (
        Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    )


def _reading(url: str, work: Callable[[Connection], T]) -> T:
    async def read() -> T:
        async with _opened(url, readers=1) as engine, engine.connect() as connection:
            return await connection.run_sync(work)

    return _in_thread(read())


def _changing(url: str, work: Callable[[Connection], T]) -> T:
    """Run this on the only connection that may change the database's shape just now."""

    async def change() -> T:
        async with _opened(url) as engine, engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                return await _in_one_transaction(connection, work)
            await connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
            await (
                connection.commit()
            )  # the lock is the session's: each migration has a transaction of its own
            done = await connection.run_sync(work)
            await connection.commit()
            return done

    with _one_at_a_time:
        return _in_thread(change())


async def _in_one_transaction(connection: AsyncConnection, work: Callable[[Connection], T]) -> T:
    """SQLite rebuilds a table to change it, and breaks references meanwhile: checked at the end."""
    raw = await connection.get_raw_connection()
    await raw.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
    async with connection.begin():
        done = await connection.run_sync(work)
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
        if broken:
            tables = sorted({row.table for row in broken})
            raise BrokenReferences(
                f"the migration leaves rows of {', '.join(tables)} that point nowhere"
            )
    return done


@asynccontextmanager
async def _opened(url: str, *, readers: int | None = None) -> AsyncIterator[AsyncEngine]:
    """Connections of the login itself, which owns the tables."""
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    engine = sqlite(parsed, readers=readers) if is_sqlite else postgresql(parsed, None, pool_size=1)
    try:
        yield engine
    finally:
        await engine.dispose()


def _in_thread(work: Coroutine[Any, Any, T]) -> T:
    """The answer of this coroutine, whether or not the caller's thread has a loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
