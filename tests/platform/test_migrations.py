import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from barberpro.platform import ids, migrations
from barberpro.platform.tables import Refers, metadata, tenant_table

from ..databases import KINDS, empty_database

ORGANIZATION = "INSERT INTO organizations VALUES ('org_1', 'Casa', '2026-11-23T13:00:00.000000Z')"
ORPHAN = (
    "INSERT INTO provider_locations (id, organization_id, provider_id, location_id)"
    " VALUES ('pvl_1', 'org_none', 'prv_none', 'loc_none')"
)


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of this test's own, never migrated."""
    with empty_database(request.param, tmp_path / "house") as url:
        yield url


@pytest.fixture
def own_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of migrations, copied, so that a test may add to it."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "HERE", copy)
    return copy / "versions"


def run_sql(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Speak to a database behind everybody's back; the rows of the last statement."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "")
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
        connection.close()
        return rows

    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            for statement in statements:
                rows = await connection.fetch(statement)
            return [tuple(row) for row in rows]
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:  # a loop may be running here
        return thread.submit(asyncio.run, run()).result()


def test_an_empty_database_comes_up_to_head_without_drift(empty: str) -> None:
    assert migrations.current(empty) is None
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()
    assert migrations.drift(empty) == []


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    assert migrations.current(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_new_file_is_its_owners_only(tmp_path: Path) -> None:
    migrations.upgrade(f"sqlite+aiosqlite:///{tmp_path / 'house' / 'barberpro.db'}")
    assert (tmp_path / "house").stat().st_mode & 0o777 == 0o700


async def test_it_may_be_called_while_a_loop_runs(empty: str) -> None:
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()


def test_a_second_upgrade_changes_nothing(empty: str) -> None:
    migrations.upgrade(empty)
    run_sql(empty, ORGANIZATION)
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()
    assert run_sql(empty, "SELECT id, name FROM organizations") == [("org_1", "Casa")]


def test_processes_that_start_at_once_migrate_once(empty: str) -> None:
    upgrade = (
        "import sys; from barberpro.platform import migrations; migrations.upgrade(sys.argv[1])"
    )
    command = [sys.executable, "-W", "error", "-c", upgrade, empty]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert run_sql(empty, "SELECT version_num FROM alembic_version") == [(migrations.head(),)]


BOTH = {
    "DROP INDEX ix_events_unrelayed": "missing index events ix_events_unrelayed",
    "ALTER TABLE services DROP COLUMN is_active": "missing column services.is_active",
    "DROP TABLE booking_changes": "missing table booking_changes",
    "CREATE TABLE stray (id INTEGER)": "not declared: table stray",
    "ALTER TABLE visits ADD COLUMN stray TEXT": "not declared: column visits.stray",
    "CREATE INDEX loose ON chairs (label)": "not declared: index chairs loose",
}
POSTGRESQL = {
    "ALTER TABLE services DROP CONSTRAINT ck_services_price": (
        "missing constraint services ck_services_price"
    ),
    "ALTER TABLE deliveries DROP CONSTRAINT uq_deliveries_handler": (
        "missing constraint deliveries uq_deliveries_handler"
    ),
    "ALTER TABLE visits DROP CONSTRAINT fk_visits_organization_id_customer_id": (
        "missing fk visits fk_visits_organization_id_customer_id"
    ),
    "ALTER TABLE chairs ALTER COLUMN is_active DROP NOT NULL": (
        "nullable of chairs.is_active is True, declared False"
    ),
    "ALTER TABLE bookings ALTER COLUMN price_minor TYPE INTEGER": (
        "type of bookings.price_minor is INTEGER, declared BIGINT"
    ),
    "ALTER TABLE bookings DROP CONSTRAINT bookings_chair_overlap": (
        "missing rule bookings_chair_overlap"
    ),
    "DROP TRIGGER events_emptied ON events": "missing rule events_emptied",
    "ALTER TABLE audit_leaves DISABLE TRIGGER audit_leaves_deleted": (
        "missing rule audit_leaves_deleted"
    ),
    'ALTER TABLE locations ALTER COLUMN name_key TYPE TEXT COLLATE "default"': (
        "collation of locations.name_key is not C"
    ),
}
SQLITE = {"DROP TRIGGER bookings_chair_overlap_moved": "missing rule bookings_chair_overlap_moved"}


def test_a_table_that_is_not_guarded_is_drift(empty: str) -> None:
    if empty.startswith("sqlite"):
        pytest.skip("SQLite has no row-level security")
    migrations.upgrade(empty)
    run_sql(
        empty,
        "ALTER TABLE chairs NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE bookings DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON services",
    )
    found = [f"row security of {name} is off" for name in ("bookings", "chairs", "services")]
    assert migrations.drift(empty) == found


OF_A_DROPPED_TABLE = {"row security of booking_changes is off"}


def test_drift_is_found_and_named(empty: str) -> None:
    migrations.upgrade(empty)
    changes = BOTH | (SQLITE if empty.startswith("sqlite") else POSTGRESQL)
    run_sql(empty, *changes)
    found = [
        line
        for line in migrations.drift(empty)
        if line not in OF_A_DROPPED_TABLE and "booking_changes_org" not in line
    ]
    assert sorted(found) == sorted(changes.values())


HEAD = migrations.head()
NEXT = f"{int(HEAD) + 1:04}"
STEP = """
from alembic import op
revision = "{next}"
down_revision = "{head}"

def upgrade():
    op.execute("CREATE TABLE half (id INTEGER)")
    {rest}
"""


def test_a_step_that_fails_leaves_nothing(empty: str, own_steps: Path) -> None:
    migrations.upgrade(empty)
    (own_steps / f"{NEXT}_fails.py").write_text(
        STEP.format(head=HEAD, next=NEXT, rest='op.execute("SELECT * FROM nowhere")')
    )
    with pytest.raises(DBAPIError, match="nowhere"):
        migrations.upgrade(empty)
    assert migrations.current(empty) == HEAD
    assert migrations.drift(empty) == []
    (own_steps / f"{NEXT}_fails.py").unlink()
    migrations.upgrade(empty)  # no lock was left behind
    assert migrations.current(empty) == HEAD


def test_sqlite_refuses_a_step_that_breaks_references(tmp_path: Path, own_steps: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'barberpro.db'}"
    (own_steps / f"{NEXT}_breaks.py").write_text(
        STEP.format(head=HEAD, next=NEXT, rest=f'op.execute("{ORPHAN}")')
    )
    with pytest.raises(migrations.BrokenReferences, match="provider_locations"):
        migrations.upgrade(url)
    assert migrations.current(url) is None


def test_a_revision_is_written_from_the_tables(empty: str, own_steps: Path) -> None:
    table = tenant_table("perks", "prk", Refers("customer_id", "customers"))
    try:
        script = migrations.revision("Perks of regulars")
        text = script.read_text()
        guarded = "from barberpro.platform.migrations.building import guard\n" + text
        script.write_text(guarded.rstrip() + '\n    guard("perks")\n')  # the author's part
        migrations.upgrade(empty)
        assert migrations.current(empty) == NEXT
        assert migrations.drift(empty) == []
    finally:
        metadata.remove(table)
    assert script == own_steps / f"{NEXT}_perks_of_regulars.py"
    assert f'revision = "{NEXT}"' in text
    assert f'down_revision = "{HEAD}"' in text
    assert "from barberpro.platform.tables import Key" in text
    assert "sa.Column('customer_id', Key, nullable=False)" in text
    assert migrations.drift(empty) == ["not declared: table perks"]


@pytest.fixture
def owners(empty: str) -> Iterator[str]:
    """The same for its plain owner: no superuser, who may just make roles, as at most hosts of PostgreSQL."""
    if empty.startswith("sqlite"):
        yield empty
        return
    url, owner = make_url(empty), ids.new("own")
    run_sql(
        empty,
        f"CREATE ROLE \"{owner}\" LOGIN PASSWORD 'owner' NOSUPERUSER CREATEROLE",
        f'ALTER DATABASE "{url.database}" OWNER TO "{owner}"',
        f'ALTER SCHEMA public OWNER TO "{owner}"',
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'barberpro_relay') THEN "
        f'GRANT barberpro_application, barberpro_relay TO "{owner}" '
        "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; END IF; END $$",
    )
    yield url.set(username=owner, password="owner").render_as_string(hide_password=False)
    run_sql(
        empty,
        f'REASSIGN OWNED BY "{owner}" TO CURRENT_USER',
        f'DROP OWNED BY "{owner}"',
        f'DROP ROLE "{owner}"',
    )


def test_a_plain_owner_migrates_and_may_take_on_both_roles(owners: str) -> None:
    if owners.startswith("sqlite"):
        pytest.skip("SQLite has no roles")
    migrations.upgrade(owners)
    assert migrations.drift(owners) == []
    for role in ("barberpro_application", "barberpro_relay"):
        run_sql(owners, f"SET ROLE {role}", "SELECT count(*) FROM bookings")


AT = "'2026-11-23T13:00:00.000000Z'"
OPEN_REASON = (
    "INSERT INTO booking_changes (id, organization_id, booking_id, kind, to_status, to_starts_at, to_provider_id,"
    " reason, changed_by, changed_at) VALUES ('bkc_1', 'org_1', 'bkg_1', 'CANCELLED', 'CANCELLED',"
    f" {AT}, 'prv_1', 'llueve', 'cli_1', {AT})"
)
OLD_CUSTOMER = (
    "INSERT INTO customers (id, organization_id, name, name_key, created_at)"
    f" VALUES ('cus_1', 'org_1', 'Zoe', 'zoe', {AT})"
)


def test_notes_in_the_open_stop_the_sealing_and_stay_though_their_owner_cannot_see_them(
    empty: str, owners: str
) -> None:
    """Forced row security hides every row from who migrates: none must pass for there being none."""
    # Of a booking that is not there: neither database looks now.
    unbound = [] if empty.startswith("sqlite") else ["SET session_replication_role = replica"]
    migrations.upgrade(owners, "0010")
    run_sql(empty, *unbound, ORGANIZATION, OLD_CUSTOMER, OPEN_REASON)
    with pytest.raises(RuntimeError, match="1 rows of booking_changes have reason in the open"):
        migrations.upgrade(owners)
    assert migrations.current(owners) == "0010"
    assert run_sql(empty, "SELECT reason FROM booking_changes") == [("llueve",)]
    run_sql(empty, "DELETE FROM booking_changes")
    migrations.upgrade(owners)
    assert migrations.drift(owners) == []
    assert run_sql(empty, "SELECT length(veil) FROM customers") == [(32,)]
