"""The demo has fixed tenants and client names, so each load here gets a database of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.demo.chain import generated
from barberpro.demo.clients import CHAIN, Tenant
from barberpro.demo.columns import Columns, plain
from barberpro.demo.load import load_if_absent
from barberpro.demo.scales import SCALES, Scale
from barberpro.platform import migrations
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker
from barberpro.platform.tables import metadata

from ..databases import kind_of, migrated_database

ANCHOR = date(2026, 11, 22)  # a Sunday
MIDNIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # at which it begins in Buenos Aires
SEED = 11
TINY = SCALES["tiny"]
SOME = Scale(
    "some",
    locations=12,
    providers=48,
    customers=1_400,
    bookings=14_000,
    invoices=6_000,
    lines=8_000,
)
"""The default's days and shops with fewer people, so that rows can be looked at one by one."""

Row = dict[str, Any]


def rows_of(columns: Columns) -> list[Row]:
    """A table's rows as plain dictionaries, instants aware."""
    values = [
        [None if v is None else v.replace(tzinfo=UTC) for v in column.tolist()]
        if column.dtype.kind == "M"
        else plain(column, "us")
        for column in columns.values()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


@pytest.fixture(scope="session")
def chain() -> dict[str, list[Row]]:
    """A chain's rows of three years, as generated: not in any database."""
    made = generated(SOME, seed=SEED, tenant=CHAIN.id, anchor=ANCHOR)
    migrations.know_all_tables()
    return {name: rows_of(columns) for name, columns in made.items()}


@pytest.fixture(scope="session")
def new_database(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """Makes migrated, empty databases beside that of the other tests."""
    migrations.know_all_tables()
    with ExitStack() as made:
        yield lambda: made.enter_context(
            migrated_database(kind_of(database_url), tmp_path_factory.mktemp("demo"))
        )


@dataclass(frozen=True)
class Installation:
    """A database that holds the demo, and the directory with its secrets."""

    database: Database
    data_dir: Path
    told: list[tuple[str, int, int]]

    async def rows(self, tenant: Tenant, table: str) -> list[Row]:
        """All of a tenant's rows, by id, as that tenant's own caller reads them."""
        wanted = metadata.tables[table]
        found = await Reader(self.database, worker(tenant.id)).rows(
            select(wanted).order_by(wanted.c.id)
        )
        return [dict(row._mapping) for row in found]


@pytest.fixture(scope="session")
async def installation(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """The tiny demo, loaded once; tests only read it."""
    data_dir = tmp_path_factory.mktemp("installation") / "data"
    made = Installation(Database(new_database()), data_dir, [])
    await load_if_absent(
        made.database,
        lambda: MIDNIGHT,
        data_dir,
        TINY,
        seed=SEED,
        told=lambda *step: made.told.append(step),
    )
    yield made
    await made.database.close()
