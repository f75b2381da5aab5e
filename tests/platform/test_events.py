import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import Row, insert, select

from barberpro.domains.catalogue.tables import services
from barberpro.platform import ids
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import (
    AFTERWARDS,
    Event,
    canonical,
    commitment,
    events,
    leaf,
    publish,
    revived,
)
from barberpro.platform.principal import Principal


@dataclass(frozen=True, kw_only=True)
class ServiceTasted(Event):
    type: ClassVar[str] = "TestServiceTasted"
    at: datetime
    until: datetime | None = None
    price_minor: int = 0
    share: float = 0.1
    name: str = ""
    tags: list[str] | None = None


AT = datetime(2026, 11, 23, 13, 0, 0, 120_000, tzinfo=UTC)
TASTED = ServiceTasted(
    subject="svc_1", at=AT, until=AT + timedelta(hours=1), price_minor=2**53 + 1,
    name='Ñandú "x" 💈 \\ </script>', tags=["b", "a"],
)  # fmt: skip


async def offer(tx: Transaction) -> Row[Any]:
    made = await tx.execute(
        insert(services)
        .values(
            id=ids.new("svc"), name="Corte", name_key=ids.new("key"), duration_minutes=30,
            buffer_minutes=0, gap_after_minutes=0, gap_minutes=0, price_minor=1000, currency_code="ARS", is_active=True,
            created_at=tx.now,
        )
        .returning(services)
    )  # fmt: skip
    return made.one()


@pytest.fixture
async def stored(opening: Any, database: Database, principal: Principal, clock: Any) -> Row[Any]:
    """A published event as the database gives it back."""
    clock.time += timedelta(microseconds=120)
    async with opening() as tx:
        event = await publish(tx, TASTED, after=await offer(tx))
    rows = await Reader(database, principal).rows(select(events).where(events.c.id == event))
    return rows[0]


def test_the_stored_row_says_who_and_what(
    stored: Row[Any], principal: Principal, clock: Any
) -> None:
    assert stored.type == "TestServiceTasted"
    assert stored.subject == "svc_1"
    assert (stored.client, stored.actor) == (principal.client, principal.client)
    assert stored.request_id == "test"
    assert stored.occurred_at == clock.time
    assert stored.relayed_at is None
    assert stored.before is None


def test_the_leaf_can_be_worked_out_again_from_the_row(stored: Row[Any]) -> None:
    """The way through either database changes nothing: instants, JSON and its order."""
    assert leaf(stored.organization_id, stored._asdict()) == stored.leaf


@pytest.mark.parametrize("column", [c.name for c in events.c if c.name not in AFTERWARDS])
def test_any_change_of_the_row_breaks_its_leaf(stored: Row[Any], column: str) -> None:
    entry = dict(stored._mapping)
    value = entry[column]
    if isinstance(value, datetime):
        entry[column] = value + timedelta(microseconds=1)
    elif isinstance(value, dict):
        entry[column] = value | {"price_minor": 2**53}
    else:
        entry[column] = "x" if value is None else value[:-1] + chr(ord(value[-1]) ^ 1)
    assert leaf(entry["organization_id"], entry) != stored.leaf


@pytest.mark.parametrize("later", [{"relayed_at": AT}, {"position": 7}])
def test_what_a_row_gets_later_does_not_touch_its_leaf(
    stored: Row[Any], later: dict[str, Any]
) -> None:
    entry = dict(stored._mapping) | later
    assert leaf(entry["organization_id"], entry) == stored.leaf


def test_a_leaf_is_the_hash_of_rfc_9162() -> None:
    """SHA-256 over a zero byte and the entry: what an auditor recomputes with other tools."""
    entry = {"id": "evt_1", "data": {"b": 1, "a": None}, "occurred_at": AT}
    plain = (
        b'\x00{"data":{"a":null,"b":1},"id":"evt_1",'
        b'"occurred_at":"2026-11-23T13:00:00.120000Z","organization_id":"org_1"}'
    )
    assert leaf("org_1", entry) == hashlib.sha256(plain).hexdigest()


async def test_the_commitment_opens_with_salt_and_row(
    opening: Any, database: Database, principal: Principal
) -> None:
    async with opening() as tx:
        before = await offer(tx)
        after = await offer(tx)
        event = await publish(tx, TASTED, before=before, after=after)
    reader = Reader(database, principal)
    (row,) = await reader.rows(select(events).where(events.c.id == event))
    (again,) = await reader.rows(select(services).where(services.c.id == after.id))
    assert row.after == commitment(row.salt, again)
    assert row.before == commitment(row.salt, before)
    assert row.before != row.after
    assert row.after == hashlib.sha256(row.salt.encode() + canonical(again._asdict())).hexdigest()


async def test_equal_rows_have_unlike_commitments(
    opening: Any, database: Database, principal: Principal
) -> None:
    """Each event has a salt of its own, so nobody learns that two rows are alike."""
    async with opening() as tx:
        row = await offer(tx)
        for _ in range(2):
            await publish(tx, TASTED, after=row)
    rows = await Reader(database, principal).rows(
        select(events.c.after).where(events.c.type == TASTED.type)
    )
    assert len({r.after for r in rows}) == len(rows) == 2


def test_an_event_comes_back_as_it_was(stored: Row[Any]) -> None:
    assert revived(stored.type, stored.data) == TASTED


def test_an_event_of_a_newer_version_is_read_as_far_as_known(stored: Row[Any]) -> None:
    assert revived(stored.type, stored.data | {"colour": "red"}) == TASTED
    without = {k: v for k, v in stored.data.items() if k != "name"}
    assert revived(stored.type, without) == ServiceTasted(
        subject="svc_1", at=AT, until=TASTED.until, price_minor=2**53 + 1, tags=["b", "a"]
    )


def test_an_unknown_event_is_none() -> None:
    assert revived("TestNeverHeardOf", {"subject": "x"}) is None


async def test_events_are_the_tenants_own(
    stored: Row[Any], database: Database, stranger: Principal
) -> None:
    rows = await Reader(database, stranger).rows(select(events).where(events.c.id == stored.id))
    assert rows == []
