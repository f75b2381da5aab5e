"""Reads straight to the driver: the same rows as SQLAlchemy gives, no values in what is said of a failure, and an end
when nobody waits any more."""

import asyncio
import gc
import weakref
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Integer, Select, bindparam, func, literal, select

from barberpro.domains.bookings import service as bookings
from barberpro.platform import ways
from barberpro.platform.binding import across_tenants
from barberpro.platform.direct import ReadFailed, prepared
from barberpro.platform.doors import Reader
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.sets import among, key_set
from barberpro.platform.tables import metadata

know_all_tables()
OF_TENANTS = sorted(name for name, table in metadata.tables.items() if "tenant" in table.info)


@pytest.fixture
def reader(database: Any, principal: Any) -> Reader:
    return Reader(database, principal)


@pytest.fixture
async def lived_in(chain: Any, done: Any) -> None:
    """A booking made, cancelled and told, another done and rated."""
    at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    booked = await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=at, notes="Ñandú")))
    await done(lambda tx: bookings.cancel(tx, booked.id, reason="«sí»"))
    past = await done(
        lambda tx: bookings.record(tx, **chain.asks(starts_at=at - timedelta(days=1)))
    )
    await done(lambda tx: bookings.rate(tx, past.id, score=4))


async def test_rows_are_those_of_sqlalchemy(reader: Reader, lived_in: None) -> None:
    seen = 0
    for name in OF_TENANTS:
        table = metadata.tables[name]
        whole = select(table).order_by(table.c.id)
        mine, its = await reader.direct(whole, {}), await reader.rows(whole)
        named = [{c.name: getattr(row, c.name) for c in table.c} for row in mine]
        assert named == [dict(row._mapping) for row in its], name
        assert [tuple(row) for row in mine] == [tuple(row) for row in its], name
        seen += len(mine)
    assert seen > 30
    assert reader.statements == 2 * len(OF_TENANTS)


async def test_values_go_in_as_sqlalchemy_puts_them(reader: Reader, lived_in: None) -> None:
    b = metadata.tables["bookings"].c
    asked = select(b.id, b.starts_at).where(
        among(b.status, key_set("statuses")),
        b.starts_at >= bindparam("since", type_=b.starts_at.type),
        b.is_first_visit.is_(True),
    )
    values = {"statuses": ["CANCELLED", "CONFIRMED"], "since": datetime(2026, 11, 23, tzinfo=UTC)}
    mine = await reader.direct(asked, values)
    assert [row.starts_at for row in mine] == [datetime(2026, 11, 23, 15, 0, tzinfo=UTC)]
    assert [tuple(r) for r in mine] == [tuple(r) for r in await reader.rows(asked, values)]


async def test_another_tenants_rows_stay_theirs(
    database: Any, stranger: Any, lived_in: None
) -> None:
    for name in ("bookings", "customers", "locations"):
        assert await Reader(database, stranger).direct(select(metadata.tables[name].c.id), {}) == []


async def test_what_a_failure_says_holds_no_values(reader: Reader, lived_in: None) -> None:
    b = metadata.tables["bookings"].c
    broken = select(b.id).where(
        b.duration_minutes == bindparam("n", type_=Integer), b.id == func.nope()
    )
    with pytest.raises(ReadFailed) as caught:
        await reader.direct(broken, {"n": 987_654_321})
    assert "987654321" not in str(caught.value)
    assert caught.value.__cause__ is None
    wrong = select(b.id).where(b.id == bindparam("id"))
    with pytest.raises(ReadFailed) as caught:
        await reader.direct(wrong, {"id": object()})
    assert "object" not in str(caught.value)


def endless() -> Select[Any]:
    """Counts for longer than any test waits."""
    start = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = start.union_all(select(start.c.n + 1).where(start.c.n < 2_000_000_000))
    return across_tenants(select(func.max(numbers.c.n)), "a count of nobody's rows")


async def test_who_no_longer_waits_leaves_nothing_running(reader: Reader, chain: Any) -> None:
    """As many as there are places, given up: the next read finds one free."""
    forever = endless()
    for _ in range(12):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.direct(forever, {})
    async with asyncio.timeout(5):
        names = await reader.direct(select(metadata.tables["locations"].c.name), {})
    assert sorted(row.name for row in names) == sorted([chain.centro.name, chain.norte.name])


async def test_what_is_being_closed_takes_its_place_until_it_is(
    database: Any, principal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers no cancellation must not be left with more connections than it was promised."""
    if database.dialect != "postgresql":
        pytest.skip("SQLite has threads")
    opened, may_close = 0, asyncio.Event()
    connect, close = asyncpg.connect, ways._close

    async def counted(**options: Any) -> Any:
        nonlocal opened
        opened += 1
        return await connect(**options)

    async def slowly(driver: Any) -> None:
        await may_close.wait()
        await close(driver)

    monkeypatch.setattr(ways, "_close", slowly)
    monkeypatch.setattr(asyncpg, "connect", counted)
    connections = ways.Connections(database.url, database.reader.dialect, size=2)
    await asyncio.gather(*[connections.fetch("SELECT 1", [], principal.tenant) for _ in range(2)])
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connections.fetch("SELECT pg_sleep(60)", [], principal.tenant)
    read = asyncio.create_task(connections.fetch("SELECT 7 AS n", [], principal.tenant))
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(read), 0.1)
        assert opened == 2
        may_close.set()
        assert [row["n"] for row in await read] == [7]
        assert opened == 3
    finally:
        may_close.set()
        await asyncio.gather(read, return_exceptions=True)
        await connections.close()


async def test_a_server_that_is_away_takes_no_place(database: Any, principal: Any) -> None:
    if database.dialect != "postgresql":
        pytest.skip("SQLite has no server")
    nobody = database.url.set(port=1)
    connections = ways.Connections(nobody, database.reader.dialect, size=1)
    for _ in range(3):
        with pytest.raises(OSError):
            async with asyncio.timeout(10):
                await connections.fetch("SELECT 1", [], principal.tenant)


async def test_a_statement_is_compiled_once_and_forgotten_with_it(reader: Reader) -> None:
    kept = select(metadata.tables["locations"].c.id)
    dialect = reader.database.reader.dialect
    assert prepared(kept, dialect, limited=True) is prepared(kept, dialect, limited=True)
    assert prepared(kept, dialect, limited=False) is not prepared(kept, dialect, limited=True)
    alive = weakref.ref(kept)
    del kept
    gc.collect()
    assert alive() is None


async def test_a_value_that_nobody_gave_is_a_defect(reader: Reader) -> None:
    c = metadata.tables["locations"].c
    with pytest.raises(KeyError):
        await reader.direct(select(c.id).where(c.name == bindparam("name")), {})
