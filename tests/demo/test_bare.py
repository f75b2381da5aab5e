"""What an empty SQLite table goes without while it is filled, it has again afterwards, and its rules hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from barberpro.demo import load
from barberpro.demo.bare import WouldHaveBeenRefused, bare
from barberpro.demo.chain import generated
from barberpro.demo.clients import CHAIN
from barberpro.platform.database import Database

from .conftest import MIDNIGHT, SEED, TINY, Installation

SHAPE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"
EXTRA = "SELECT count(*) FROM sqlite_master WHERE tbl_name = 'bookings' AND sql IS NOT NULL"


async def asked(connection: AsyncConnection, statement: str) -> list[Any]:
    return [tuple(row) for row in (await connection.exec_driver_sql(statement)).all()]


async def test_a_loaded_database_has_the_shape_of_an_empty_one(
    installation: Installation, new_database: Callable[[], str]
) -> None:
    if installation.database.dialect != "sqlite":
        return  # the other is never changed, which its own test says
    empty = Database(new_database())
    try:
        shapes = []
        for database in (empty, installation.database):
            async with database.reader.connect() as connection:
                shapes.append(await asked(connection, SHAPE))
    finally:
        await empty.close()
    assert shapes[0] == shapes[1]
    assert any(kind == "trigger" for kind, *_ in shapes[0])


async def test_only_an_empty_table_is_laid_bare(
    installation: Installation, new_database: Callable[[], str]
) -> None:
    empty = Database(new_database())
    try:
        for database, goes in ((empty, True), (installation.database, False)):
            if database.dialect != "sqlite":
                continue
            async with database.writer.connect() as connection:
                (before,) = await asked(connection, EXTRA)
                async with bare(connection, "bookings"):
                    (meanwhile,) = await asked(connection, EXTRA)
                    assert (meanwhile < before) == goes
                assert await asked(connection, EXTRA) == [before]
                await connection.rollback()
    finally:
        await empty.close()


async def test_on_postgresql_constraints_stay_while_rows_are_written(
    installation: Installation,
) -> None:
    if installation.database.dialect != "postgresql":
        return
    count = text("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'bookings_%_overlap'")
    async with installation.database.writer.connect() as connection, bare(connection, "bookings"):
        assert (await connection.execute(count)).scalar_one() == 2


async def test_bookings_that_overlap_are_refused_whole(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = generated(TINY, seed=SEED, tenant=CHAIN.id, anchor=MIDNIGHT.date())
    made = tables["bookings"]
    standing = np.flatnonzero(made["status"] == "COMPLETED")
    first, second = standing[:2]
    for name in ("provider_id", "taken_from", "starts_at", "ends_at", "free_at"):
        made[name][second] = made[name][first]
    monkeypatch.setattr(load, "generated", lambda *_, **__: tables)
    database = Database(new_database())
    refusal = WouldHaveBeenRefused if database.dialect == "sqlite" else Exception
    try:
        with pytest.raises(refusal, match="overlap"):
            await load.load_if_absent(database, lambda: MIDNIGHT, tmp_path, TINY, seed=SEED)
        async with database.reader.connect() as connection:
            for table in ("organizations", "locations", "bookings", "events"):
                assert await asked(connection, f"SELECT count(*) FROM {table}") == [(0,)]
            if database.dialect == "sqlite":
                triggers = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
                assert (await asked(connection, triggers))[0][0] >= 4
    finally:
        await database.close()
