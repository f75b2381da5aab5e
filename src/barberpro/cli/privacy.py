"""`barberpro privacy`: the keys that people's data is sealed with."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import select

from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people import service as people
from barberpro.platform import clock, ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import survey, transaction
from barberpro.platform.errors import Misconfigured
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import worker
from barberpro.platform.sealing import rotation
from barberpro.platform.sealing.scrub import scrub
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

T = TypeVar("T")
REQUEST = "privacy"
PATIENCE_SECONDS = 0.2  # before asking again for who was being written to

app = typer.Typer(
    help="People's data: put it under fresh keys, forget someone.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
Tenant = Annotated[
    str | None, typer.Option(help="One organization's id; else all.", show_default=False)
]


@app.command()
def rotate(tenant: Tenant = None, data_dir: DataDir = None) -> None:
    """Put all sealed data under fresh keys, while everything goes on.

    Killed, it goes on where it stood when it is called again; over, it begins anew.
    """

    async def run(database: Database) -> int:
        with Progress(console=Console(stderr=True)) as progress:
            return sum(
                [
                    await _rotate(database, each, progress)
                    for each in await _tenants(database, tenant)
                ]
            )

    done = _with_database(_settings(data_dir), run)
    typer.echo(f"The data of {done} people was sealed anew.")


@app.command()
def erase(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    tenant: Annotated[str, typer.Option(help="The id of their organization.")],
    data_dir: DataDir = None,
) -> None:
    """Forget a customer for good, and take what SQLite still has of them off the disk. Nobody can take it back."""

    async def run(database: Database) -> bool:
        async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
            await people.erase_customer(tx, customer)
        return await scrub(database)

    clean = _with_database(_settings(data_dir), run)
    typer.echo(f"The customer {customer} was erased.")
    if not clean:
        typer.echo(
            "A reader was at work, so old pages stay in SQLite's log for now: call this again."
        )


async def _rotate(database: Database, tenant: str, progress: Progress) -> int:
    """How many people's data was sealed anew."""
    async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
        first = left = await rotation.begin(tx)
    bar = progress.add_task(tenant, total=first)
    retired = False
    while not retired:
        while left:
            async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
                before, left = left, await rotation.renew(tx)
            progress.update(bar, completed=first - left)
            if left >= before:
                await asyncio.sleep(PATIENCE_SECONDS)
        async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
            retired = await rotation.retire(tx)
            left = 0 if retired else await rotation.left(tx)
    return first


async def _tenants(database: Database, only: str | None) -> list[str]:
    every = select(organizations.c.id).order_by(organizations.c.id)
    async with survey(database, clock.now) as house:
        rows = await house.rows(across_tenants(every, "an operator renews the keys of all tenants"))
    known = [row.id for row in rows]
    if only is not None and only not in known:
        raise Misconfigured(f"there is no organization {only[: ids.LIMIT]}")
    return known if only is None else [only]


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    know_all_tables()  # what is sealed stands beside the tables of every domain

    async def run() -> T:
        vault = Vault(Sealer(load_master(settings)))
        database = Database(settings.database, pool_size=2, vault=vault)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)
