"""The points' ledger: an SQLite file in which each completed visit is one entry."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

MINOR_PER_POINT = 10_000
"""One point for each 100 pesos."""

TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    tenant TEXT NOT NULL, booking_id TEXT NOT NULL, customer_id TEXT NOT NULL, location_id TEXT NOT NULL,
    points INTEGER NOT NULL, earned_at TEXT NOT NULL,
    PRIMARY KEY (tenant, booking_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_of_customer ON entries (tenant, customer_id, earned_at);
"""
OF_CUSTOMERS = """
SELECT customer_id, location_id, booking_id, points, earned_at FROM entries
WHERE tenant = ? AND customer_id IN (SELECT value FROM json_each(?))
ORDER BY earned_at DESC, booking_id DESC
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """A completed visit, as it is told to the ledger; `ended_at` is an instant in UTC as ISO 8601."""

    booking_id: str
    customer_id: str
    location_id: str
    price_minor: int
    ended_at: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one visit earned."""

    booking_id: str
    points: int
    earned_at: str


class Ledger:
    """The entries of all tenants, each asked for by its own only."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(self._opened()) as connection:
            connection.executescript(TABLES)

    def replace(self, tenant: str, visits: Iterable[Visit]) -> int:
        """Make these visits the tenant's entries, all or none; how many there are."""
        rows = [
            (tenant, v.booking_id, v.customer_id, v.location_id, points_for(v), v.ended_at)
            for v in visits
        ]
        with closing(self._opened()) as connection, connection:
            connection.execute("DELETE FROM entries WHERE tenant = ?", (tenant,))
            connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        return len(rows)

    def of(
        self, tenant: str, customers: Sequence[str], locations: Collection[str] | None
    ) -> dict[str, list[Entry]]:
        """Each customer's entries, the latest first; with `locations`, those earned there. One statement."""
        found: dict[str, list[Entry]] = defaultdict(list)
        with closing(self._opened()) as connection:
            asked = orjson.dumps(list(customers)).decode()
            for customer, location, *entry in connection.execute(OF_CUSTOMERS, (tenant, asked)):
                if locations is None or location in locations:
                    found[customer].append(Entry(*entry))
        return found

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file)


def points_for(visit: Visit) -> int:
    """What a visit earns: whole points, nothing for what is left."""
    return visit.price_minor // MINOR_PER_POINT
