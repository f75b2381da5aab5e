"""`barberpro keys` as an operator uses it: a list, a new key, another master key."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from barberpro.cli.keys import app
from barberpro.domains.organizations import service as organizations
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.tables import CONTACTS, customers
from barberpro.platform import clock, ids, migrations
from barberpro.platform.crypto import MasterKeyUnusable, Sealer, Unsealable, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.errors import Misconfigured
from barberpro.platform.keys import KeyRing
from barberpro.platform.principal import worker
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

TENANT = ids.new("org")
OLD, NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in range(3))


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", OLD)
    migrations.upgrade(Settings(data_dir=tmp_path).database)
    return tmp_path


def said(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_key_is_made_and_listed(data_dir: Path) -> None:
    assert json.loads(said("list", "--json", "--data-dir", data_dir)) == []
    made = said("rotate", "--now", "--data-dir", data_dir)
    (key,) = json.loads(said("list", "--json", "--data-dir", data_dir))
    assert made == f"The next key signs from {key['signsFrom']} on.\n"
    assert key["algorithm"] == "ES256"
    assert said("rotate", "--data-dir", data_dir) == made  # the one that waits is not put off


def test_a_key_that_is_known_to_others_is_revoked(data_dir: Path) -> None:
    said("rotate", "--now", "--data-dir", data_dir)
    (known,) = json.loads(said("list", "--json", "--data-dir", data_dir))
    assert said("revoke", known["kid"], "--data-dir", data_dir).startswith("It is gone.")
    (fresh,) = json.loads(said("list", "--json", "--data-dir", data_dir))
    assert fresh["kid"] != known["kid"]
    assert fresh["signsFrom"] == fresh["createdAt"]
    with pytest.raises(Misconfigured, match="barberpro keys list"):
        said("revoke", known["kid"], "--data-dir", data_dir)


def in_tenant(data_dir: Path, act: Any) -> Any:
    settings = Settings(data_dir=data_dir)

    async def run() -> Any:
        vault = Vault(Sealer(load_master(settings)))
        database = Database(settings.database, pool_size=1, vault=vault)
        try:
            async with transaction(database, worker(TENANT), clock.now, "test") as tx:
                return await act(tx)
        finally:
            await database.close()

    return asyncio.run(run())


async def found(tx: Transaction) -> None:
    await organizations.found(tx, name="Cadena")
    contact = Contact(email="ana@example.com")
    await people.register_customer(tx, name="Ana", home_location_id=None, contact=contact)


async def address(tx: Transaction) -> str | None:
    (row,) = await tx.rows(select(customers.c.id))
    sealed = await tx.rows(CONTACTS.reading, {"keys": [row.id]})
    opened = CONTACTS.opened(tx.vault, TENANT, sealed)
    return opened[row.id].value(CONTACTS.table.c.email)


def test_all_that_is_sealed_moves_to_another_master_key_at_once(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_tenant(data_dir, found)
    said("rotate", "--now", "--data-dir", data_dir)
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", NEW)
    with pytest.raises(MasterKeyUnusable, match="BARBERPRO_PREVIOUS_MASTER_KEY"):
        said("rewrap", "--data-dir", data_dir)
    monkeypatch.setenv("BARBERPRO_PREVIOUS_MASTER_KEY", OTHER)
    with pytest.raises(MasterKeyUnusable, match="neither"):
        said("rewrap", "--data-dir", data_dir)
    with pytest.raises(Unsealable):
        in_tenant(data_dir, address)
    monkeypatch.setenv("BARBERPRO_PREVIOUS_MASTER_KEY", OLD)
    done = "Sealed again: {} signing keys, {} keys of organizations.\n"
    assert said("rewrap", "--data-dir", data_dir) == done.format(1, 2)
    assert said("rewrap", "--data-dir", data_dir) == done.format(0, 0)
    assert in_tenant(data_dir, address) == "ana@example.com"
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", OLD)
    with pytest.raises(Unsealable):
        in_tenant(data_dir, address)


def test_what_one_of_them_refuses_changes_neither(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenant's key of a third master key: the signing keys stay under the old one as well."""
    said("rotate", "--now", "--data-dir", data_dir)
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", OTHER)
    in_tenant(data_dir, found)
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", NEW)
    monkeypatch.setenv("BARBERPRO_PREVIOUS_MASTER_KEY", OLD)
    with pytest.raises(MasterKeyUnusable, match="neither"):
        said("rewrap", "--data-dir", data_dir)
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", OTHER)
    assert in_tenant(data_dir, address) == "ana@example.com"
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", OLD)
    assert signs(data_dir)


def signs(data_dir: Path) -> bool:
    """Whether the master key opens the signing keys."""
    settings = Settings(data_dir=data_dir)

    async def run() -> bool:
        database = Database(settings.database, pool_size=1)
        try:
            ring = await KeyRing.load(database, Sealer(load_master(settings)), clock.now)
            return bool(ring.sign({}, "at+jwt"))
        finally:
            await database.close()

    return asyncio.run(run())
