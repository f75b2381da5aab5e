"""Services on offer: put on the menu, repriced, taken off."""

from typing import Any

import pytest

from barberpro.domains.catalogue import service
from barberpro.domains.catalogue.errors import (
    BufferBeforeOutOfRange,
    BufferOutOfRange,
    DurationOutOfRange,
    GapOutOfRange,
    PriceOutOfRange,
    ServiceNameTaken,
    ServiceNotFound,
    UnknownCurrency,
)
from barberpro.platform import ids
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.text import InvalidName

PRICE = Money(900_000, "ARS")


def offers(**other: Any) -> Any:
    usual = {"name": "Barba", "duration_minutes": 20, "buffer_minutes": 5, "price": PRICE}
    return lambda tx: service.offer_service(tx, **usual | other)


def gap(after: int, minutes: int) -> dict[str, int]:
    return {"gap_after_minutes": after, "gap_minutes": minutes}


async def test_a_service_is_offered(done: Any, told: Any, principal: Principal, clock: Any) -> None:
    offered = await done(offers(name=" Barba y bigote "))
    assert ids.prefix_of(offered.id) == "svc"
    assert offered._asdict() == {
        "id": offered.id,
        "organization_id": principal.tenant,
        "name": "Barba y bigote",
        "name_key": "barba y bigote",
        "duration_minutes": 20,
        "buffer_before_minutes": 0,
        "buffer_minutes": 5,
        "gap_after_minutes": 0,
        "gap_minutes": 0,
        "price_minor": 900_000,
        "currency_code": "ARS",
        "is_active": True,
        "created_at": clock(),
    }
    assert await told(offered.id) == [("service.offered", offered.id, {"subject": offered.id})]


async def test_the_limits_themselves_are_allowed(done: Any) -> None:
    shortest = {"duration_minutes": 5, "buffer_minutes": 0, "price": Money(0, "ARS")}
    assert (await done(offers(name="A", **shortest))).duration_minutes == 5
    longest = {"duration_minutes": 720, "buffer_minutes": 240, "price": Money(10**12, "USD")}
    assert (await done(offers(name="B", **longest))).price_minor == 10**12
    assert (await done(offers(name="C", **gap(5, 10)))).gap_minutes == 10
    assert (await done(offers(name="D", buffer_before_minutes=240))).buffer_before_minutes == 240


@pytest.mark.parametrize(
    ("asked", "failure", "facts"),
    [
        ({"name": "corte"}, ServiceNameTaken, {"name": "corte"}),
        ({"name": "CÓRTE"}, ServiceNameTaken, {"name": "CÓRTE"}),
        ({"name": ""}, InvalidName, {"limit": 120}),
        ({"duration_minutes": 4}, DurationOutOfRange, {"minimum": 5, "maximum": 720}),
        ({"duration_minutes": 721}, DurationOutOfRange, {"minimum": 5, "maximum": 720}),
        ({"duration_minutes": -(2**70)}, DurationOutOfRange, {"minimum": 5, "maximum": 720}),
        ({"buffer_before_minutes": -1}, BufferBeforeOutOfRange, {"minimum": 0, "maximum": 240}),
        ({"buffer_before_minutes": 241}, BufferBeforeOutOfRange, {"minimum": 0, "maximum": 240}),
        ({"buffer_minutes": -1}, BufferOutOfRange, {"minimum": 0, "maximum": 240}),
        ({"buffer_minutes": 241}, BufferOutOfRange, {"minimum": 0, "maximum": 240}),
        ({"gap_minutes": 5}, GapOutOfRange, {"minimum": 5, "maximum": 10}),
        ({"gap_after_minutes": 5}, GapOutOfRange, {"minimum": 5, "maximum": 10}),
        (gap(4, 5), GapOutOfRange, {"minimum": 5, "maximum": 10}),
        (gap(5, 4), GapOutOfRange, {"minimum": 5, "maximum": 10}),
        (gap(5, 11), GapOutOfRange, {"minimum": 5, "maximum": 10}),
        (gap(-5, 10), GapOutOfRange, {"minimum": 5, "maximum": 10}),
        (gap(5, 5) | {"duration_minutes": 8}, GapOutOfRange, {"minimum": 5, "maximum": 0}),
        ({"price": Money(-1, "ARS")}, PriceOutOfRange, {"maximum": "10000000000.00"}),
        ({"price": Money(10**12 + 1, "ARS")}, PriceOutOfRange, {"maximum": "10000000000.00"}),
        ({"price": Money(1, "ars")}, UnknownCurrency, {}),
        ({"price": Money(1, "")}, UnknownCurrency, {}),
    ],
)
async def test_what_no_service_can_be_is_refused(
    chain: Any, refused: Any, asked: dict[str, Any], failure: Any, facts: dict[str, Any]
) -> None:
    await refused(offers(**asked), failure, **facts)


async def test_the_same_name_is_free_in_another_organization(
    chain: Any, done: Any, stranger: Principal
) -> None:
    assert (await done(offers(name="Corte"), stranger)).organization_id == stranger.tenant


async def test_a_service_is_repriced(chain: Any, done: Any, told: Any) -> None:
    repriced = await done(lambda tx: service.reprice(tx, chain.cut.id, price=Money(50, "USD")))
    changed = {"price_minor": 50, "currency_code": "USD"}
    assert repriced._asdict() == chain.cut._asdict() | changed
    facts = {
        "subject": chain.cut.id,
        "from_price_minor": 1_250_000,
        "from_currency_code": "ARS",
        "to_price_minor": 50,
        "to_currency_code": "USD",
    }
    assert (await told(chain.cut.id))[1:] == [("service.repriced", chain.cut.id, facts)]


async def test_the_same_price_changes_nothing(chain: Any, done: Any, state: Any) -> None:
    before = await state()
    same = Money(1_250_000, "ARS")
    assert await done(lambda tx: service.reprice(tx, chain.cut.id, price=same)) == chain.cut
    assert await state() == before


async def test_a_price_out_of_range_is_refused(chain: Any, refused: Any) -> None:
    await refused(
        lambda tx: service.reprice(tx, chain.cut.id, price=Money(-1, "ARS")),
        PriceOutOfRange,
        maximum="10000000000.00",
    )


async def test_a_service_is_withdrawn_once(chain: Any, done: Any, told: Any, state: Any) -> None:
    withdrawn = await done(lambda tx: service.withdraw(tx, chain.cut.id))
    assert withdrawn._asdict() == chain.cut._asdict() | {"is_active": False}
    before = await state()
    assert await done(lambda tx: service.withdraw(tx, chain.cut.id)) == withdrawn
    assert await state() == before
    assert [t.type for t in await told(chain.cut.id)] == ["service.offered", "service.withdrawn"]


async def test_what_does_not_exist_is_not_found(refused: Any) -> None:
    for unknown in (ids.new("svc"), ids.new("loc"), "", "svc_\x00", "x" * 999):
        await refused(
            lambda tx, unknown=unknown: service.withdraw(tx, unknown),
            ServiceNotFound,
            service_id=unknown[:40],
        )
        await refused(
            lambda tx, unknown=unknown: service.reprice(tx, unknown, price=PRICE),
            ServiceNotFound,
            service_id=unknown[:40],
        )
