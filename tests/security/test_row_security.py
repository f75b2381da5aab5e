"""Row-level security underneath the doors: what PostgreSQL itself shows and refuses, whatever a statement says.

Statements here go to the driver as they are, without the rules that the doors add.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from barberpro.platform.database import Database
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import Principal
from barberpro.platform.roles import SET_TENANT, Role, session
from barberpro.platform.tables import metadata
from barberpro.platform.ways import Connections

know_all_tables()
OF_TENANTS = {t.name: t.info["tenant"] for t in metadata.sorted_tables if "tenant" in t.info}
TENANTS = "SELECT DISTINCT id FROM organizations"


@pytest.fixture(autouse=True)
def only_where_it_exists(database: Database) -> None:
    if database.dialect != "postgresql":
        pytest.skip("SQLite has no row-level security: there the doors stand alone")


@pytest.fixture
async def two(principal: Principal, stranger: Principal) -> tuple[str, str]:
    return principal.tenant, stranger.tenant


@pytest.fixture
async def connections(database: Database) -> AsyncIterator[Connections]:
    opened = Connections(database.url, database.reader.dialect, size=3)
    yield opened
    await opened.close()


async def test_every_table_of_tenants_is_guarded_for_its_owner_too(database: Database) -> None:
    guarded = (
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, array_agg(p.polname ORDER BY p.polname)"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relname = ANY($1) GROUP BY c.oid"
    )
    async with database.surveying() as connection:
        rows = await connection.exec_driver_sql(guarded, (sorted(OF_TENANTS),))
        found = {name: (forced, policies) for name, forced, policies in rows}
    assert found == dict.fromkeys(OF_TENANTS, (True, ["all_tenants", "own_tenant"]))


@pytest.mark.parametrize("table", sorted(OF_TENANTS))
async def test_a_connection_without_a_tenant_sees_no_row(
    database: Database, two: tuple[str, str], table: str
) -> None:
    async with database.reading(None) as connection:
        assert (await connection.execute(text(f"SELECT * FROM {table}"))).all() == []


async def test_a_transaction_sees_its_tenant_and_the_next_on_the_connection_does_not(
    database_url: str, two: tuple[str, str]
) -> None:
    narrow = Database(database_url, pool_size=1)
    try:
        for tenant in two:
            async with narrow.writing(tenant) as connection:
                assert (await connection.execute(text(TENANTS))).scalars().all() == [tenant]
            async with narrow.reading(None) as connection:
                assert (await connection.execute(text(TENANTS))).all() == []
    finally:
        await narrow.close()


@pytest.mark.parametrize("table", sorted(OF_TENANTS))
async def test_nobody_inserts_into_another_tenant(
    database: Database, two: tuple[str, str], table: str
) -> None:
    """The rule is asked before the columns: a row that lacks everything else is refused for its tenant."""
    ours, theirs = two
    row = f"SELECT (jsonb_populate_record(null::{table}, jsonb_build_object('{OF_TENANTS[table]}', $1::text))).*"
    for tenant, words in ((theirs, "row-level security"), (ours, "null value|duplicate key")):
        with pytest.raises(DBAPIError, match=words):
            async with database.writing(ours) as connection:
                await connection.exec_driver_sql(f"INSERT INTO {table} {row}", (tenant,))


async def test_nobody_changes_another_tenants_row_or_gives_one_away(
    database: Database, two: tuple[str, str]
) -> None:
    ours, theirs = two
    for statement in (
        "UPDATE organizations SET name = 'stolen' WHERE id = $1",
        "DELETE FROM organizations WHERE id = $1",
    ):
        async with database.writing(ours) as connection:
            done = await connection.exec_driver_sql(statement, (theirs,))
            assert done.rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.writing(ours) as connection:
            await connection.exec_driver_sql("UPDATE organizations SET id = id || '0'")
    async with database.surveying() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT DISTINCT name FROM organizations WHERE id = ANY($1)", (list(two),)
        )
        assert rows.scalars().all() == ["Cadena de prueba"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET actor = 'nobody'", "DELETE FROM events", "CREATE TABLE mine (id int)"],
)
async def test_what_happened_stays_and_no_table_is_made(
    database: Database, two: tuple[str, str], statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.writing(two[0]) as connection:
            await connection.execute(text(statement))


async def test_the_relay_sees_all(database: Database, two: tuple[str, str]) -> None:
    async with database.surveying() as connection:
        found = set((await connection.execute(text(TENANTS))).scalars())
    assert found >= set(two)


async def test_a_login_of_the_application_alone_cannot_become_the_relay(
    database: Database, database_url: str
) -> None:
    """What production gives its web processes."""
    server: Any = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    login = f"web_{random.randrange(10**9)}"
    await server.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'web' IN ROLE {Role.APPLICATION}")
    url = make_url(database_url).set(username=login, password="web")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        mine: Any = await asyncpg.connect(plain, server_settings=session(url, Role.APPLICATION))
        assert await mine.fetch(TENANTS) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await mine.execute(f"SET ROLE {Role.RELAY}")
        await mine.execute("RESET ROLE")
        assert await mine.fetch(TENANTS) == []  # as a member it inherits the application's policy
        await mine.close()
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(plain, server_settings=session(url, Role.RELAY))
    finally:
        await server.execute(f"DROP ROLE {login}")
        await server.close()


async def test_reads_of_one_tenant_pay_no_round_trip_for_it(
    connections: Connections, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    opening = connections._opened

    async def logged() -> Any:
        connection = await opening()
        connection.driver.add_query_logger(lambda record: sent.append(record.query))
        return connection

    monkeypatch.setattr(connections, "_opened", logged)
    for tenant in [two[0]] * 5 + [two[1]] * 5:
        rows = await connections.fetch(TENANTS, [], tenant)
        assert [row["id"] for row in rows] == [tenant]
    await asyncio.sleep(0)  # what was sent is told a moment later
    assert sent.count(SET_TENANT) == 2
    assert sent.count(TENANTS) == 10


async def test_no_read_ever_sees_another_tenant_through_cancellations_and_broken_connections(
    database: Database, connections: Connections, two: tuple[str, str]
) -> None:
    """Twelve readers on three connections; some give up half way, some lose their server process."""
    chance = random.Random(20_261_122)
    seen = dict.fromkeys(two, 0)
    broken = 0

    async def read(kind: str, tenant: str) -> None:
        nonlocal broken
        try:
            if kind == "given up":
                async with asyncio.timeout(0.01):
                    await connections.fetch("SELECT pg_sleep(1)", [], tenant)
            elif kind == "refused":
                await connections.fetch("SELECT 1 / 0", [], tenant)
            elif kind == "cut off":
                await connections.fetch("SELECT pg_terminate_backend(pg_backend_pid())", [], tenant)
            else:
                rows = await connections.fetch(TENANTS, [], tenant)
                assert [row["id"] for row in rows] == [tenant]
                seen[tenant] += 1
        except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            assert kind != "plain", "a read fails only where this test makes it fail"
            broken += 1

    async def reader() -> None:
        for _ in range(25):
            kinds = ["plain"] * 7 + ["given up", "refused", "cut off"]
            await read(chance.choice(kinds), chance.choice(two))

    await asyncio.gather(*(reader() for _ in range(12)))
    assert min(seen.values()) > 50
    assert broken > 30


async def test_behind_a_pooler_the_tenant_is_the_transactions_alone(
    database: Database, two: tuple[str, str]
) -> None:
    url = database.url.update_query_dict({"prepared_statement_cache_size": "0"})
    pooled = Connections(url, database.reader.dialect, size=1)
    assert "role" not in session(url, Role.APPLICATION)  # no pooler takes it
    try:
        kept = await pooled._opened()
        await kept.driver.execute(f"SET ROLE {Role.APPLICATION}")  # there: the login's own default
        pooled._give_back(kept)
        for tenant in two:
            rows = await pooled.fetch(TENANTS, [], tenant)
            assert [row["id"] for row in rows] == [tenant]
            assert await kept.driver.fetch(TENANTS) == []
    finally:
        await pooled.close()
