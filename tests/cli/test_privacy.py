"""`barberpro privacy`, as someone types it, and as someone kills it."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from barberpro.cli.privacy import app
from barberpro.domains.organizations import service as organizations
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.tables import CONTACTS, customers
from barberpro.platform import clock, ids, migrations
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.principal import worker
from barberpro.platform.sealing.keys import subject_keys, tenant_keys
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

PEOPLE = 400
TENANT = ids.new("org")


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """An installation with one organization, and people whose addresses are known."""
    migrations.upgrade(Settings(data_dir=tmp_path).database)

    async def fill(tx: Transaction) -> None:
        await organizations.found(tx, name="Cadena")
        for n in range(PEOPLE):
            contact = Contact(email=f"c{n}@example.com", notes=f"nota {n}")
            await people.register_customer(tx, name=f"C{n}", home_location_id=None, contact=contact)

    run(tmp_path, fill)
    yield tmp_path


def run(data_dir: Path, act: Any) -> Any:
    """Do it in a transaction of the organization's."""
    settings = Settings(data_dir=data_dir)

    async def work() -> Any:
        database = Database(
            settings.database, pool_size=1, vault=Vault(Sealer(load_master(settings)))
        )
        try:
            async with transaction(database, worker(TENANT), clock.now, "test") as tx:
                return await act(tx)
        finally:
            await database.close()

    return asyncio.run(work())


async def addresses(tx: Transaction) -> list[str | None]:
    """Everybody's, in the open, by when they were registered."""
    everybody = [row.id for row in await tx.rows(select(customers.c.id).order_by(customers.c.id))]
    found = await tx.rows(CONTACTS.reading, {"keys": everybody})
    opened = CONTACTS.opened(tx.vault, TENANT, found)
    email = CONTACTS.table.c.email
    return [opened[each].value(email) if each in opened else None for each in everybody]


async def generations(tx: Transaction) -> dict[int, int]:
    """How many people's keys are under each of the tenant's."""
    counted = select(tenant_keys.c.generation, func.count(subject_keys.c.id).label("people"))
    counted = counted.outerjoin(subject_keys, subject_keys.c.tenant_key_id == tenant_keys.c.id)
    wrapping = counted.where(tenant_keys.c.purpose == "WRAPPING").group_by(tenant_keys.c.generation)
    return {row.generation: row.people for row in await tx.rows(wrapping)}


def left_behind(data_dir: Path) -> int:
    """How many people's keys are under the first of the tenant's."""
    with closing(sqlite3.connect(Settings(data_dir=data_dir).database.partition("///")[2])) as file:
        (count,) = file.execute(
            "SELECT count(*) FROM subject_keys s JOIN tenant_keys t ON t.id = s.tenant_key_id"
            " WHERE t.generation = 1"
        ).fetchone()
    return count


@pytest.mark.long
def test_a_rotation_that_was_killed_goes_on(data_dir: Path) -> None:
    everything = run(data_dir, addresses)
    assert everything == [f"c{n}@example.com" for n in range(PEOPLE)]
    command = [
        sys.executable,
        "-m",
        "barberpro.cli",
        "privacy",
        "rotate",
        "--data-dir",
        str(data_dir),
    ]
    killed_half_way = 0
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = left_behind(data_dir)
        while process.poll() is None and left_behind(data_dir) == before:
            time.sleep(0.001)
        process.kill()
        process.wait()
        assert run(data_dir, addresses) == everything
        assert set(run(data_dir, generations)) == {1, 2}
        killed_half_way += 0 < left_behind(data_dir) < PEOPLE
    assert killed_half_way == 4
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "people was sealed anew" in ended.stdout
    assert run(data_dir, addresses) == everything
    assert sum(run(data_dir, generations).values()) == PEOPLE


@pytest.mark.long
def test_everything_a_person_types(data_dir: Path) -> None:
    place = ["--data-dir", str(data_dir)]
    typed = CliRunner()
    done = typed.invoke(app, ["rotate", "--tenant", TENANT, *place])
    assert (done.exit_code, done.stdout) == (0, f"The data of {PEOPLE} people was sealed anew.\n")
    assert run(data_dir, generations) == {2: PEOPLE}
    (first,) = run(
        data_dir, lambda tx: tx.rows(select(customers.c.id).order_by(customers.c.id).limit(1))
    )
    done = typed.invoke(app, ["erase", first.id, "--tenant", TENANT, *place])
    assert (done.exit_code, done.stdout) == (0, f"The customer {first.id} was erased.\n")
    left = [None, *(f"c{n}@example.com" for n in range(1, PEOPLE))]
    assert run(data_dir, addresses) == left
    file = Settings(data_dir=data_dir).database.partition("///")[2]
    assert b"c0@example.com" not in Path(file).read_bytes()
