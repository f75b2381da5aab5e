"""Statements of many shapes, run for callers of one chain, against answers worked out in plain Python."""

import gc
import weakref
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import (
    Executable,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    true,
    union,
    update,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.domains.bookings.tables import booking_changes, bookings
from barberpro.domains.catalogue.tables import services
from barberpro.domains.identity.tables import clients
from barberpro.domains.locations.tables import locations
from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people.tables import customers, providers, visits
from barberpro.platform.binding import Unbindable, across_tenants, bind
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import Principal
from barberpro.platform.sets import among

from .binding_shapes import ON_POSTGRESQL, SHAPES

b, l, c, p, s = bookings.c, locations.c, customers.c, providers.c, services.c  # noqa: E741


@pytest.fixture(params=["everyone", "first", "second", "last two", "nowhere"])
def caller(request: pytest.FixtureRequest, world: Any) -> Principal:
    places = {"first": (0,), "second": (1,), "last two": (1, 2), "nowhere": ()}
    if request.param == "everyone":
        return world.ours.everyone
    return world.ours.limited(*places[request.param])


@pytest.mark.parametrize("name", SHAPES)
async def test_it_sees_its_own_rows_only(
    name: str, caller: Principal, world: Any, database: Database
) -> None:
    if name in ON_POSTGRESQL and database.dialect == "sqlite":
        pytest.skip("SQLite has no such thing")
    statement, answer = SHAPES[name]()
    found = Counter(map(tuple, await Reader(database, caller).rows(statement)))
    assert found == Counter(answer(world.ours.seen_by(caller)))


def test_the_answers_are_worth_asking(world: Any) -> None:
    """The other chain has rows that would match, and callers differ in what they see."""
    seen = [world.ours.seen_by(world.ours.limited(place)) for place in range(3)]
    assert all(len(one["bookings"]) < len(world.ours.rows["bookings"]) for one in seen)
    assert len({len(one["customers"]) for one in seen}) > 1
    assert {r["name_key"] for r in world.theirs.rows["customers"]} == {"x", "y"}


async def test_a_statement_of_another_tenant_finds_nothing_of_ours(
    world: Any, database: Database
) -> None:
    ours = {r["id"] for r in world.ours.rows["bookings"]}
    found = await Reader(database, world.theirs.everyone).rows(
        select(b.id).where(among(b.id, ours))
    )
    assert found == []


async def test_a_bound_statement_serves_any_caller(world: Any, database: Database) -> None:
    """It holds no caller: the rules' values are parameters."""
    bound = bind(select(b.id), limited=False)
    async with database.surveying() as connection:
        for chain in (world.ours, world.theirs):
            rows = await connection.execute(bound, {"caller_tenant": chain.tenant})
            assert {r.id for r in rows} == {r["id"] for r in chain.rows["bookings"]}


async def test_binding_leaves_the_statement_as_it_was(world: Any, database: Database) -> None:
    joined = customers.outerjoin(bookings, c.name_key == b.channel)
    statement = select(c.id, exists().where(l.city == c.name_key)).select_from(joined)
    before = str(statement)
    bind(statement, limited=True)
    assert str(statement) == before


SMALL = {
    "flat": lambda: select(b.id),
    "outer join": lambda: select(c.id).outerjoin(bookings, c.name_key == b.channel),
    "nested": lambda: select(c.id).where(exists().where(b.channel == c.name_key)),
    "a union": lambda: union(select(c.id), select(b.id)),
    "an update": lambda: update(customers).values(name="x"),
}


@pytest.mark.parametrize("what", SMALL)
def test_what_is_bound_is_remembered_for_as_long_as_it_lives(what: str) -> None:
    statement = SMALL[what]()
    whole, limited = (bind(statement, limited=limited) for limited in (False, True))
    assert bind(statement, limited=False) is whole
    assert bind(statement, limited=True) is limited
    assert str(whole) != str(limited)
    kept = [weakref.ref(one) for one in (statement, whole, limited)]
    del statement, whole, limited
    gc.collect()
    assert [one() for one in kept] == [None] * 3


REFUSED: dict[str, Executable] = {
    "text": text("SELECT * FROM bookings"),
    "text in a column": select(text("id")).select_from(bookings),
    "text in FROM": select(b.id).select_from(bookings, text("customers")),
    "text in WHERE": select(b.id).where(text("1 = 1")),
    "text in ORDER BY": select(b.id).order_by(text("id")),
    "text with columns": select(text("SELECT id FROM bookings").columns(b.id).subquery()),
    "literal_column": select(literal_column("(SELECT count(*) FROM bookings)")),
    "literal_column deep down": select(b.id).where(
        b.id.in_(select(c.id).where(literal_column("1") == 1))
    ),
    "a prefix": select(b.id).prefix_with("DISTINCT"),
    "a suffix": select(b.id).suffix_with("LIMIT 1"),
    "a hint": select(b.id).with_hint(bookings, "NOT INDEXED"),
    "a statement hint": select(b.id).with_statement_hint("UNION SELECT id FROM bookings"),
    "a prefix of a write": sqlite.insert(bookings).values(id="x").prefix_with("OR REPLACE"),
    "a table of the installation": select(clients.c.id),
    "a table never declared": select(table("bookings", column("id"))),
    "a table never declared, in a subquery": select(b.id).where(
        exists(select(table("secrets", column("id"))))
    ),
    "a function in FROM": select(column("x")).select_from(func.query_to_xml("SELECT 1")),
    "a function's rows": select(func.json_each("[]").table_valued("value")),
    "a function's column": select(func.generate_series(1, 2).column_valued("x")),
    "a list of values": select(values(column("x")).data([(select(b.id).scalar_subquery(),)])),
    "a full join": select(b.id).select_from(bookings.join(customers, true(), full=True)),
    "a full join by select": select(b.id).join(customers, true(), full=True),
    "a full join on a far side": select(b.id).outerjoin(
        customers.join(providers, true(), full=True), true()
    ),
    "INSERT from SELECT": insert(services).from_select(["id"], select(s.id)),
    "INSERT of a subquery": insert(services).values(name=select(s.name).limit(1).scalar_subquery()),
    "INSERT returning a subquery": insert(services)
    .values(id="x")
    .returning(select(func.count(b.id)).scalar_subquery()),
    "an upsert by id": sqlite.insert(services)
    .values(id="x")
    .on_conflict_do_update(index_elements=["id"], set_={"name": "x"}),
    "an upsert by a constraint": postgresql.insert(services)
    .values(id="x")
    .on_conflict_do_update(constraint="uq_services_name", set_={"name": "x"}),
    "an upsert that moves the row": sqlite.insert(services)
    .values(id="x")
    .on_conflict_do_update(
        index_elements=["organization_id", "name_key"], set_={"organization_id": "x"}
    ),
    "an upsert of a subquery": sqlite.insert(services)
    .values(id="x")
    .on_conflict_do_update(
        index_elements=["organization_id", "name_key"],
        set_={"name": select(s.name).limit(1).scalar_subquery()},
    ),
    "DELETE within a SELECT": select(delete(bookings).returning(b.id).cte().c.id),
    "UPDATE beside a SELECT": select(b.id).add_cte(
        update(services).values(name="x").returning(s.id).cte()
    ),
    "INSERT within a SELECT": select(insert(services).values(id="x").returning(s.id).cte().c.id),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("limited", [False, True])
def test_what_cannot_be_bound_is_refused(what: str, limited: bool) -> None:
    with pytest.raises(Unbindable):
        bind(REFUSED[what], limited=limited)


def test_an_upsert_is_bound_where_its_key_holds_the_tenant() -> None:
    upsert = sqlite.insert(visits).values(id="x")
    upsert = upsert.on_conflict_do_update(
        index_elements=["organization_id", "booking_id"],
        set_={"ended_at": upsert.excluded.ended_at},
    )
    assert bind(upsert, limited=False) is upsert
    with pytest.raises(Unbindable, match="locations"):
        bind(upsert, limited=True)


def test_a_marked_statement_passes_as_it_is() -> None:
    statement = across_tenants(select(clients.c.id), "a client is looked up before its tenant")
    assert bind(statement, limited=True) is statement


def test_a_mark_says_why() -> None:
    with pytest.raises(ValueError, match="say why"):
        across_tenants(select(clients.c.id), "")


def test_a_mark_deep_down_does_not_open_the_statement_around_it() -> None:
    inner = across_tenants(select(clients.c.id), "to see whether it leaks")
    with pytest.raises(Unbindable):
        bind(select(b.id).where(exists(inner)), limited=False)


async def test_an_update_by_a_subquery(world: Any, database: Database) -> None:
    """It writes our rows only, and what it writes is counted from our rows only."""
    most = select(func.count(b.id)).where(b.channel == c.name_key).scalar_subquery()
    alike = exists().where(p.name_key == c.name_key)
    for caller in (world.ours.everyone, world.ours.limited(1)):
        seen = world.ours.seen_by(caller)
        counts = Counter(r["channel"] for r in seen["bookings"])
        keys = {r["name_key"] for r in seen["providers"]}
        statement = update(customers).values(name=func.cast(most, c.name.type)).where(alike)
        expected = {
            r["id"]: str(counts[r["name_key"]]) for r in seen["customers"] if r["name_key"] in keys
        }
        assert await changed(database, caller, statement, customers, "name") == expected


async def test_an_update_from_another_table(world: Any, database: Database) -> None:
    for caller in (world.ours.everyone, world.ours.limited(0)):
        seen = world.ours.seen_by(caller)
        statement = update(customers).values(name=l.name).where(l.id == c.home_location_id)
        names = {r["id"]: r["name"] for r in seen["locations"]}
        expected = {
            r["id"]: names[r["home_location_id"]]
            for r in seen["customers"]
            if r["home_location_id"] in names
        }
        assert await changed(database, caller, statement, customers, "name") == expected


@pytest.mark.filterwarnings("ignore:UPDATE statement has a cartesian product")
async def test_an_update_whose_value_names_another_table(world: Any, database: Database) -> None:
    """SQLAlchemy adds a table to FROM for being named in SET alone."""
    statement = update(services).values(name=organizations.c.name)
    found = await changed(database, world.ours.everyone, statement, services, "name")
    assert found == {r["id"]: "Cadena" for r in world.ours.rows["services"]}


async def test_a_delete_by_a_subquery(world: Any, database: Database) -> None:
    changes = booking_changes.c
    for caller in (world.ours.everyone, world.ours.limited(0), world.ours.limited(2)):
        seen = world.ours.seen_by(caller)
        statement = delete(booking_changes).where(
            changes.kind.in_(select(c.name_key).where(c.home_location_id.is_not(None)))
        )
        keys = {r["name_key"] for r in seen["customers"] if r["home_location_id"]}
        expected = {r["id"] for r in seen["booking_changes"] if r["kind"] in keys}
        assert await deleted(database, caller, statement, booking_changes) == expected


async def test_a_delete_using_another_table(world: Any, database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no DELETE USING")
    changes = booking_changes.c
    naming = delete(booking_changes).where(changes.kind == l.city, l.is_active)
    using = delete(booking_changes).using(locations).where(changes.kind != l.name)
    for caller in (world.ours.everyone, world.ours.limited(2)):
        seen = world.ours.seen_by(caller)
        cities = {r["city"] for r in seen["locations"] if r["is_active"]}
        expected = {r["id"] for r in seen["booking_changes"] if r["kind"] in cities}
        assert await deleted(database, caller, naming, booking_changes) == expected
        every = {r["id"] for r in seen["booking_changes"]}
        assert await deleted(database, caller, using, booking_changes) == every
    nowhere = world.ours.limited()
    assert await deleted(database, nowhere, using, booking_changes) == set()


async def changed(
    database: Database, caller: Principal, statement: Any, target: Any, column: str
) -> dict[str, Any]:
    """What this statement changes in all of a table, rolled back afterwards."""
    rows = select(target.c.id, target.c[column])
    async with database.housekeeping() as connection:
        before = {r.id: r[1] for r in await connection.execute(rows)}
        limited = caller.locations is not None
        given = {"caller_tenant": caller.tenant, "caller_locations": sorted(caller.locations or ())}
        await connection.execute(bind(statement, limited=limited), given)
        after = {r.id: r[1] for r in await connection.execute(rows)}
        await connection.rollback()
    return {k: v for k, v in after.items() if before[k] != v}


async def deleted(database: Database, caller: Principal, statement: Any, target: Any) -> set[str]:
    async with database.housekeeping() as connection:
        before = set((await connection.execute(select(target.c.id))).scalars())
        given = {"caller_tenant": caller.tenant, "caller_locations": sorted(caller.locations or ())}
        await connection.execute(bind(statement, limited=caller.locations is not None), given)
        after = set((await connection.execute(select(target.c.id))).scalars())
        await connection.rollback()
    return before - after
