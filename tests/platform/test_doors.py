from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from barberpro.domains.catalogue.tables import services
from barberpro.domains.identity.tables import clients
from barberpro.domains.locations.tables import chairs, locations
from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people.tables import customers
from barberpro.platform import ids
from barberpro.platform.binding import Unbindable, across_tenants
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import (
    OutOfReach,
    Reader,
    Transaction,
    Unpublished,
    housekeeping,
    transaction,
)
from barberpro.platform.events import Event, events, publish
from barberpro.platform.idempotency import idempotency_keys
from barberpro.platform.principal import Principal


@dataclass(frozen=True, kw_only=True)
class CustomerGreeted(Event):
    type: ClassVar[str] = "TestCustomerGreeted"


def customer(tx: Transaction, **values: Any) -> dict[str, Any]:
    return {
        "id": ids.new("cus"), "name": "Beto", "name_key": "beto", "created_at": tx.now,
    } | values  # fmt: skip


def shop(tx: Transaction, name: str) -> dict[str, Any]:
    return {
        "id": ids.new("loc"), "name": name, "name_key": name, "city": "Rosario", "province": "S",
        "time_zone": "America/Argentina/Cordoba", "is_active": True, "closes_on_holidays": False, "created_at": tx.now,
    }  # fmt: skip


async def told(tx: Transaction) -> None:
    await publish(tx, CustomerGreeted(subject="cus"))


async def names(database: Database, who: Principal, table: Any = customers) -> list[str]:
    rows = await Reader(database, who).rows(select(table.c.name).order_by(table.c.name))
    return [r.name for r in rows]


async def test_an_insert_is_the_callers(opening: Any, principal: Principal) -> None:
    async with opening() as tx:
        made = await tx.row(insert(customers).values(customer(tx)).returning(customers))
        await told(tx)
    assert made.organization_id == principal.tenant


async def test_many_rows_are_the_callers(
    opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    async with opening() as tx:
        before = tx.statements
        await tx.insert(insert(customers), [customer(tx, name=n) for n in ("Ana", "Beto")])
        assert tx.statements == before + 1
        await told(tx)
    assert await names(database, principal) == ["Ana", "Beto"]
    assert await names(database, stranger) == []


async def test_inserting_no_rows_sends_nothing(opening: Any) -> None:
    async with opening() as tx:
        await tx.insert(insert(customers), [])
        assert tx.statements == 0


GIVEN = {
    "in values": lambda tx, t: tx.execute(
        insert(customers).values(customer(tx, organization_id=t))
    ),
    "by column": lambda tx, t: tx.execute(
        insert(customers).values({customers.c.organization_id: t, customers.c.name: "x"})
    ),
    "as a parameter": lambda tx, t: tx.execute(
        insert(customers).values(customer(tx)), {"organization_id": t}
    ),
    "in a row": lambda tx, t: tx.insert(insert(customers), [customer(tx, organization_id=t)]),
    "before the rows": lambda tx, t: tx.insert(
        insert(customers).values(organization_id=t), [customer(tx)]
    ),
    "in an update": lambda tx, t: tx.execute(update(customers).values(organization_id=t)),
    "in an ordered update": lambda tx, t: tx.execute(
        update(customers).ordered_values((customers.c.organization_id, t))
    ),
    "as a parameter of an update": lambda tx, t: tx.execute(
        update(customers).values(name="x"), {"organization_id": t}
    ),
    "as the only parameter of an update": lambda tx, t: tx.execute(
        update(customers), {"organization_id": t}
    ),
}


@pytest.mark.parametrize("how", GIVEN)
async def test_a_tenant_is_never_given(
    how: str, opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    async with opening() as tx:
        await tx.execute(insert(customers).values(customer(tx)))
        await told(tx)
    with pytest.raises(Unbindable, match="tenant"):
        async with opening() as tx:
            await GIVEN[how](tx, stranger.tenant)
    assert await names(database, stranger) == []
    assert await names(database, principal) == ["Beto"]


async def test_the_rules_values_cannot_be_given(
    opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    async with opening(stranger) as tx:
        await tx.execute(insert(customers).values(customer(tx)))
        await told(tx)
    rows = await Reader(database, principal).rows(
        select(customers.c.name), {"caller_tenant": stranger.tenant}
    )
    assert rows == []


async def test_a_statements_own_parameters_reach_it(opening: Any, database: Database) -> None:
    async with opening() as tx:
        await tx.insert(insert(customers), [customer(tx, name=n) for n in ("Ana", "Beto")])
        await told(tx)
        found = await tx.rows(
            select(customers.c.name).where(customers.c.name == bindparam("who")), {"who": "Ana"}
        )
    assert [r.name for r in found] == ["Ana"]


async def test_an_update_and_a_delete_stay_with_the_caller(
    opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    for who in (principal, stranger):
        async with opening(who) as tx:
            await tx.execute(insert(customers).values(customer(tx)))
            await told(tx)
    async with opening() as tx:
        changed = await tx.execute(update(customers).values(name="Otro"))
        assert changed.rowcount == 1
        await told(tx)
    assert await names(database, stranger) == ["Beto"]
    async with opening() as tx:
        assert (await tx.execute(delete(customers))).rowcount == 1
        await told(tx)
    assert await names(database, stranger) == ["Beto"]
    assert await names(database, principal) == []


async def test_the_database_refuses_a_reference_into_another_tenant(
    opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    """Past every rule of ours: the id is right, and the database says there is no such row."""
    async with opening(stranger) as tx:
        theirs = shop(tx, "ajeno")
        await tx.execute(insert(locations).values(theirs))
        await told(tx)
    chair = {"id": ids.new("chr"), "location_id": theirs["id"], "label": "1", "is_active": True}
    with pytest.raises(IntegrityError):
        async with opening() as tx:
            await tx.execute(insert(chairs).values(chair))
    async with opening(stranger) as tx:
        await tx.execute(insert(chairs).values(chair))
        await told(tx)


async def test_a_write_that_told_nobody_is_undone(
    opening: Any, database: Database, principal: Principal
) -> None:
    with pytest.raises(Unpublished, match="customers"):
        async with opening() as tx:
            await tx.execute(insert(customers).values(customer(tx)))
    with pytest.raises(Unpublished, match="customers"):
        async with opening() as tx:
            await tx.insert(insert(customers), [customer(tx)])
    assert await names(database, principal) == []


async def test_a_write_that_answers_an_event_owes_none(
    database: Database, clock: Clock, principal: Principal
) -> None:
    async with transaction(database, principal, clock, "test", answering="evt_1") as tx:
        await tx.execute(insert(customers).values(customer(tx)))
    assert await names(database, principal) == ["Beto"]


async def test_bookkeeping_owes_no_event(opening: Any) -> None:
    async with opening() as tx:
        await tx.execute(delete(idempotency_keys))
        assert tx.wrote == set()


async def test_an_error_undoes_the_event_as_well(
    opening: Any, database: Database, principal: Principal
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opening() as tx:
            await tx.execute(insert(customers).values(customer(tx)))
            await told(tx)
            raise ZeroDivisionError
    assert await names(database, principal) == []
    rows = await Reader(database, principal).rows(
        select(events.c.id).where(events.c.type == CustomerGreeted.type)
    )
    assert rows == []


async def test_statements_are_counted(
    opening: Any, database: Database, principal: Principal
) -> None:
    reader = Reader(database, principal)
    await reader.rows(select(customers.c.id))
    await reader.rows(select(organizations.c.id))
    assert reader.statements == 2
    with pytest.raises(Unbindable):
        await reader.rows(select(clients.c.id))
    assert reader.statements == 2  # a refused one was never sent
    async with opening() as tx:
        await tx.rows(select(customers.c.id))
        await tx.execute(insert(customers).values(customer(tx)))
        await told(tx)
        assert tx.statements == 3


WRITES = {
    "an insert": insert(customers).values(id="cus_1"),
    "an update": update(customers).values(name="x"),
    "a delete": delete(customers),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("mark", [False, True])
async def test_a_reader_only_reads(
    what: str, mark: bool, database: Database, principal: Principal
) -> None:
    statement = WRITES[what]
    if mark:
        statement = across_tenants(statement, "to see whether a mark opens it")
    with pytest.raises(Unbindable, match="Transaction"):
        await Reader(database, principal).rows(statement)


async def test_one_row_is_one_row(opening: Any) -> None:
    async with opening() as tx:
        await tx.insert(insert(customers), [customer(tx), customer(tx)])
        await told(tx)
        assert await tx.row(select(customers).where(customers.c.name == "nadie")) is None
        with pytest.raises(Exception, match="Multiple rows"):
            await tx.row(select(customers))


@pytest.fixture
async def shops(opening: Any) -> list[str]:
    async with opening() as tx:
        rows = [shop(tx, "centro"), shop(tx, "norte")]
        await tx.insert(insert(locations), rows)
        await tx.insert(
            insert(customers),
            [customer(tx, name=r["name"], home_location_id=r["id"]) for r in rows],
        )
        await told(tx)
    return [r["id"] for r in rows]


async def test_a_caller_limited_to_locations_writes_only_there(
    opening: Any, database: Database, principal: Principal, shops: list[str]
) -> None:
    here, there = shops
    limited = replace(principal, locations=frozenset([here]))
    async with opening(limited) as tx:
        chair = {"id": ids.new("chr"), "location_id": here, "label": "1", "is_active": True}
        await tx.execute(insert(chairs).values(chair))
        changed = await tx.execute(update(customers).values(name="cambiado"))
        assert changed.rowcount == 1
        assert (await tx.execute(delete(locations).where(locations.c.id == there))).rowcount == 0
        await told(tx)
    assert await names(database, principal) == ["cambiado", "norte"]


ELSEWHERE = {
    "an insert": lambda tx, there: tx.execute(
        insert(customers).values(customer(tx, home_location_id=there))
    ),
    "an insert by parameter": lambda tx, there: tx.execute(
        insert(customers).values(customer(tx)), {"home_location_id": there}
    ),
    "many rows": lambda tx, there: tx.insert(
        insert(customers), [customer(tx, home_location_id=there)]
    ),
    "a value for many rows": lambda tx, there: tx.insert(
        insert(customers).values(home_location_id=there), [customer(tx)]
    ),
    "an update": lambda tx, there: tx.execute(update(customers).values(home_location_id=there)),
    "an update by parameter": lambda tx, there: tx.execute(
        update(customers), {"home_location_id": there}
    ),
    "an update from a subquery": lambda tx, _: tx.execute(
        update(customers).values(
            home_location_id=select(func.min(locations.c.id)).scalar_subquery()
        )
    ),
    "another location": lambda tx, _: tx.execute(insert(locations).values(shop(tx, "sur"))),
}


@pytest.mark.parametrize("how", ELSEWHERE)
async def test_a_limited_caller_cannot_write_elsewhere(
    how: str, opening: Any, database: Database, principal: Principal, shops: list[str]
) -> None:
    limited = replace(principal, locations=frozenset([shops[0]]))
    with pytest.raises(OutOfReach):
        async with opening(limited) as tx:
            await ELSEWHERE[how](tx, shops[1])
    rows = await Reader(database, principal).rows(
        select(customers.c.name, customers.c.home_location_id).order_by(customers.c.name)
    )
    assert [tuple(r) for r in rows] == [("centro", shops[0]), ("norte", shops[1])]
    assert await names(database, principal, locations) == ["centro", "norte"]


async def test_many_values_in_one_statement_are_refused(opening: Any) -> None:
    with pytest.raises(Unbindable, match=r"Transaction\.insert"):
        async with opening() as tx:
            await tx.execute(insert(customers).values([customer(tx), customer(tx)]))


async def test_a_table_of_the_installation_needs_a_mark(opening: Any) -> None:
    for statement in (
        insert(clients).values(id="x"),
        update(clients).values(name="x"),
        delete(clients),
    ):
        with pytest.raises(Unbindable):
            async with opening() as tx:
                await tx.execute(statement)


async def test_housekeeping_takes_marked_statements_only(
    opening: Any, database: Database, clock: Clock, principal: Principal, stranger: Principal
) -> None:
    for who in (principal, stranger):
        async with opening(who) as tx:
            await tx.execute(insert(services).values(service(tx)))
            await told(tx)
    mine = services.c.organization_id.in_([principal.tenant, stranger.tenant])
    with pytest.raises(Unbindable, match="marked"):
        async with housekeeping(database, clock) as house:
            await house.execute(
                across_tenants(update(services).where(mine).values(name="x"), "to undo it")
            )
            await house.execute(delete(services))
    async with housekeeping(database, clock) as house:
        seen = select(services.c.name).where(mine)
        assert [r.name for r in await house.rows(across_tenants(seen, "a test"))] == ["Corte"] * 2
        assert house.now == clock()


def service(tx: Transaction) -> dict[str, Any]:
    return {
        "id": ids.new("svc"), "name": "Corte", "name_key": "corte", "duration_minutes": 30,
        "buffer_minutes": 0, "gap_after_minutes": 0, "gap_minutes": 0,
        "price_minor": 1, "currency_code": "ARS", "is_active": True,
        "created_at": tx.now,
    }  # fmt: skip
