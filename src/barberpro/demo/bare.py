"""On SQLite an empty table is filled first, and gets its indexes and the triggers that refuse overlaps afterwards.

A trigger asks the table four times for each booking, and an index grows one row at a time: together more than half
of the time of a load. In the same transaction all rows are asked once, and indexes are sorted at once. PostgreSQL
gains nothing by it: there an exclusion constraint takes as long to make as to keep.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from barberpro.domains.bookings.lifecycle import OCCUPYING

KEPT = (
    "SELECT type, name, sql FROM sqlite_master"
    " WHERE tbl_name = ? AND sql IS NOT NULL AND type IN ('index', 'trigger')"
)
STANDING = ", ".join(f"'{status.value}'" for status in OCCUPYING)
OVERLAPS = (
    "SELECT count(*) FROM (SELECT taken_from < lag(free_at) OVER ("
    "PARTITION BY organization_id, {held} ORDER BY taken_from, free_at) AS is_taken"
    " FROM bookings WHERE status IN ({standing})) WHERE is_taken"
)
CHECKS = {
    "bookings": [
        OVERLAPS.format(held=held, standing=STANDING) for held in ("provider_id", "chair_id")
    ]
}
"""Counts of what a table's triggers would have refused; the triggers of other tables stay."""


class WouldHaveBeenRefused(AssertionError):
    """The rows break the rule of a trigger: the generator is wrong, and the load is rolled back."""


@asynccontextmanager
async def bare(connection: AsyncConnection, table: str) -> AsyncIterator[None]:
    """As long as this lasts an empty table has no indexes but those of its keys."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name != "sqlite" or await _one(driver, f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608
        yield
        return
    async with driver.execute(KEPT, (table,)) as cursor:
        kept = [row for row in await cursor.fetchall() if row[0] == "index" or table in CHECKS]
    for kind, name, _ in kept:
        await driver.execute(f"DROP {kind} {name}")
    yield
    for _, _, statement in kept:
        await driver.execute(statement)
    for check in CHECKS.get(table, ()):
        (refused,) = await _one(driver, check)
        if refused:
            raise WouldHaveBeenRefused(f"{refused} rows of {table} overlap")


async def _one(driver: Any, statement: str) -> Any:
    async with driver.execute(statement) as cursor:
        return await cursor.fetchone()
