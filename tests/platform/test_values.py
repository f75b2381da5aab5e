"""Money, time and sets of keys."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, func, insert, select, text

from barberpro.domains.organizations.tables import organizations
from barberpro.platform.clock import iso, now
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.sets import among, each, key_set
from barberpro.platform.tables import Instant


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1_250_000, "ARS", "12500.00"),
        (1, "ARS", "0.01"),
        (0, "ARS", "0.00"),
        (-105, "ARS", "-1.05"),
        (9_223_372_036_854_775_807, "ARS", "92233720368547758.07"),
        (12_500, "CLP", "12500"),
        (12_500, "KWD", "12.500"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, amount: str) -> None:
    assert Money(minor, currency).amount == amount
    assert Money(minor, currency).decimal == Decimal(amount)


def test_money_is_written_as_its_reader_writes_it() -> None:
    assert Money(1_250_000, "ARS").formatted("es-AR") == "$12.500,00"
    assert Money(1_250_000, "USD").formatted("en-US") == "$12,500.00"


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 22, 13, 0, tzinfo=UTC), "2026-11-22T13:00:00Z"),
        (datetime(2026, 11, 22, 13, 0, 0, 5000, tzinfo=UTC), "2026-11-22T13:00:00.005000Z"),
        (
            datetime(2026, 11, 22, 22, 0, tzinfo=timezone(timedelta(hours=-3))),
            "2026-11-23T01:00:00Z",
        ),
    ],
)
def test_an_instant_is_shown_in_utc(moment: datetime, shown: str) -> None:
    assert iso(moment) == shown
    assert datetime.fromisoformat(shown) == moment


def test_an_instant_has_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        iso(datetime(2026, 11, 22, 13, 0))  # noqa: DTZ001 - that is what is refused


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


MOMENTS = Table(
    "test_moments",
    MetaData(),
    Column("at", Instant, primary_key=True),
    prefixes=["TEMPORARY"],
)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.datetimes(timezones=st.just(UTC)), unique=True, max_size=20))
async def test_instants_come_back_as_they_were_and_in_order(
    database: Database, moments: list[datetime]
) -> None:
    async with database.writer.connect() as connection:
        await connection.run_sync(MOMENTS.create)
        for moment in moments:
            await connection.execute(insert(MOMENTS).values(at=moment))
        found = list((await connection.execute(select(MOMENTS.c.at).order_by("at"))).scalars())
        await connection.rollback()
    assert found == sorted(moments)
    assert {m.tzinfo for m in found} <= {UTC}


async def test_a_moment_is_stored_in_utc(database: Database) -> None:
    elsewhere = datetime(2026, 11, 22, 22, 0, tzinfo=timezone(timedelta(hours=-3)))
    async with database.writer.connect() as connection:
        await connection.run_sync(MOMENTS.create)
        await connection.execute(insert(MOMENTS).values(at=elsewhere))
        (found,) = (await connection.execute(select(MOMENTS.c.at))).scalars()
        await connection.rollback()
    assert found == elsewhere
    assert found.tzinfo is UTC


async def test_a_moment_without_a_zone_is_not_stored(database: Database) -> None:
    naive = datetime(2026, 11, 22, 13, 0)  # noqa: DTZ001
    async with database.reader.connect() as connection:
        with pytest.raises(Exception, match="no time zone"):
            await connection.execute(select(MOMENTS).where(MOMENTS.c.at == naive))


HARD = ["a", "", 'q"uote', "c,omma", "{brace}", "back\\slash", "ñ", "💈", "NULL", "null", "[1]"]


async def test_keys_of_any_text_make_the_trip(database: Database, principal: Principal) -> None:
    rows = each(key_set("wanted"))
    found = await Reader(database, principal).rows(select(rows.c.value), {"wanted": HARD})
    assert [r.value for r in found] == HARD


@pytest.mark.parametrize(("keys", "count"), [("own", 1), ("none", 0), ("many", 1)])
async def test_among_takes_any_number_of_keys(
    keys: str, count: int, database: Database, principal: Principal
) -> None:
    """Forty thousand are more than SQLite has variables for; the statement stays the same."""
    own = {principal.tenant}
    chosen: Any = {"own": own, "none": set(), "many": own | {str(n) for n in range(40_000)}}[keys]
    counted = select(func.count()).where(among(organizations.c.id, chosen))
    (row,) = await Reader(database, principal).rows(counted)
    assert row[0] == count


def test_sets_of_any_size_are_one_statement() -> None:
    one, many = (str(select(text("1")).where(among(organizations.c.id, k))) for k in ("a", "abc"))
    assert one == many
