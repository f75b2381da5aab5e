"""Inserts columns as rows, on the driver's own connection, within the transaction that is open on it.

SQLAlchemy would make a dictionary of each row and pass each value through its types: several times
the work of the drivers themselves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from .columns import Column, Columns, plain

ARRAYS = {"O": "text[]", "M": "timestamptz[]", "i": "bigint[]", "f": "bigint[]", "b": "boolean[]"}
"""PostgreSQL's types for the kinds of columns there are."""
NEXT, NULL = "\x1f", "\x1e"
"""Between two values of a column, and for none: control characters, which no text here holds."""
CACHE_KIB = 256 * 1024


@asynccontextmanager
async def roomy(connection: AsyncConnection) -> AsyncIterator[None]:
    """Give SQLite memory for the indexes of large tables, as long as this lasts.

    With its own 2 MB, loading 200,000 bookings took twice the time.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with driver.execute("PRAGMA cache_size") as cursor:
        (usual,) = await cursor.fetchone()
    await driver.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    try:
        yield
    finally:
        await driver.execute(f"PRAGMA cache_size = {usual}")


async def insert(connection: AsyncConnection, table: str, columns: Columns) -> None:
    """Insert these rows. A statement must have been sent before: with it the transaction began."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        # Instants as text, in the form of `platform.tables.Instant`.
        values = [plain(column, "us") for column in columns.values()]
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
        await driver.executemany(statement, zip(*values, strict=True))
        return
    # Not COPY, which PostgreSQL refuses where row-level security holds; and each column as one
    # text, since asyncpg spends more on the elements of an array than PostgreSQL on reading them.
    given = (
        f"string_to_array(${n}, '{NEXT}', '{NULL}')::{ARRAYS[column.dtype.kind]}"
        for n, column in enumerate(columns.values(), 1)
    )
    statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({', '.join(given)})"  # noqa: S608
    await driver.execute(statement, *(_joined(column) for column in columns.values()))


def _joined(column: Column) -> str:
    """All values as one text that PostgreSQL takes apart."""
    if column.dtype.kind in "ib":
        return NEXT.join(column.astype(str).tolist())
    values = plain(column, "us")
    return NEXT.join([NULL if value is None else str(value) for value in values])
