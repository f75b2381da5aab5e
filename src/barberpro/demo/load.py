"""Writes generated rows into a database: the one place that writes rows without a service.

All of a tenant stands or falls together, in one transaction. The rows go through the driver's own
connection (`bulk`), past the doors; what the doors would keep is kept here: every row gets the
transaction's tenant, and every table's rows are published, as one event with their count and root.
"""

import secrets
from asyncio import gather, to_thread
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from barberpro.domains.billing.catching_up import BATCH as BATCH_POSTED
from barberpro.domains.billing.catching_up import catch_up
from barberpro.domains.bookings import service as bookings
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.organizations import service as organizations
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.events import Event, publish
from barberpro.platform.principal import worker

from . import bulk, credentials, digest
from .bare import bare
from .chain import HOME_ZONE, generated
from .clients import CHAIN, Tenant, absent, registered, tenants
from .columns import Columns, row_count, stream
from .proposals import propose
from .reached import reach
from .scales import Scale
from .staff import let_in

BATCH = 10_000  # rows a statement: large enough to be fast, small enough to show progress
REQUEST = "demo-load"
TERMS = {
    "notice_minutes": 180,
    "late_fee_bps": 3_000,
    "no_show_fee_bps": 5_000,
    "deposit_bps": 2_000,
}
"""Under which bookings are made from now on; those that are written here were made under none."""

Told = Callable[[str, int, int], None]
"""Called with a table, the rows of it written so far, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class DemoLoaded(Event):
    """All rows of one table were written at once. The subject is the organization.

    `root` is the Merkle root of the rows in the order of their ids, salted with `rows_salt`
    (see `digest`).
    """

    type = "demo.loaded"
    table: str
    rows: int
    rows_salt: str
    root: str


def _silent(_table: str, _done: int, _count: int) -> None: ...


async def load_if_absent(
    database: Database,
    clock: Clock,
    data_dir: Path,
    scale: Scale,
    *,
    seed: int,
    anchor: date | None = None,
    told: Told = _silent,
) -> bool:
    """Load those tenants of the demo that are not there yet; False where all of them were.

    `anchor` is the day before which everything is past; without it the clock's, in Buenos Aires.
    The clients' secrets are kept in the data directory. How to reach customers is written down, and people who sign in
    are let in, where the database was opened with what seals it.
    """
    day = anchor or clock().astimezone(ZoneInfo(HOME_ZONE)).date()
    missing = await absent(database, tenants(scale))
    for tenant in missing:
        size = tenant.scale or scale
        tables = await to_thread(generated, size, seed=seed, tenant=tenant.id, anchor=day)
        loader = replace(worker(tenant.id), scopes=KNOWN_SCOPES)  # who lets people in has it all
        logins: list[credentials.Login] = []
        calendars: list[credentials.Calendar] = []
        async with transaction(database, loader, clock, REQUEST) as tx:
            async with bulk.roomy(tx.connection):
                await _write(tx, tenant, tables, told)
                if size.posted:
                    await _post(tx, row_count(tables["invoices"]), told)
                await bookings.publish_policy(tx, **TERMS)
                if tenant is CHAIN:
                    calendars = [await propose(tx, stream(seed, tenant.id, "proposals"), tables)]
                if database.vault is not None:
                    await reach(tx, stream(seed, tenant.id, "reached"), tables)
                    if tenant is CHAIN:
                        logins = await let_in(tx, str(tables["locations"]["id"][0]))
            # Last, just before the commit: only a load that went well replaces the file of secrets.
            credentials.keep(data_dir, await registered(tx, tenant))
            if logins:
                credentials.keep_logins(data_dir, logins)
            if calendars:
                credentials.keep_calendars(data_dir, calendars)
    return bool(missing)


async def _write(tx: Transaction, tenant: Tenant, tables: dict[str, Columns], told: Told) -> None:
    await organizations.found(tx, name=tenant.name)
    for table, columns in tables.items():
        tx.wrote.add(table)
        salt, root = await _insert(tx, table, columns, told)
        rows = row_count(columns)
        event = DemoLoaded(subject=tenant.id, table=table, rows=rows, rows_salt=salt, root=root)
        await publish(tx, event)


async def _post(tx: Transaction, invoices: int, told: Told) -> None:
    """Post what was charged, by the rule that billing itself posts by."""
    done, after = 0, await catch_up(tx)
    while after is not None:
        done = min(done + BATCH_POSTED, invoices)
        told("ledger_transactions", done, invoices)
        after = await catch_up(tx, after)


async def _insert(tx: Transaction, table: str, columns: Columns, told: Told) -> tuple[str, str]:
    """Write a table's rows batch by batch, and give the salt and the root of them all."""
    count, salt = row_count(columns), secrets.token_hex(16)
    hashes: list[bytes] = []
    async with bare(tx.connection, table):
        for begin in range(0, count, BATCH):
            batch = {name: column[begin : begin + BATCH] for name, column in columns.items()}
            batch["organization_id"] = np.full(row_count(batch), tx.principal.tenant, dtype=object)
            # Side by side: the database is at work elsewhere, or without Python's lock.
            writing = bulk.insert(tx.connection, table, batch)
            _, leaves = await gather(writing, to_thread(digest.leaves, salt, batch))
            hashes += leaves
            told(table, begin + row_count(batch), count)
    return salt, digest.root(hashes)
