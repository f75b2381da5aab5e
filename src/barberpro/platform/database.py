"""The two databases: SQLite embedded in one machine, PostgreSQL for everything larger.

SQLite has one writer: its engine opens every transaction with BEGIN IMMEDIATE on a pool of one, so writers queue
instead of failing half way, while readers see the last committed state (WAL). PostgreSQL has connections of two roles
(`roles.py`), and the tenant of a transaction is a setting of that transaction alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from .direct import Direct
from .errors import Misconfigured
from .roles import SET_TENANT, Role, session
from .sealing.vault import Vault
from .ways import BUSY_SECONDS

DialectName = Literal["sqlite", "postgresql"]
SQLITE_READERS = 4


class Database:
    """One database: reads and writes for a tenant, and the platform's own work over all.

    What is sealed in it opens with `vault` alone.
    """

    def __init__(self, url: str, *, pool_size: int = 10, vault: Vault | None = None) -> None:
        self.url: URL = make_url(url)
        self.vault = vault
        self.dialect: DialectName = (
            "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        )
        if self.dialect == "sqlite":
            readers = min(pool_size, SQLITE_READERS)
            self.reader = sqlite(self.url, readers=readers)
            self.writer = self._house = sqlite(self.url)
            self._house_reader = self.reader
        else:
            readers = pool_size
            self.writer = postgresql(self.url, Role.APPLICATION, pool_size=pool_size)
            self.reader = self.writer.execution_options(isolation_level="AUTOCOMMIT")
            self._house = postgresql(self.url, Role.RELAY, pool_size=pool_size)
            self._house_reader = self._house.execution_options(isolation_level="AUTOCOMMIT")
        self.direct = Direct(self.url, self.reader.dialect, size=readers)

    @asynccontextmanager
    async def reading(self, tenant: str | None) -> AsyncIterator[AsyncConnection]:
        """A connection to read this tenant's rows on, or only what belongs to no tenant."""
        if self.dialect == "sqlite" or tenant is None:
            async with self.reader.connect() as connection:
                yield connection
            return
        async with self.writing(tenant) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[AsyncConnection]:
        """A transaction for this tenant: committed at the end, rolled back on any error."""
        async with self.writer.begin() as connection:
            if self.dialect == "postgresql":
                await connection.exec_driver_sql(SET_TENANT, (tenant, True))
            yield connection

    @asynccontextmanager
    async def housekeeping(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that reaches every tenant's rows."""
        async with self._house.begin() as connection:
            yield connection

    @asynccontextmanager
    async def surveying(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read every tenant's rows on; it holds no lock."""
        async with self._house_reader.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection; those in use finish first."""
        await self.direct.close()
        for engine in (self.reader, self.writer, self._house):
            await engine.dispose()


def postgresql(url: URL, role: Role | None, *, pool_size: int) -> AsyncEngine:
    """Connections in this role, or in the login's own, to change the database's shape."""
    if url.drivername != "postgresql+asyncpg":
        raise Misconfigured(
            "the database URL must start with postgresql+asyncpg:// or sqlite+aiosqlite://"
        )
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        hide_parameters=True,  # they hold names of people, and errors are logged
        connect_args={"server_settings": session(url, role)},
    )


def sqlite(url: URL, *, readers: int | None = None) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=readers or 1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what was erased is overwritten, not just left in a free page
            "temp_store = MEMORY",
            f"busy_timeout = {BUSY_SECONDS * 1000}",
            *(["query_only = ON"] if readers else []),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


def violated(error: DBAPIError) -> str:
    """The name of the constraint that refused a write, or the database's own words where it gives no name.

    SQLite names CHECK constraints and our triggers, but for UNIQUE it lists `table.column, …`.
    """
    cause = getattr(error.orig, "__cause__", None)
    name = getattr(cause, "constraint_name", None)
    return name or str(error.orig).rpartition("failed: ")[2].strip()
