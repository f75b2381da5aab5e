"""`barberpro privacy`: the keys that people's data is sealed with."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from sqlalchemy import select

from barberpro.domains.identity.users.erasure import erase as erase_user
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people import service as people
from barberpro.platform import clock, ids, revocations
from barberpro.platform.binding import across_tenants
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import survey, transaction
from barberpro.platform.errors import Failure, Misconfigured
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

    Killed, it goes on where it stood when it is called again; over, it begins anew. Ends with 1 where somebody's data
    does not open, and says whose; that of all others is sealed anew all the same.
    """

    async def run(database: Database) -> list[Rotated]:
        with Progress(console=Console(stderr=True)) as progress:
            return [
                await _rotate(database, each, progress) for each in await _tenants(database, tenant)
            ]

    rotated = _with_database(_settings(data_dir), run)
    typer.echo(f"The data of {sum(each.done for each in rotated)} people was sealed anew.")
    lost = sorted(person for each in rotated for person in each.lost)
    for person in lost:
        typer.echo(f"BAD {person}: something sealed of theirs does not open", err=True)
    if lost:
        typer.echo(
            "Their old keys stay. Put back their rows from a backup, or erase them, and call this again.",
            err=True,
        )
        raise typer.Exit(1)


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="The customer's id, or the user's.")],
    tenant: Annotated[str, typer.Option(help="The id of their organization.")],
    data_dir: DataDir = None,
) -> None:
    """Forget someone for good, and take what SQLite still has of them off the disk. Nobody can take it back."""
    is_user = ids.prefix_of(person) == "usr"

    settings = _settings(data_dir)

    async def run(database: Database) -> bool:
        operator = replace(worker(tenant), scopes=KNOWN_SCOPES)
        async with transaction(database, operator, clock.now, REQUEST) as tx:
            await (erase_user if is_user else people.erase_customer)(tx, person)
        if tx.revoked:
            await revocations.announce(settings)
        return await scrub(database)

    try:
        clean = _with_database(settings, run)
    except Failure as refusal:
        raise Misconfigured(str(refusal)) from None
    typer.echo(f"The {'user' if is_user else 'customer'} {person} was erased.")
    if not clean:
        typer.echo(
            "A reader was at work, so old pages stay in SQLite's log for now: call this again."
        )


@dataclass(frozen=True)
class Rotated:
    """What came of a tenant's rotation."""

    done: int
    lost: frozenset[str]
    """Ids of people of whom something does not open."""


async def _rotate(database: Database, tenant: str, progress: Progress) -> Rotated:
    bar = progress.add_task(tenant, total=None)
    rotated = await _go_on(database, tenant, frozenset(), progress, bar)
    if rotated.lost and not rotated.done:  # an earlier rotation had come as far as it could
        rotated = await _go_on(database, tenant, rotated.lost, progress, bar)
    return rotated


async def _go_on(
    database: Database, tenant: str, lost: frozenset[str], progress: Progress, bar: TaskID
) -> Rotated:
    """Begin a rotation, or take up the one that is not over, and bring it to its end."""
    done = 0
    async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
        left = await rotation.begin(tx, lost)
    retired = False
    while not retired:
        progress.update(bar, total=done + left)
        while left:
            async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
                batch = await rotation.renew(tx, lost=lost)
            left, done, lost = batch.left, done + batch.done, lost | batch.lost
            progress.update(bar, completed=done)
            if not batch.done and not batch.lost:
                await asyncio.sleep(PATIENCE_SECONDS)
        async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
            retired = await rotation.retire(tx) or not (left := await rotation.left(tx, lost))
    return Rotated(done, lost)


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
