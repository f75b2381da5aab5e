"""Makes databases for tests: empty, migrated, or copied from one that nobody is connected to."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from barberpro.platform import migrations

KINDS = ("sqlite", "postgresql")

_numbers = itertools.count(1)


@contextmanager
def empty_database(kind: str, directory: Path, *, like: str | None = None) -> Iterator[str]:
    """The URL of a database of its own, dropped at the end: without tables, or a copy of `like`."""
    number = next(_numbers)
    if kind == "sqlite":
        file = directory / f"{number}.db"
        if like:
            shutil.copy(make_url(like).database or "", file)
        yield f"sqlite+aiosqlite:///{file}"
        return
    server = os.environ.get("BARBERPRO_TEST_DATABASE_URL")
    if not server:
        pytest.fail("no PostgreSQL: run scripts/test.py, or set BARBERPRO_TEST_DATABASE_URL")
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{number}"
    copied = f' TEMPLATE "{make_url(like).database}"' if like else ""
    _administer(server, f'CREATE DATABASE "{name}"{copied}')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def migrated_database(kind: str, directory: Path) -> Iterator[str]:
    """The URL of a database of its own with all tables and no rows, dropped at the end."""
    with empty_database(kind, directory) as url:
        migrations.upgrade(url)
        yield url


def kind_of(url: str) -> str:
    return make_url(url).get_backend_name()


def _administer(server: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server.replace("+asyncpg", ""))
        await connection.execute(statement)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:  # the caller's own loop may be running
        thread.submit(lambda: asyncio.run(run())).result()
