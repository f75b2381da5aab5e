import asyncio
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from barberpro.platform import idempotency
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.events import Event, events, publish
from barberpro.platform.idempotency import IdempotencyKeyReused, claim, keep
from barberpro.platform.principal import Principal


@dataclass(frozen=True, kw_only=True)
class ChargeMade(Event):
    type: ClassVar[str] = "TestChargeMade"


REQUEST = {"amount": "10.00", "to": "cus_1"}


async def charge(opening: Any, request: Any = REQUEST, who: Principal | None = None) -> str:
    """One effect a key: an event; its id is the result."""
    async with opening(who) as tx:
        earlier = await claim(tx, "charge", "key-1", request)
        if earlier is not None:
            return earlier
        made = await publish(tx, ChargeMade(subject="cus_1"))
        await keep(tx, "charge", "key-1", made)
        return made


async def effects(database: Database, who: Principal) -> int:
    counted = select(func.count()).select_from(events).where(events.c.type == ChargeMade.type)
    (row,) = await Reader(database, who).rows(counted)
    return row[0]


async def test_the_same_request_twice_has_one_effect(
    opening: Any, database: Database, principal: Principal
) -> None:
    first = await charge(opening)
    assert await charge(opening, {"to": "cus_1", "amount": "10.00"}) == first
    assert await effects(database, principal) == 1


async def test_twenty_at_once_have_one_effect(
    opening: Any, database: Database, principal: Principal
) -> None:
    results = await asyncio.gather(*(charge(opening) for _ in range(20)))
    assert len(set(results)) == 1
    assert await effects(database, principal) == 1


async def test_a_key_cannot_be_used_for_another_request(
    opening: Any, database: Database, principal: Principal
) -> None:
    first = await charge(opening)
    with pytest.raises(IdempotencyKeyReused) as caught:
        await charge(opening, REQUEST | {"amount": "99.00"})
    assert caught.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert await effects(database, principal) == 1
    assert await charge(opening) == first


async def test_a_refused_request_leaves_its_key_free(
    opening: Any, database: Database, principal: Principal
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with opening() as tx:
            assert await claim(tx, "charge", "key-1", REQUEST) is None
            raise ZeroDivisionError
    await charge(opening, REQUEST | {"amount": "99.00"})
    assert await effects(database, principal) == 1


async def test_a_key_belongs_to_one_client_and_one_operation(
    opening: Any, database: Database, principal: Principal, stranger: Principal
) -> None:
    first = await charge(opening)
    other = replace(principal, client="cli_other")
    assert await charge(opening, {"amount": "1"}, other) != first
    assert await charge(opening, {"amount": "2"}, stranger) != first
    async with opening() as tx:
        assert await claim(tx, "refund", "key-1", {}) is None
    assert await effects(database, principal) == 2
    assert await effects(database, stranger) == 1


async def test_a_key_lasts_a_day(
    opening: Any, clock: Any, principal: Principal, stranger: Principal
) -> None:
    first = await charge(opening)
    foreign = await charge(opening, who=stranger)
    clock.forward(hours=24)
    async with opening() as tx:
        await idempotency.forget_old(tx)
    assert await charge(opening) == first
    clock.forward(seconds=1)
    async with opening() as tx:
        await idempotency.forget_old(tx)
    assert await charge(opening) != first
    assert (
        await charge(opening, who=stranger) == foreign
    )  # another tenant's keys are not ours to drop


def test_the_order_of_members_does_not_matter() -> None:
    one = idempotency.fingerprint({"a": 1, "b": {"c": 2, "d": [1, 2]}})
    assert one == idempotency.fingerprint({"b": {"d": [1, 2], "c": 2}, "a": 1})
    assert one != idempotency.fingerprint({"b": {"d": [2, 1], "c": 2}, "a": 1})


async def test_a_key_is_each_users_own(
    opening: Any, database: Database, principal: Principal
) -> None:
    """Two people at one client's till must not be answered with each other's results."""
    ana, eva = (replace(principal, user=f"usr_{name}") for name in ("ana", "eva"))
    first = await charge(opening, who=ana)
    assert await charge(opening, {"amount": "7.00", "to": "cus_2"}, eva) != first
    assert await charge(opening, who=ana) == first
    assert await effects(database, principal) == 2
