"""The step that brought invoices, taken by an SQLite database with bookings in it: it copies the table."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from barberpro.platform import migrations


def hour(n: int) -> str:
    return f"2026-11-23T{n:02}:00:00.000000Z"


STEP = "0002"
NOW = hour(0)
HOUSE = {
    "organizations (id, name, created_at)": [("org", "Casa", NOW)],
    "locations (organization_id, id, name, name_key, city, province, time_zone, is_active, created_at)": [
        ("org", "loc", "Centro", "centro", "Salta", "A", "UTC", 1, NOW)
    ],
    "chairs (organization_id, id, location_id, label, is_active)": [
        ("org", "chr1", "loc", "01", 1),
        ("org", "chr2", "loc", "02", 1),
    ],
    "providers (organization_id, id, name, name_key, is_active, created_at)": [
        ("org", "prv1", "Ana", "ana", 1, NOW),
        ("org", "prv2", "Bruno", "bruno", 1, NOW),
    ],
    "customers (organization_id, id, name, name_key, created_at)": [
        ("org", "cus", "Eva", "eva", NOW)
    ],
    "services (organization_id, id, name, name_key, duration_minutes, buffer_minutes, price_minor,"
    " currency_code, is_active, created_at)": [
        ("org", "svc", "Corte", "corte", 60, 0, 1, "ARS", 1, NOW)
    ],
}
BOOKINGS = (
    "bookings (organization_id, location_id, customer_id, service_id, channel, duration_minutes,"
    " price_minor, currency_code, is_first_visit, notes, created_at, id, provider_id, chair_id,"
    " status, starts_at, ends_at, free_at)"
)
CHANGES = (
    "booking_changes (organization_id, id, booking_id, kind, to_status, to_starts_at,"
    " to_provider_id, changed_by, changed_at)"
)


def put(connection: sqlite3.Connection, into: str, *row: object) -> None:
    connection.execute(f"INSERT INTO {into} VALUES ({', '.join('?' * len(row))})", row)


def book(
    connection: sqlite3.Connection, id: str, provider: str, chair: str, status: str, at: int
) -> None:
    same = ("org", "loc", "cus", "svc", "WEB", 60, 1_250_000, "ARS", 1, "Ñandú", NOW)
    span = (hour(at), hour(at + 1), hour(at + 1))
    put(connection, BOOKINGS, *same, id, provider, chair, status, *span)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A house as it was, with a booking at three, and two called off that would meet it."""
    file = tmp_path / "house.db"
    migrations.upgrade(f"sqlite+aiosqlite:///{file}", "0001")
    with closing(sqlite3.connect(file)) as connection:
        for into, rows in HOUSE.items():
            for row in rows:
                put(connection, into, *row)
        book(connection, "stands", "prv1", "chr1", "CONFIRMED", 3)
        book(connection, "off_provider", "prv1", "chr2", "CANCELLED", 3)
        book(connection, "off_chair", "prv2", "chr1", "NO_SHOW", 3)
        put(
            connection, CHANGES,
            "org", "bch", "stands", "MADE", "CONFIRMED", hour(3), "prv1", "cli", NOW,
        )  # fmt: skip
        connection.commit()
    return file


@pytest.fixture
def after(before: Path) -> Iterator[sqlite3.Connection]:
    """The same house after the step."""
    migrations.upgrade(f"sqlite+aiosqlite:///{before}", STEP)
    with closing(sqlite3.connect(before)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def test_every_booking_is_kept_as_it_was(before: Path) -> None:
    url = f"sqlite+aiosqlite:///{before}"
    rows = "SELECT * FROM bookings ORDER BY id"
    with closing(sqlite3.connect(before)) as connection:
        kept = connection.execute(rows).fetchall()
    migrations.upgrade(url, STEP)
    with closing(sqlite3.connect(before)) as connection:
        assert connection.execute(rows).fetchall() == [(*row, None) for row in kept]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        # A later step seals notes, which it cannot do itself: it refuses those in the open.
        connection.execute("UPDATE bookings SET notes = NULL")
        connection.commit()
    migrations.upgrade(url)
    assert migrations.drift(url) == []


@pytest.mark.parametrize(
    ("held", "provider", "chair"), [("provider", "prv1", "chr2"), ("chair", "prv2", "chr1")]
)
def test_nobody_is_booked_twice_afterwards(
    after: sqlite3.Connection, held: str, provider: str, chair: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=f"bookings_{held}_overlap"):
        book(after, "made", provider, chair, "CONFIRMED", 3)
    revived = "UPDATE bookings SET status = 'CONFIRMED' WHERE id = ?"
    with pytest.raises(sqlite3.IntegrityError, match=f"bookings_{held}_overlap"):
        after.execute(revived, (f"off_{held}",))
    book(after, "made", provider, chair, "CONFIRMED", 4)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("status = 'GONE'", "ck_bookings_status"),
        ("ends_at = starts_at", "ck_bookings_span"),
        ("invoice_id = 'inv'", "FOREIGN KEY"),
        ("provider_id = 'prv'", "FOREIGN KEY"),
        ("price_minor = NULL", "NOT NULL"),
    ],
)
def test_its_other_rules_hold_afterwards(after: sqlite3.Connection, change: str, rule: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=rule):
        after.execute(f"UPDATE bookings SET {change} WHERE id = 'stands'")
