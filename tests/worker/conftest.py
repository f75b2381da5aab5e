"""A worker serves every tenant there is, so it gets a database that no other test has left work in."""

from collections.abc import AsyncIterator, Iterator

import pytest

from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.sealing.vault import Vault

from ..conftest import MASTER_KEY
from ..databases import kind_of, migrated_database


@pytest.fixture(scope="session")
def database_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with migrated_database(kind_of(database_url), tmp_path_factory.mktemp("worker")) as url:
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, vault=Vault(Sealer(MASTER_KEY)))
    yield opened
    await opened.close()
