"""The loaded demo is the generated one, row for row, and no other tenant's caller sees any of it."""

import hashlib
import json
import stat
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from barberpro.demo import credentials
from barberpro.demo.chain import generated
from barberpro.demo.clients import CHAIN, RIVAL, TENANTS
from barberpro.demo.load import load_if_absent
from barberpro.demo.scales import NEIGHBOUR
from barberpro.domains.billing.reconciliation import differences
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.errors import BookingNotFound, SlotTaken
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.identity import clients
from barberpro.domains.identity.errors import ClientNameTaken
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.organizations import service as organizations
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.events import canonical
from barberpro.platform.principal import worker
from barberpro.platform.tables import metadata

from .conftest import ANCHOR, MIDNIGHT, SEED, TINY, Installation, rows_of
from .test_digest import by_the_book

TABLES = list(generated(NEIGHBOUR, seed=SEED, tenant="org_x", anchor=ANCHOR))
SCALES = {CHAIN: TINY, RIVAL: NEIGHBOUR}
SEALED = ("notes", "reason")


async def counts(database: Database) -> dict[str, int]:
    """How many rows of anybody each table has."""
    found = {}
    reader = Reader(database, worker(""))
    for name in [*TABLES, "organizations", "clients", "events"]:
        counting = select(func.count()).select_from(metadata.tables[name])
        ((count,),) = await reader.rows(across_tenants(counting, "to count"))
        found[name] = count
    return found


async def test_instants_are_found_as_the_services_would_look_for_them(
    installation: Installation,
) -> None:
    table = metadata.tables["bookings"]
    made = [row["starts_at"] for row in await installation.rows(CHAIN, "bookings")]
    reader = Reader(installation.database, worker(CHAIN.id))
    for wanted, expected in (
        (table.c.starts_at == made[0], made.count(made[0])),
        (table.c.starts_at >= MIDNIGHT, sum(each >= MIDNIGHT for each in made)),
    ):
        found = await reader.rows(select(table.c.id).where(wanted))
        assert len(found) == expected > 0


def made(row: dict[str, Any]) -> dict[str, Any]:
    """What was generated of a row: what is sealed was not, and here nothing could seal it."""
    assert not any(row.get(name) for name in SEALED)
    return {name: value for name, value in row.items() if name not in SEALED}


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
async def test_every_generated_row_is_there_as_it_was_made(
    installation: Installation, tenant: Any
) -> None:
    tables = generated(SCALES[tenant], seed=SEED, tenant=tenant.id, anchor=ANCHOR)
    for name, columns in tables.items():
        expected = [row | {"organization_id": tenant.id} for row in rows_of(columns)]
        assert [made(row) for row in await installation.rows(tenant, name)] == expected


async def test_the_tenants_share_nothing(installation: Installation) -> None:
    for name in TABLES:
        ours = {row["id"] for row in await installation.rows(CHAIN, name)}
        theirs = {row["id"] for row in await installation.rows(RIVAL, name)}
        assert ours.isdisjoint(theirs)
        assert ours
        assert theirs
    (place,) = await installation.rows(RIVAL, "locations")
    (organization,) = await installation.rows(RIVAL, "organizations")
    assert place["organization_id"] == organization["id"] == RIVAL.id
    assert organization["name"] == "La Competencia"


async def test_one_event_a_table_commits_to_its_rows(installation: Installation) -> None:
    for tenant in TENANTS:
        events = await installation.rows(tenant, "events")
        loaded = [event for event in events if event["type"] == "demo.loaded"]
        # Invoices and payments, and then the credit notes, of which a small tenant has none.
        posted = [event for event in events if event["type"] == "ledger.caught_up"]
        # Those of one millisecond stand in any order.
        assert sorted(event["data"]["table"] for event in loaded) == sorted(TABLES)
        for event in loaded:
            told = event["data"]
            rows = await installation.rows(tenant, told["table"])
            salt = told["rows_salt"].encode()
            leaves = [
                hashlib.sha256(b"\x00" + salt + canonical(made(row))).digest() for row in rows
            ]
            assert told["rows"] == len(rows)
            assert told["root"] == by_the_book(leaves).hex()
            assert (event["subject"], event["actor"]) == (tenant.id, "worker")
        published = sum(len(client.publishes) for client in tenant.clients)
        others = Counter(event["type"] for event in events if event not in loaded + posted)
        told = {
            "organization.founded": 1,
            "policy.published": 1,
            "document.published": published,
            "document.approved": published,
            "client.registered": len(tenant.clients),
            "client.tier_changed": sum(client.tier is not None for client in tenant.clients),
        }
        if tenant is CHAIN:
            told |= {"plan.made": 1, "reshuffle.terms_set": 1, "calendar_feed.opened": 1}
        assert others == {type_: count for type_, count in told.items() if count}


async def test_all_that_was_billed_is_posted(installation: Installation) -> None:
    for tenant in TENANTS:
        invoices = await installation.rows(tenant, "invoices")
        issued = sum(row["number"] is not None for row in invoices)
        paid = sum(row["paid_at"] is not None for row in invoices)
        posted = await installation.rows(tenant, "ledger_transactions")
        assert Counter(row["invoice_id"] for row in posted).total() == issued + paid > 40
        told = [e for e in await installation.rows(tenant, "events") if "ledger" in e["type"]]
        assert sum(event["data"]["transactions"] for event in told) == issued + paid
        assert await differences(Reader(installation.database, worker(tenant.id))) == []


async def test_progress_is_told_up_to_the_last_row(installation: Installation) -> None:
    told = installation.told
    assert [table for table, _, _ in told] == [*TABLES, "ledger_transactions"] * 2
    assert all(done == count for _, done, count in told)
    assert ("bookings", TINY.bookings, TINY.bookings) in told


async def test_the_services_go_on_from_the_loaded_rows(installation: Installation) -> None:
    standing = [
        row for row in await installation.rows(CHAIN, "bookings") if row["status"] == "CONFIRMED"
    ]
    taken = max(standing, key=lambda row: row["starts_at"])
    database, before = installation.database, await counts(installation.database)
    same = {
        name: taken[name] for name in ("location_id", "provider_id", "service_id", "customer_id")
    }
    with pytest.raises(SlotTaken):
        async with transaction(database, worker(CHAIN.id), lambda: MIDNIGHT, "test") as tx:
            await bookings.create(tx, **same, starts_at=taken["starts_at"], channel=Channel.WEB)
    with pytest.raises(BookingNotFound):
        async with transaction(database, worker(RIVAL.id), lambda: MIDNIGHT, "test") as tx:
            await bookings.cancel(tx, taken["id"])
    assert await counts(database) == before


async def test_the_connection_is_left_as_it_was(installation: Installation) -> None:
    if installation.database.dialect == "sqlite":  # the other has no such setting
        async with installation.database.writer.connect() as connection:
            (size,) = (await connection.exec_driver_sql("PRAGMA cache_size")).one()
        assert size == -2000


async def test_a_second_load_changes_nothing(installation: Installation) -> None:
    before = await counts(installation.database)
    secrets = (installation.data_dir / credentials.FILE).read_bytes()
    loaded = await load_if_absent(
        installation.database, lambda: MIDNIGHT, installation.data_dir, TINY, seed=SEED + 1
    )
    assert loaded is False
    assert await counts(installation.database) == before
    assert (installation.data_dir / credentials.FILE).read_bytes() == secrets


async def test_a_load_that_fails_leaves_nothing(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    database = Database(new_database())
    try:
        other = worker(ids.new("org"))
        async with transaction(database, other, lambda: MIDNIGHT, "test") as tx:
            await organizations.found(tx, name="Otra cadena")
            # The chain's third client: after all of its rows, and after two others.
            await clients.register_client(tx, name="analyst", scopes=["bookings:read"])
        before = await counts(database)
        with pytest.raises(ClientNameTaken):
            await load_if_absent(database, lambda: MIDNIGHT, tmp_path, TINY, seed=SEED)
        assert await counts(database) == before
        assert list(tmp_path.iterdir()) == []
    finally:
        await database.close()


async def test_the_clients_are_registered_with_the_secrets_that_are_kept(
    installation: Installation,
) -> None:
    nouns = ("organization", "locations", "catalogue", "people", "bookings", "billing")
    learned = [
        "forecasts:read",
        "ledger:read",
        "loyalty:read",
        "recommendations:read",
        "usage:read",
    ]
    everything = sorted(
        [f"{noun}:{verb}" for noun in nouns for verb in ("read", "write")] + learned
    )
    registry = ["documents:read", "documents:review", "documents:write"]
    reading = sorted([f"{noun}:read" for noun in nouns] + learned)
    booking = [
        "billing:read",
        "billing:write",
        "bookings:read",
        "bookings:write",
        "catalogue:read",
        "documents:read",
        "documents:write",
        "locations:read",
        "people:read",
        "recommendations:read",
        "usage:read",
    ]
    expected = {
        "frontend": (
            CHAIN.id,
            sorted([*everything, *registry, "customers:erase", "customers:pii"]),
            "open",
        ),
        "partner": (CHAIN.id, booking, "locked"),
        "analyst": (CHAIN.id, reading, "open"),
        "app": (CHAIN.id, sorted(KNOWN_SCOPES), "open"),
        "rival": (RIVAL.id, everything, "open"),
    }
    kept = credentials.kept(installation.data_dir)
    assert [each.name for each in kept] == list(expected)
    for each in kept:
        reader = Reader(installation.database, worker(each.tenant))
        (row,) = await reader.rows(clients.credentials(each.client_id))
        found = (row.organization_id, row.scopes, row.document_mode)
        assert found == expected[each.name]
        assert (each.tenant, each.scopes) == expected[each.name][:2]
        assert (row.name, row.locations, row.is_active) == (each.name, None, True)
        if each.client_secret is None:
            assert (each.name, row.authentication) == ("app", "none")
            assert each.redirect_uris == row.redirect_uris == ["http://127.0.0.1/callback"]
        else:
            assert clients.is_authentic(row, each.client_secret, datetime.now(UTC))


async def test_secrets_are_for_their_owner_only_and_fresh_each_time(
    installation: Installation, new_database: Callable[[], str], tmp_path: Path
) -> None:
    assert stat.S_IMODE(installation.data_dir.stat().st_mode) == 0o700
    found = {p.name: stat.S_IMODE(p.stat().st_mode) for p in installation.data_dir.iterdir()}
    assert found == {credentials.FILE: 0o600, credentials.CALENDARS_FILE: 0o600}
    other = Database(new_database())
    try:
        assert await load_if_absent(other, lambda: MIDNIGHT, tmp_path, TINY, seed=SEED) is True
    finally:
        await other.close()
    secrets = [
        {entry["client_secret"] for entry in json.loads((folder / credentials.FILE).read_text())}
        for folder in (installation.data_dir, tmp_path)
    ]
    assert len((secrets[0] | secrets[1]) - {None}) == 8
