"""The two databases: SQLite embedded in one machine, PostgreSQL for everything larger.

SQLite has one writer: its engine opens every transaction with BEGIN IMMEDIATE on a pool of one, so writers queue
instead of failing half way, while readers see the last committed state (WAL). PostgreSQL reads run in autocommit:
a SELECT pays no BEGIN and no ROLLBACK.
"""

from typing import Any, Literal

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from .direct import BUSY_SECONDS, Direct
from .errors import Misconfigured

DialectName = Literal["sqlite", "postgresql"]
SQLITE_READERS = 4


class Database:
    """Two engines over one database: `reader` and `writer`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url: URL = make_url(url)
        self.dialect: DialectName = (
            "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        )
        if self.dialect == "sqlite":
            self.reader = _sqlite(self.url, readers=min(pool_size, SQLITE_READERS))
            self.writer = _sqlite(self.url)
        else:
            if self.url.drivername != "postgresql+asyncpg":
                raise Misconfigured(
                    "the database URL must start with postgresql+asyncpg:// or sqlite+aiosqlite://"
                )
            self.writer = create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=0,
                pool_pre_ping=False,
                hide_parameters=True,  # they hold names of people, and errors are logged
                connect_args={"server_settings": {"timezone": "UTC"}},
            )
            # One pool for both: reads differ only by not opening a transaction.
            self.reader = self.writer.execution_options(isolation_level="AUTOCOMMIT")
        readers = min(pool_size, SQLITE_READERS) if self.dialect == "sqlite" else pool_size
        self.direct = Direct(self.url, self.reader.dialect, size=readers)

    async def close(self) -> None:
        """Close every connection; those in use finish first."""
        await self.direct.close()
        await self.reader.dispose()
        await self.writer.dispose()


def _sqlite(url: URL, *, readers: int | None = None) -> AsyncEngine:
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
