"""How to reach the demo's first customers: sealed, and found by."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from barberpro.demo.clients import CHAIN
from barberpro.demo.load import load_if_absent
from barberpro.demo.reached import REACHED
from barberpro.demo.scales import SCALES
from barberpro.domains.people.tables import CONTACTS
from barberpro.platform import clock, migrations
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker
from barberpro.platform.sealing.vault import Vault


async def test_the_first_customers_can_be_reached(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}"
    migrations.upgrade(url)
    vault = Vault(Sealer(bytes(32)))
    database = Database(url, pool_size=1, vault=vault)
    try:
        await load_if_absent(database, clock.now, tmp_path, SCALES["tiny"], seed=3)
        reader = Reader(database, worker(CHAIN.id))
        contacts = await reader.rows(select(CONTACTS.table.c.customer_id))
        keys = [row.customer_id for row in contacts]
        found = await reader.rows(CONTACTS.reading, {"keys": keys})
        opened: Any = CONTACTS.opened(vault, CHAIN.id, found)
    finally:
        await database.close()
    known = [{c.name: opened[key].value(c) for c in CONTACTS.columns} for key in keys]
    assert len(known) == REACHED
    assert all(each["email"].endswith("@example.com") for each in known)
    assert all(each["phone"].startswith("+5491100") for each in known)
    assert len({each["document_number"] for each in known}) == REACHED
