"""Providers and customers: taken on, assigned, renamed, gone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingCompleted
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service
from barberpro.domains.people.errors import (
    CustomerNotFound,
    HomeLocationRequired,
    ProviderLeft,
    ProviderNotFound,
)
from barberpro.domains.people.handlers import remember_visit
from barberpro.platform import ids
from barberpro.platform.doors import transaction
from barberpro.platform.principal import Principal, worker
from barberpro.platform.relay import HANDLERS
from barberpro.platform.tables import metadata
from barberpro.platform.text import InvalidName


@pytest.fixture
def at_centro(principal: Principal, chain: Any) -> Principal:
    return Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})


async def places_of(done: Any, provider_id: str) -> set[str]:
    links = metadata.tables["provider_locations"]
    of_them = select(links.c.location_id).where(links.c.provider_id == provider_id)
    return {row.location_id for row in await done(lambda tx: tx.rows(of_them))}


async def test_a_provider_is_taken_on(
    chain: Any, done: Any, told: Any, principal: Principal, clock: Any
) -> None:
    where = [chain.norte.id, chain.centro.id]
    taken = await done(
        lambda tx: service.register_provider(tx, name=" Ñata ", location_ids=[*where, where[0]])
    )
    assert taken._asdict() == {
        "id": taken.id,
        "organization_id": principal.tenant,
        "name": "Ñata",
        "name_key": "n~ata",
        "is_active": True,
        "created_at": clock(),
    }
    assert ids.prefix_of(taken.id) == "prv"
    assert await places_of(done, taken.id) == set(where)
    facts = {"subject": taken.id, "location_ids": where}
    assert await told(taken.id) == [("provider.registered", taken.id, facts)]


async def test_a_provider_may_work_nowhere_yet(done: Any) -> None:
    taken = await done(lambda tx: service.register_provider(tx, name="Eva", location_ids=[]))
    assert await places_of(done, taken.id) == set()


async def test_two_people_may_have_one_name(chain: Any, done: Any) -> None:
    taken = await done(lambda tx: service.register_provider(tx, name="Ana", location_ids=[]))
    assert taken.name_key == chain.ana.name_key


async def test_nobody_works_at_an_unknown_location(chain: Any, refused: Any) -> None:
    unknown = ids.new("loc")
    where = [chain.centro.id, unknown]
    await refused(
        lambda tx: service.register_provider(tx, name="Eva", location_ids=where),
        LocationNotFound,
        location_id=unknown,
    )


@pytest.mark.parametrize("name", ["", "\n", "x" * 121, "x" * 10_000, "a\u202eb", "\ud800"])
async def test_a_name_can_be_read(chain: Any, refused: Any, name: str) -> None:
    for act in (
        lambda tx: service.register_provider(tx, name=name, location_ids=[]),
        lambda tx: service.rename_provider(tx, chain.ana.id, name=name),
        lambda tx: service.register_customer(tx, name=name, home_location_id=None),
        lambda tx: service.update_customer(tx, chain.carla.id, name=name),
    ):
        await refused(act, InvalidName, limit=120)


async def test_a_provider_is_renamed(chain: Any, done: Any, told: Any, state: Any) -> None:
    renamed = await done(lambda tx: service.rename_provider(tx, chain.ana.id, name="Ána"))
    assert renamed._asdict() == chain.ana._asdict() | {"name": "Ána", "name_key": "ana"}
    renaming = ("provider.renamed", chain.ana.id, {"subject": chain.ana.id})
    assert (await told(chain.ana.id))[1:] == [renaming]
    before = await state()
    assert await done(lambda tx: service.rename_provider(tx, chain.ana.id, name="Ána")) == renamed
    assert await state() == before


async def test_a_provider_works_at_one_more_location_and_at_one_less(
    chain: Any, done: Any, told: Any, state: Any
) -> None:
    ana, norte = chain.ana.id, chain.norte.id
    assert await done(lambda tx: service.unassign_location(tx, ana, norte)) == chain.ana
    assert await places_of(done, ana) == {chain.centro.id}
    before = await state()
    assert await done(lambda tx: service.unassign_location(tx, ana, norte)) == chain.ana
    assert await state() == before
    assert await done(lambda tx: service.assign_location(tx, ana, norte)) == chain.ana
    assert await places_of(done, ana) == {chain.centro.id, norte}
    before = await state()
    assert await done(lambda tx: service.assign_location(tx, ana, norte)) == chain.ana
    assert await state() == before
    facts = {"subject": ana, "location_id": norte}
    assert (await told(ana))[1:] == [
        ("provider.unassigned", ana, facts),
        ("provider.assigned", ana, facts),
    ]


async def test_who_leaves_stays_where_they_worked(
    chain: Any, done: Any, told: Any, state: Any
) -> None:
    left = await done(lambda tx: service.leave(tx, chain.ana.id))
    assert left._asdict() == chain.ana._asdict() | {"is_active": False}
    assert await places_of(done, chain.ana.id) == {chain.centro.id, chain.norte.id}
    before = await state()
    assert await done(lambda tx: service.leave(tx, chain.ana.id)) == left
    assert await state() == before
    assert [t.type for t in await told(chain.ana.id)] == [
        "provider.registered",
        "provider.departed",
    ]


async def test_who_left_is_assigned_nowhere(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: service.unassign_location(tx, chain.ana.id, chain.norte.id))
    await done(lambda tx: service.leave(tx, chain.ana.id))
    await refused(
        lambda tx: service.assign_location(tx, chain.ana.id, chain.norte.id),
        ProviderLeft,
        provider_id=chain.ana.id,
    )


async def test_what_does_not_exist_is_not_found(chain: Any, refused: Any) -> None:
    for unknown in (ids.new("prv"), ids.new("cus"), "", "prv_\x00"):
        for act in (
            lambda tx, u=unknown: service.rename_provider(tx, u, name="Eva"),
            lambda tx, u=unknown: service.leave(tx, u),
            lambda tx, u=unknown: service.assign_location(tx, u, chain.centro.id),
            lambda tx, u=unknown: service.unassign_location(tx, u, chain.centro.id),
        ):
            await refused(act, ProviderNotFound, provider_id=unknown)
    for unknown in (ids.new("cus"), ids.new("prv"), "", "cus_\x00"):
        for act in (
            lambda tx, u=unknown: service.update_customer(tx, u, name="Eva"),
            lambda tx, u=unknown: service.erase_customer(tx, u),
        ):
            await refused(act, CustomerNotFound, customer_id=unknown)


async def test_who_is_limited_to_a_shop_takes_people_on_there(
    chain: Any, done: Any, refused: Any, at_centro: Principal
) -> None:
    centro, norte = chain.centro.id, chain.norte.id
    dora = await done(
        lambda tx: service.register_provider(tx, name="Dora", location_ids=[centro]), at_centro
    )
    assert await places_of(done, dora.id) == {centro}
    zoe = await done(
        lambda tx: service.register_customer(tx, name="Zoë", home_location_id=centro), at_centro
    )
    renamed = await done(lambda tx: service.update_customer(tx, zoe.id, name="Zoé"), at_centro)
    assert renamed.name == "Zoé"
    await refused(
        lambda tx: service.register_provider(tx, name="Eva", location_ids=[centro, norte]),
        LocationNotFound,
        who=at_centro,
        location_id=norte,
    )
    await refused(
        lambda tx: service.register_customer(tx, name="Eva", home_location_id=None),
        HomeLocationRequired,
        who=at_centro,
    )


async def test_a_completed_booking_is_a_visit_once(
    chain: Any, booked: Any, done: Any, database: Any, clock: Any, principal: Principal, state: Any
) -> None:
    assert HANDLERS.by_name["people.remember_visit"] is remember_visit
    assert HANDLERS.by_type["booking.completed"] == ["people.remember_visit"]
    await booked(starts_at=clock() + timedelta(hours=2))
    bookings_of_carla = [
        await booked(starts_at=clock() + timedelta(minutes=40 * n)) for n in range(2)
    ]
    clock.forward(hours=2)
    for booking in bookings_of_carla:
        await done(lambda tx, id=booking.id: bookings.complete(tx, id))
        event = BookingCompleted(
            subject=booking.id,
            location_id=booking.location_id,
            provider_id=booking.provider_id,
            customer_id=booking.customer_id,
            service_id=booking.service_id,
            ended_at=booking.ends_at,
        )
        for _ in range(2):
            who = worker(principal.tenant)
            async with transaction(database, who, clock, "test", answering="evt") as tx:
                await remember_visit(tx, event)
    carla, other = chain.carla.id, ids.new("cus")
    counts = await done(lambda tx: tx.rows(service.visit_counts([carla, other])))
    assert [tuple(row) for row in counts] == [(carla, 2)]
    latest = await done(lambda tx: tx.rows(service.last_visits([carla, other])))
    assert [tuple(row) for row in latest] == [(carla, bookings_of_carla[1].ends_at)]
    (_, second) = (await state())["visits"]
    assert second[2:] == (carla, chain.centro.id, bookings_of_carla[1].id, event.ended_at)
