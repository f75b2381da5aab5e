"""A log in a database of the test's own, for there is one log in each; and an owner of that database who means harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from barberpro.platform.audit import installation
from barberpro.platform.audit.checkpoints import Head, Signer
from barberpro.platform.audit.heads import HeadFile, in_order
from barberpro.platform.audit.keeper import Keeper
from barberpro.platform.audit.proofs import newest
from barberpro.platform.audit.sequencer import asking, sequence
from barberpro.platform.audit.tree import Ask
from barberpro.platform.audit.verify import Report, verify
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database, postgresql, sqlite
from barberpro.platform.doors import housekeeping, survey, transaction
from barberpro.platform.events import Event, publish
from barberpro.platform.principal import Principal
from barberpro.platform.settings import Settings
from tests.conftest import MASTER_KEY, SettableClock, tenant
from tests.databases import KINDS, empty_database, kind_of, migrated_database


@dataclass(frozen=True, kw_only=True)
class Rung(Event):
    type: ClassVar[str] = "TestBellRung"
    times: int


@pytest.fixture(scope="module", params=KINDS)
def pristine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[str]:
    """The URL of a migrated database that is only copied."""
    with migrated_database(request.param, tmp_path_factory.mktemp("pristine")) as url:
        yield url


@pytest.fixture
def log_url(pristine: str, tmp_path: Path) -> Iterator[str]:
    with empty_database(kind_of(pristine), tmp_path, like=pristine) as url:
        yield url


@dataclass
class Log:
    """The log, and all that is done with it here."""

    url: str
    database: Database
    clock: SettableClock
    principal: Principal
    settings: Settings
    keeper: Keeper

    async def ring(self, times: int, who: Principal | None = None) -> list[str]:
        """So many events, in one transaction; their ids."""
        async with transaction(self.database, who or self.principal, self.clock, "test") as tx:
            return [await publish(tx, Rung(subject="bell", times=n)) for n in range(times)]

    async def record(self, kind: str) -> str:
        async with housekeeping(self.database, self.clock) as house:
            return await installation.record(house, kind, {"n": 1})

    async def sequence(self) -> int:
        done = 0
        while more := await sequence(self.database, self.clock):
            done += more
        return done

    async def grow(self, times: int) -> list[str]:
        """So many events, sequenced and under a signed head."""
        made = await self.ring(times)
        await self.sequence()
        assert await self.keeper.sign() is not None
        return made

    async def asked(self, use: Callable[[Ask], Awaitable[Any]]) -> Any:
        async with survey(self.database, self.clock) as look:
            return await use(asking(look))

    async def newest(self) -> Head | None:
        """The head that callers are shown."""
        return await self.asked(lambda ask: newest(ask, self.keeper.signer.verifier))

    async def shows_a_head(self) -> bool:
        return await self.newest() is not None

    async def verify(self, **options: Any) -> Report:
        heads = in_order(self.keeper.files)
        return await verify(self.database, self.clock, heads, **options)

    async def owner(self, *statements: str, **values: Any) -> list[Any]:
        """Run SQL as who owns the database: no trigger, no row security holds."""
        url = make_url(self.url)
        engine = (
            sqlite(url) if self.database.dialect == "sqlite" else postgresql(url, None, pool_size=1)
        )
        async with engine.begin() as connection:
            if self.database.dialect == "sqlite":
                found = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for (name,) in (await connection.execute(text(found))).all():
                    await connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
            rows: list[Any] = []
            for statement in statements:
                result = await connection.execute(text(statement), values)
                rows = list(result.all()) if result.returns_rows else []
        await engine.dispose()
        return rows


async def until(question: Callable[[], Awaitable[Any]]) -> None:
    """Wait for another task to bring it about."""
    async with asyncio.timeout(20):
        while not await question():  # noqa: ASYNC110 - what is asked is the database
            await asyncio.sleep(0.02)


@pytest.fixture
async def audit_log(log_url: str, clock: SettableClock, tmp_path: Path) -> AsyncIterator[Log]:
    """An empty log but for the events of the organization's founding, which are not yet in it."""
    database = Database(log_url, pool_size=4)
    settings = Settings(data_dir=tmp_path / "data", database_url=SecretStr(log_url))
    keeper = Keeper(database, clock, Sealer(MASTER_KEY), settings)
    principal = await tenant(database, clock)
    yield Log(log_url, database, clock, principal, settings, keeper)
    await database.close()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(Sealer(MASTER_KEY), Settings(data_dir=tmp_path))


@pytest.fixture
def head_file(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "heads")
