"""`barberpro client`, as a person types it."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from barberpro.cli.client import app
from barberpro.domains.identity import clients
from barberpro.domains.organizations import service as organizations
from barberpro.platform import clock, ids, migrations
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings

CALLBACK = "https://partner.example/callback"


@pytest.fixture
def tenant(tmp_path: Path) -> str:
    """An organization in an installation in `tmp_path`."""
    settings = Settings(data_dir=tmp_path)
    migrations.upgrade(settings.database)
    tenant = ids.new("org")

    async def found() -> None:
        database = Database(settings.database)
        async with transaction(database, worker(tenant), clock.now, "test") as tx:
            await organizations.found(tx, name="Cadena de prueba")
        await database.close()

    asyncio.run(found())
    return tenant


def typed(tmp_path: Path, tenant: str, *words: str, code: int = 0) -> str:
    arguments = [*words, "--tenant", tenant, "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.output


def is_secret(tmp_path: Path, client: str, secret: str) -> bool:
    async def read() -> bool:
        database = Database(Settings(data_dir=tmp_path).database)
        (row,) = await Reader(database, worker("")).rows(clients.credentials(client))
        await database.close()
        return clients.is_authentic(row, secret, clock.now())

    return asyncio.run(read())


def test_a_client_is_registered_listed_rotated_and_suspended(tmp_path: Path, tenant: str) -> None:
    said = typed(
        tmp_path,
        tenant,
        "register",
        "agenda",
        "--scope",
        "bookings:read",
        "--redirect-uri",
        CALLBACK,
    ).split()
    client, first = said[1], said[3]
    (listed,) = json.loads(typed(tmp_path, tenant, "list", "--json"))
    assert listed == {
        "id": client,
        "name": "agenda",
        "title": None,
        "authentication": "client_secret_basic",
        "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
        "scopes": ["bookings:read"],
        "tier": None,
        "document_mode": "open",
        "is_active": True,
    }
    second = typed(tmp_path, tenant, "rotate", client, "--overlap-hours", "1").split()[1]
    third = typed(tmp_path, tenant, "rotate", client).split()[1]
    assert [is_secret(tmp_path, client, each) for each in (first, second, third)] == [
        False, False, True,
    ]  # fmt: skip
    typed(tmp_path, tenant, "suspend", client)
    assert typed(tmp_path, tenant, "list").endswith("client_secret_basic  (suspended)\n")


def test_a_public_client_has_no_secret(tmp_path: Path, tenant: str) -> None:
    words = ("register", "app", "--public", "--scope", "bookings:read", "--redirect-uri", CALLBACK)
    said = typed(tmp_path, tenant, *words)
    assert "client_secret" not in said
    client = said.split()[1]
    typed(tmp_path, tenant, "rotate", client, code=1)


def test_what_makes_no_sense_is_refused_in_one_line(tmp_path: Path, tenant: str) -> None:
    said = typed(
        tmp_path, tenant, "register", "app", "--public", "--scope", "bookings:read", code=1
    )
    assert len(said.splitlines()) == 1
    assert typed(tmp_path, tenant, "list") == ""
    typed(tmp_path, tenant, "suspend", ids.new("cli"), code=1)


def test_a_tier_is_set_and_no_other_than_there_is(tmp_path: Path, tenant: str) -> None:
    client = typed(tmp_path, tenant, "register", "agenda", "--scope", "bookings:read").split()[1]
    assert typed(tmp_path, tenant, "tier", client, "gold") == f"{client} is gold.\n"
    (listed,) = json.loads(typed(tmp_path, tenant, "list", "--json"))
    assert listed["tier"] == "gold"
    said = typed(tmp_path, tenant, "tier", client, "diamond", code=2)
    assert "bronze, silver, gold, platinum, own" in " ".join(said.replace("│", " ").split())
    assert "no client" in typed(tmp_path, ids.new("org"), "tier", client, "own", code=1)
    (listed,) = json.loads(typed(tmp_path, tenant, "list", "--json"))
    assert listed["tier"] == "gold"


def test_a_client_is_held_to_its_documents(tmp_path: Path, tenant: str) -> None:
    said = typed(tmp_path, tenant, "register", "till", "--scope", "bookings:read", "--mode", "log")
    client = said.split()[1]

    def mode() -> str:
        return json.loads(typed(tmp_path, tenant, "list", "--json"))[0]["document_mode"]

    assert mode() == "log"
    assert typed(tmp_path, tenant, "mode", client, "locked") == f"{client} is locked.\n"
    assert mode() == "locked"
    typed(tmp_path, tenant, "mode", client, "shut", code=2)
    typed(tmp_path, tenant, "mode", "cli_nobody", "open", code=1)
    assert mode() == "locked"
