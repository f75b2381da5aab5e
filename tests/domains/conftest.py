"""What a refusal must leave as it was, and what was told of what was done."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Row, select

from barberpro.domains.bookings import service as bookings
from barberpro.platform.errors import Failure
from barberpro.platform.events import events
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import Principal
from barberpro.platform.sealing.rows import SealedRows
from barberpro.platform.tables import metadata

from ..chain import Act, Chain, Opening

know_all_tables()
TABLES = (
    "locations",
    "chairs",
    "opening_hours",
    "opening_exceptions",
    "travel_times",
    "services",
    "providers",
    "provider_locations",
    "shifts",
    "absences",
    "skills",
    "editions",
    "customers",
    "customer_contacts",
    "tenant_keys",
    "subject_keys",
    "visits",
    "bookings",
    "booking_changes",
    "policies",
    "booking_charges",
    "ratings",
    "plans",
    "plan_items",
    "reshuffle_terms",
    "reshuffles",
    "reshuffle_moves",
    "appointments",
    "appointment_items",
    "booking_series",
    "series_occurrences",
    "calendar_feeds",
    "invoices",
    "invoice_lines",
    "invoice_series",
    "ledger_accounts",
    "ledger_transactions",
    "ledger_postings",
    "model_versions",
    "recommendations",
    "popular_services",
    "forecast_points",
    "forecast_summaries",
    "keys",
    "key_uses",
    "documents",
    "unregistered_documents",
    "usage_shapes",
    "usage_days",
    "users",
    "roles",
    "role_assignments",
    "second_factors",
    "recovery_codes",
    "invitations",
    "sessions",
    "grants",
    "authorization_codes",
    "refresh_tokens",
    "consents",
    "pushed_requests",
    "events",
)

State = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def booked(done: Callable[..., Awaitable[Any]], chain: Chain) -> Callable[..., Awaitable[Row[Any]]]:
    """`await booked(starts_at=...)` is the chain's usual booking, with whatever is asked otherwise."""

    async def book(who: Principal | None = None, **other: Any) -> Row[Any]:
        return await done(lambda tx: bookings.create(tx, **chain.asks(**other)), who)

    return book


@pytest.fixture
def state(opening: Opening) -> Callable[[], Awaitable[State]]:
    """All rows of this test's tenant, by table."""

    async def read() -> State:
        async with opening() as tx:
            tables = [metadata.tables[name] for name in TABLES]
            return {
                t.name: [tuple(r) for r in await tx.rows(select(t).order_by(t.c.id))]
                for t in tables
            }

    return read


@pytest.fixture
def refused(
    opening: Opening, state: Callable[[], Awaitable[State]]
) -> Callable[..., Awaitable[Failure]]:
    """`await refused(act, SlotTaken, until=...)`: it fails so, with these facts, and nothing changes."""

    async def refuse(
        act: Act, failure: type[Failure], *, who: Principal | None = None, **facts: Any
    ) -> Failure:
        before = await state()
        with pytest.raises(failure) as caught:
            async with opening(who) as tx:
                await act(tx)
        assert type(caught.value) is failure
        assert caught.value.facts() == facts
        assert await state() == before
        return caught.value

    return refuse


@pytest.fixture
def unsealed(opening: Opening) -> Callable[..., Awaitable[dict[str, str | None] | None]]:
    """`await unsealed(NOTES, id)` is what is sealed in a row, in the open, by column; None where nothing opens it."""

    async def read(rows: SealedRows, key: str) -> dict[str, str | None] | None:
        async with opening() as tx:
            found = await tx.rows(rows.reading, {"keys": [key]})
            opened = rows.opened(tx.vault, tx.principal.tenant, found)
        return {c.name: opened[key].value(c) for c in rows.columns} if key in opened else None

    return read


class Told(NamedTuple):
    type: str
    subject: str
    data: dict[str, Any]


@pytest.fixture
def told(opening: Opening) -> Callable[..., Awaitable[list[Told]]]:
    """The events about a thing, oldest first."""

    async def read(subject: str) -> list[Told]:
        async with opening() as tx:
            about = select(events.c.type, events.c.subject, events.c.data)
            rows = await tx.rows(about.where(events.c.subject == subject).order_by(events.c.id))
            return [Told(*row) for row in rows]

    return read


@pytest.fixture
def untouched(state: Callable[[], Awaitable[Any]]) -> Callable[[], Any]:
    """`async with untouched():` nothing of the organization changes meanwhile."""

    @contextlib.asynccontextmanager
    async def watch() -> AsyncIterator[None]:
        before = await state()
        yield
        assert await state() == before

    return watch
