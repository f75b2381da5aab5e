"""What the two hand-written peers share: connections, cursors, and where a page begins and ends."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.routing import Route

from barberpro.graph.cursors import Cursors

from . import notes
from .door import Caller, Tokens, endpoint

FIELD, ORDER = "bookings", "STARTS_AT DESC"
"""What the gateway's cursors of these pages are made for: everybody's answers are compared."""
BEFORE = "AND (starts_at, id) < ($2, $3)"
LONGEST_PAGE = 1_000
SIZE = 10  # connections, as many as the gateway has
NEEDS = {
    "LocationById": frozenset({"locations:read"}),
    "BookingBoard": frozenset(
        {"bookings:read", "locations:read", "people:read", "catalogue:read", "billing:read"}
    ),
    "ChainOverview": frozenset({"bookings:read", "locations:read", "people:read", "billing:read"}),
    "BookingLedger": frozenset({"bookings:read"}),
}
SECRET = bytes.fromhex(os.environ.get("ARENA_CURSOR_SECRET", ""))


class Rows:
    """The database's connections."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._notes = notes.Notes()

    async def all(self, text: str, *values: Any) -> Sequence[Any]:
        """The rows of a statement that each connection prepares once."""
        async with self._pool.acquire() as connection:
            return await connection.fetch(text, *values)

    async def notes(self, tenant: str, bookings: Sequence[str]) -> dict[str, str]:
        """The notes of bookings that have some, in the open."""
        return self._notes.opened(tenant, await self.all(notes.STATEMENT, tenant, bookings))

    def cursor(self, tenant: str, starts_at: str, id_: str) -> str:
        """Where a page ended."""
        return Cursors(SECRET, tenant).write(FIELD, ORDER, (starts_at, id_))


Read = Callable[[Rows, dict[str, Any], Caller], Awaitable[bytes]]


def application_of(*reads: Read) -> Starlette:
    """Endpoints for the operations, in the order of NEEDS."""
    tokens, held = Tokens(), {}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        url = os.environ["ARENA_DATABASE"]
        async with asyncpg.create_pool(
            url,
            min_size=SIZE,
            max_size=SIZE,
            reset=_nothing,
            server_settings={"timezone": "UTC", "datestyle": "ISO"},
        ) as pool:
            held["rows"] = Rows(pool)
            gc.collect()
            gc.freeze()
            yield

    def route(name: str, read: Read) -> Route:
        async def answer(variables: dict[str, Any], caller: Caller) -> bytes:
            return await read(held["rows"], variables, caller)

        return Route(f"/{name}", endpoint(tokens, name, NEEDS[name], answer), methods=["POST"])

    return Starlette(
        lifespan=lifespan,
        routes=[route(*pair) for pair in zip(NEEDS, reads, strict=True)],
    )


async def _nothing(_: Any) -> None:
    """Reads leave nothing behind on a connection: giving it back costs no round trip."""


def moment(column: str) -> str:
    """A moment in SQL as the wire shows it; the sessions are in UTC."""
    return f"replace(replace({column}::text, ' ', 'T'), '+00', 'Z')"


def page_size(variables: dict[str, Any], usual: int) -> int:
    """How many rows are wanted: a number that may stand in a statement's text."""
    size = int(variables.get("first", usual))
    if not 0 < size <= LONGEST_PAGE:
        raise ValueError(f"a page has 1 to {LONGEST_PAGE} rows")
    return size


def after(variables: dict[str, Any], tenant: str) -> tuple[list[Any], bool]:
    """The values that a page begins behind, and whether it begins behind any."""
    cursor = variables.get("after")
    if cursor is None:
        return [], False
    starts_at, id_ = Cursors(SECRET, tenant).read(FIELD, ORDER, cursor)
    return [datetime.fromisoformat(starts_at), id_], True
