"""An installation in a folder, for commands that work on one."""

import asyncio
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import select
from typer.testing import CliRunner

from barberpro.domains.identity import clients
from barberpro.domains.identity.documents.tables import documents
from barberpro.domains.organizations import service as organizations
from barberpro.platform import clock, ids, migrations
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings


class Installation:
    """One in a folder, with a client `till` that may read locations."""

    def __init__(self, folder: Path, app: typer.Typer) -> None:
        self.folder, self.app = folder, app
        self.settings = Settings(data_dir=folder)
        self.tenant = ids.new("org")
        migrations.upgrade(self.settings.database)
        self.run(self._found)

    async def _found(self, database: Database) -> None:
        async with transaction(database, worker(self.tenant), clock.now, "test") as tx:
            await organizations.found(tx, name="Cadena de prueba")
            await clients.register_client(tx, name="till", scopes=["locations:read"])

    def run(self, work: Any) -> Any:
        async def opened() -> Any:
            database = Database(self.settings.database)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(opened())

    def rows(self) -> list[Any]:
        async def read(database: Database) -> Any:
            asked = select(documents).order_by(documents.c.name)
            return await Reader(database, worker(self.tenant)).rows(asked)

        return self.run(read)

    def types(self, *words: str, code: int = 0) -> str:
        result = CliRunner().invoke(self.app, [*words, "--data-dir", str(self.folder)])
        assert result.exit_code == code, result.output
        return result.output

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return str(path)
