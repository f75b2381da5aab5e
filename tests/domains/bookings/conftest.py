"""Reads of a booking's history, and callers limited to a shop."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Row, select

from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata


@pytest.fixture
def history(done: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[list[Row[Any]]]]:
    """The changes made to a booking, oldest first."""
    changes = metadata.tables["booking_changes"]

    async def read(booking_id: str) -> list[Row[Any]]:
        of_it = select(changes).where(changes.c.booking_id == booking_id).order_by(changes.c.id)
        return await done(lambda tx: tx.rows(of_it))

    return read


@pytest.fixture
def at_centro(principal: Principal, chain: Any) -> Principal:
    """Someone who sees the shop in the centre only."""
    return Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
