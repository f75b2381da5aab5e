"""What the simulator remembers, in a SQLite file: who has a ticket, and every receipt that it authorised."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (cuit INTEGER PRIMARY KEY, given_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipts (
    cae INTEGER PRIMARY KEY AUTOINCREMENT,
    cuit INTEGER NOT NULL, point_of_sale INTEGER NOT NULL, kind INTEGER NOT NULL,
    number INTEGER NOT NULL, issued_on TEXT NOT NULL, total TEXT NOT NULL,
    told BLOB NOT NULL, observed TEXT NOT NULL, processed TEXT NOT NULL,
    UNIQUE (cuit, point_of_sale, kind, number)
);
"""
FIRST_CAE = 76_000_000_000_000
REUSE = timedelta(minutes=10)


class Place(NamedTuple):
    """A row of numbers: whose, where, of which kind."""

    cuit: int
    point_of_sale: int
    kind: int


class Kept(NamedTuple):
    """An authorised receipt; `told` is its `FECAEDetRequest`, `observed` the codes."""

    cae: str
    issued_on: date
    total: Decimal
    told: bytes
    observed: tuple[int, ...]
    processed: str


class Register:
    """The file. One process writes it, and one statement makes a receipt: a kill leaves it whole or not there."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # In WAL mode NORMAL outlives a kill; only a loss of power may take the last receipts with it.
        self._file.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + SCHEMA)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def may_have_ticket(self, cuit: int, now: datetime) -> bool:
        """Whether none was given in the last ten minutes; if so, one is taken down as given."""
        before = (now - REUSE).timestamp()
        done = self._file.execute(
            "INSERT INTO tickets VALUES (?, ?) ON CONFLICT (cuit) DO UPDATE"
            " SET given_at = excluded.given_at WHERE CAST(given_at AS REAL) <= ?",
            (cuit, str(now.timestamp()), before),
        )
        return done.rowcount == 1

    def last(self, place: Place) -> tuple[int, date | None]:
        """The last number and its day; 0 and none before the first."""
        row = self._file.execute(
            "SELECT number, issued_on FROM receipts WHERE (cuit, point_of_sale, kind) = (?, ?, ?)"
            " ORDER BY number DESC LIMIT 1",
            place,
        ).fetchone()
        return (0, None) if row is None else (row[0], date.fromisoformat(row[1]))

    def authorise(self, place: Place, number: int, kept: Kept) -> str:
        """Takes the receipt down and gives its CAE; the one in `kept` is not looked at."""
        done = self._file.execute(
            "INSERT INTO receipts VALUES ((SELECT max(?, coalesce(max(cae), 0) + 1) FROM receipts),"
            " ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                FIRST_CAE,
                *place,
                number,
                kept.issued_on.isoformat(),
                str(kept.total),
                kept.told,
                " ".join(map(str, kept.observed)),
                kept.processed,
            ),
        )
        return str(done.lastrowid)

    def find(self, place: Place, number: int) -> Kept | None:
        """The receipt of a number."""
        row = self._file.execute(
            "SELECT cae, issued_on, total, told, observed, processed FROM receipts"
            " WHERE (cuit, point_of_sale, kind, number) = (?, ?, ?, ?)",
            (*place, number),
        ).fetchone()
        if row is None:
            return None
        cae, issued_on, total, told, observed, processed = row
        codes = tuple(map(int, observed.split()))
        return Kept(str(cae), date.fromisoformat(issued_on), Decimal(total), told, codes, processed)
