"""`barberpro privacy`, as someone types it, and as someone kills it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from typer.testing import CliRunner

from barberpro.cli.privacy import app
from barberpro.domains.identity.users import service as users
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.identity.users.tables import users as user_table
from barberpro.domains.organizations import service as organizations
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.tables import CONTACTS, customers
from barberpro.platform import clock, ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, housekeeping, survey, transaction
from barberpro.platform.errors import Misconfigured
from barberpro.platform.principal import worker
from barberpro.platform.sealing.keys import subject_keys, tenant_keys
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

from ..databases import KINDS, migrated_database

PEOPLE = 400
TENANT = ids.new("org")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation with one organization, and people whose addresses are known."""

    async def fill(tx: Transaction) -> None:
        await organizations.found(tx, name="Cadena")
        for n in range(PEOPLE):
            contact = Contact(email=f"c{n}@example.com", notes=f"nota {n}")
            await people.register_customer(tx, name=f"C{n}", home_location_id=None, contact=contact)

    with migrated_database(request.param, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, database_url=SecretStr(url))
        run(settings, fill)
        yield settings


def run(place: Settings, act: Any) -> Any:
    """Do it in a transaction of the organization's."""

    async def work(database: Database) -> Any:
        operator = replace(worker(TENANT), scopes=KNOWN_SCOPES)
        async with transaction(database, operator, clock.now, "test") as tx:
            return await act(tx)

    return with_database(place, work)


def with_database(place: Settings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        database = Database(place.database, pool_size=1, vault=Vault(Sealer(load_master(place))))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def typed(place: Settings, *words: str) -> Any:
    """What comes of a command."""
    return CliRunner().invoke(
        app, [*words, "--data-dir", str(place.data_dir)], env=environment(place)
    )


def environment(place: Settings) -> dict[str, str]:
    return {**os.environ, "BARBERPRO_DATABASE_URL": place.database}


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


LEFT_BEHIND = across_tenants(
    select(func.count())
    .select_from(subject_keys)
    .join(tenant_keys, tenant_keys.c.id == subject_keys.c.tenant_key_id)
    .where(tenant_keys.c.generation == 1),
    "a test watches",
)


def left_behind(place: Settings, killing: subprocess.Popen[bytes] | None = None) -> int:
    """How many people's keys are under the first of the tenant's; `killing` is killed once it has renewed some."""

    async def look(database: Database) -> int:
        left = before = await count(database)
        while killing is not None and killing.poll() is None and left == before:
            await asyncio.sleep(0.001)
            left = await count(database)
        if killing is not None:
            killing.kill()
            killing.wait()
        return left

    async def count(database: Database) -> int:
        async with survey(
            database, clock.now
        ) as house:  # SQLite shows one moment for as long as it is open
            ((left,),) = await house.rows(LEFT_BEHIND)
        return left

    return with_database(place, look)


@pytest.mark.long
def test_a_rotation_that_was_killed_goes_on(place: Settings) -> None:
    everything = run(place, addresses)
    assert everything == [f"c{n}@example.com" for n in range(PEOPLE)]
    command = [
        sys.executable,
        "-m",
        "barberpro.cli",
        "privacy",
        "rotate",
        "--data-dir",
        str(place.data_dir),
    ]
    killed_half_way = 0
    for _ in range(4):
        process = subprocess.Popen(
            command, env=environment(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        left_behind(place, process)
        assert run(place, addresses) == everything
        assert set(run(place, generations)) == {1, 2}
        killed_half_way += 0 < left_behind(place) < PEOPLE
    assert killed_half_way == 4
    ended = subprocess.run(
        command, env=environment(place), capture_output=True, text=True, check=True
    )
    assert "people was sealed anew" in ended.stdout
    assert run(place, addresses) == everything
    assert sum(run(place, generations).values()) == PEOPLE


@pytest.mark.long
def test_everything_a_person_types(place: Settings) -> None:
    done = typed(place, "rotate", "--tenant", TENANT)
    assert (done.exit_code, done.stdout) == (0, f"The data of {PEOPLE} people was sealed anew.\n")
    assert run(place, generations) == {2: PEOPLE}
    first = run(place, registered_first)
    done = typed(place, "erase", first, "--tenant", TENANT)
    assert (done.exit_code, done.stdout) == (0, f"The customer {first} was erased.\n")
    left = [None, *(f"c{n}@example.com" for n in range(1, PEOPLE))]
    assert run(place, addresses) == left


@pytest.mark.long
def test_a_user_is_erased_like_a_customer(place: Settings) -> None:
    async def arrive(tx: Transaction) -> str:
        await users.invite(tx, email="eva@example.com", name="Eva", role_ids=["analyst"])
        user, _ = await users.invite(tx, email="zoe@example.com", name="Zoé", role_ids=["analyst"])
        return user.id

    user = run(place, arrive)
    done = typed(place, "erase", user, "--tenant", TENANT)
    assert (done.exit_code, done.stdout) == (0, f"The user {user} was erased.\n")
    names = select(user_table.c.name).order_by(user_table.c.id)
    assert [row.name for row in run(place, lambda tx: tx.rows(names))] == ["Eva", "Anónimo"]
    done = typed(place, "erase", ids.new("usr"), "--tenant", TENANT)
    assert isinstance(done.exception, Misconfigured)
    assert str(done.exception).startswith("There is no user usr_")


async def registered_first(tx: Transaction) -> str:
    first = select(customers.c.id).order_by(customers.c.id).limit(1)
    return (await tx.execute(first)).scalar_one()


@pytest.mark.long
def test_whose_data_does_not_open_is_told_and_all_others_go_on(place: Settings) -> None:
    """Also at the next rotation, which is another one: nothing keeps the tenant under old keys."""
    first = run(place, registered_first)

    async def spoil(database: Database) -> None:
        harm = text("UPDATE customer_contacts SET email = :other WHERE customer_id = :person")
        async with housekeeping(database, clock.now) as house:
            values = {"other": b"\x01\x01" + bytes(60), "person": first}
            await house.execute(across_tenants(harm, "a disk that fails"), values)

    with_database(place, spoil)
    for generation in (2, 3):
        done = typed(place, "rotate")
        assert done.exit_code == 1
        assert done.stdout == f"The data of {PEOPLE - 1} people was sealed anew.\n"
        assert f"BAD {first}: something sealed of theirs does not open\n" in done.stderr
        assert run(place, generations) == {1: 1, generation: PEOPLE - 1}
