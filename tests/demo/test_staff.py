"""People who sign in to the demo: with the passwords that are kept, and what their roles give."""

import stat
from pathlib import Path

from sqlalchemy import select

from barberpro.demo import credentials
from barberpro.demo.clients import CHAIN
from barberpro.demo.load import load_if_absent
from barberpro.demo.scales import SCALES
from barberpro.domains.identity.users import passwords, rights, signing_in
from barberpro.domains.identity.users.roles import BUILT_IN
from barberpro.domains.locations.tables import locations
from barberpro.platform import clock, migrations
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker
from barberpro.platform.sealing.vault import Vault


async def test_they_sign_in_as_what_they_are(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'demo.db'}"
    migrations.upgrade(url)
    database = Database(url, pool_size=1, vault=Vault(Sealer(bytes(32))))
    try:
        await load_if_absent(database, clock.now, tmp_path, SCALES["tiny"], seed=3)
        kept = credentials.logins(tmp_path)
        assert [each.role for each in kept] == ["owner", "manager", "receptionist"]
        assert len({each.password for each in kept}) == 3
        assert stat.S_IMODE((tmp_path / credentials.LOGINS_FILE).stat().st_mode) == 0o600
        reader = Reader(database, worker(CHAIN.id))
        first = (await reader.rows(select(locations.c.id).order_by(locations.c.id)))[0].id
        for each in kept:
            found = await signing_in.account(reader, each.email)
            assert found is not None
            assert await passwords.matches(found.password_hash, each.password)
            passwords.check(each.password, each.email)
            held = await rights.rights(reader, found.id)
            assert held.scopes == BUILT_IN[each.role].scopes
            assert held.locations == (None if each.role == "owner" else {first})
    finally:
        await database.close()
