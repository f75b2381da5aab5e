"""What every test stands on: both databases, migrated, and a tenant of its own for each test.

Tests share a database and never a tenant, so they need no cleaning up, and every one of them is also a test of
isolation. PostgreSQL is the server that `scripts/test.py` starts, or the one named by BARBERPRO_TEST_DATABASE_URL.
"""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.domains.organizations import service as organizations
from barberpro.graph.schema import Graph, build_schema
from barberpro.platform import ids
from barberpro.platform.broadcast import Broadcast
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.principal import Principal
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

from .databases import KINDS, migrated_database

# Left to itself structlog draws every frame of a defect with its local variables, the whole schema among them.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
pytest_plugins = ["tests.asking", "tests.chain", "tests.served"]

EVERYTHING = frozenset(
    f"{noun}:{verb}"
    for noun in (
        "organization",
        "locations",
        "catalogue",
        "people",
        "bookings",
        "billing",
        "ledger",
        "recommendations",
        "forecasts",
        "loyalty",
        "keys",
        "documents",
    )
    for verb in ("read", "write")
) | {"customers:pii", "customers:erase", "audit:read", "documents:review", "usage:read"}
MONDAY = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # 10:00 in Buenos Aires
PUBLIC_URL = "https://gateway.example"
MASTER_KEY = bytes(
    range(32)
)  # one for all tests: the signing keys in their database are sealed with it


class SettableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = MONDAY

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture(scope="session", params=KINDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated, empty database of this test process's own."""
    with migrated_database(request.param, tmp_path_factory.mktemp("db")) as url:
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, vault=Vault(Sealer(MASTER_KEY)))
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


Opening = Callable[..., AbstractAsyncContextManager[Transaction]]


@pytest.fixture
def opening(database: Database, clock: SettableClock, principal: Principal) -> Opening:
    """`async with opening() as tx:` is a transaction of this test's tenant; pass another principal for another."""

    def open_for(who: Principal | None = None) -> AbstractAsyncContextManager[Transaction]:
        return transaction(database, who or principal, clock, "test")

    return open_for


async def tenant(database: Database, clock: SettableClock, **changes: Any) -> Principal:
    """A new organization, and its caller who may do everything."""
    who = Principal(ids.new("org"), client=ids.new("cli"), client_name="test", scopes=EVERYTHING)
    async with transaction(database, who, clock, "test") as tx:
        await organizations.found(tx, name="Cadena de prueba")
    return Principal(**{**vars(who), **changes})


@pytest.fixture
async def principal(database: Database, clock: SettableClock) -> Principal:
    return await tenant(database, clock)


@pytest.fixture
async def stranger(database: Database, clock: SettableClock) -> Principal:
    """Someone who may do everything, in another tenant."""
    return await tenant(database, clock)


Registering = Callable[..., Awaitable[tuple[Row[Any], str]]]


@pytest.fixture
def registering(opening: Opening) -> Registering:
    """`await registering(scopes=…)` is a new OAuth client of this test's tenant, and its secret."""

    async def register(**changes: Any) -> tuple[Row[Any], str]:
        name = "c" + ids.new("cli").replace("_", "-")
        async with opening() as tx:
            return await clients.register_client(
                tx, **({"name": name, "scopes": EVERYTHING} | changes)
            )

    return register


@pytest.fixture(scope="session")
def graph() -> Graph:
    """The whole schema."""
    return build_schema()


@pytest.fixture
async def platform(
    database: Database, database_url: str, clock: SettableClock, tmp_path: Path
) -> Any:
    """The platform of a process that serves this test, at this test's time."""
    from barberpro.platform.audit.refusals import Refusals
    from barberpro.platform.keys import KeyRing
    from barberpro.platform.limits import limiter
    from barberpro.platform.locale import Catalogue
    from barberpro.platform.once import Once
    from barberpro.platform.platform import Platform
    from barberpro.platform.revocations import Revocations
    from barberpro.platform.upstreams.identity import Identity
    from barberpro.platform.upstreams.service import Upstreams

    sealer = Sealer(MASTER_KEY)
    keys = await KeyRing.load(database, sealer, clock)
    settings = Settings(
        data_dir=tmp_path,
        database_url=SecretStr(database_url),
        master_key=SecretStr(base64.b64encode(MASTER_KEY).decode()),
        public_url=PUBLIC_URL,
    )
    return Platform(
        settings=settings,
        database=database,
        clock=clock,
        sealer=sealer,
        keys=keys,
        limiter=limiter(None),
        catalogue=Catalogue({}),
        once=Once(database, clock),
        revocations=Revocations(database, clock),
        refusals=Refusals(database, clock),
        broadcast=Broadcast(database, clock),
        upstreams=Upstreams([], Identity(PUBLIC_URL, keys, clock)),
        cursor_secret=sealer.derived("cursors"),
    )


CHECKOUT = Path(__file__).parent.parent
