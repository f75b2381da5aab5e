"""Invoices to try things on, and what is stored of them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from barberpro.domains.billing import service
from barberpro.domains.billing.service import Line
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def gel(price: int = 484_000, **other: Any) -> Line:
    """A jar of gel for 4,840 pesos, written by hand."""
    usual: dict[str, Any] = {"description": "Gel", "quantity": 1, "unit_price": Money(price, "ARS")}
    return Line(**usual | other)


@pytest.fixture
def drafted(done: Callable[..., Awaitable[Any]], chain: Any) -> Callable[..., Awaitable[Row[Any]]]:
    """`await drafted(booking_ids=[…])` is a draft of the shop in the centre; of a jar of gel where nothing is said."""

    async def draft(who: Principal | None = None, **other: Any) -> Row[Any]:
        asked = {"location_id": chain.centro.id} | (other or {"by_hand": [gel()]})
        return await done(lambda tx: service.create(tx, **asked), who)

    return draft


@pytest.fixture
def issued(
    done: Callable[..., Awaitable[Any]], drafted: Callable[..., Awaitable[Row[Any]]]
) -> Callable[..., Awaitable[Row[Any]]]:
    """`await issued(booking_ids=[…])` is that draft, issued."""

    async def issue(**other: Any) -> Row[Any]:
        draft = await drafted(**other)
        return await done(lambda tx: service.issue(tx, draft.id))

    return issue


@pytest.fixture
def stored(done: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Sequence[Row[Any]]]]:
    """`await stored("invoice_lines", invoice_id=…)`: rows of this test's tenant, by id."""

    async def read(name: str, **where: Any) -> Sequence[Row[Any]]:
        table = metadata.tables[name]
        wanted = select(table).filter_by(**where).order_by(table.c.id)
        return await done(lambda tx: tx.rows(wanted))

    return read


@pytest.fixture
async def two_cuts(booked: Callable[..., Awaitable[Row[Any]]]) -> list[Row[Any]]:
    """Carla's, on two days, for 12,500 pesos each."""
    return [await booked(starts_at=ELEVEN + timedelta(days=n)) for n in range(2)]
