"""Takes what was erased off the disk where SQLite still has it: its log keeps old pages until it is emptied.

On PostgreSQL old versions of rows go with VACUUM, which it runs by itself, and its log is recycled. Copies and backups
keep a destroyed key as long as they are kept themselves.
"""

from typing import Any

from ..database import Database


async def scrub(database: Database) -> bool:
    """Write SQLite's log into the file and empty it; False where a reader was in the way, for a later try."""
    if database.dialect != "sqlite":
        return True
    async with database.writer.connect() as connection:
        raw: Any = await connection.get_raw_connection()
        async with raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
            (busy, _, _) = await cursor.fetchone()
    return not busy
