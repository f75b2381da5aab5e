"""`barberpro ledger`: hold the books against the invoices, export them, post what is not posted yet."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from barberpro.platform.database import Database
    from barberpro.platform.settings import Settings

app = typer.Typer(
    help="The books: hold them against the invoices, export them, post what is not posted yet.",
    no_args_is_help=True,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
Tenant = Annotated[
    str | None, typer.Option(help="One organization's id; else all.", show_default=False)
]
T = TypeVar("T")
REQUEST = "ledger"


class Format(StrEnum):
    """What a ledger is written as."""

    BEANCOUNT = "beancount"


@app.command()
def verify(tenant: Tenant = None, data_dir: DataDir = None) -> None:
    """Sum up every transaction, and hold debts and VAT against the invoices. Ends with 1 where they differ."""
    from barberpro.domains.billing.reconciliation import differences
    from barberpro.platform.doors import Reader
    from barberpro.platform.principal import worker

    async def run(database: "Database") -> dict[str, list[str]]:
        every = await _organizations(database, tenant)
        return {each.id: await differences(Reader(database, worker(each.id))) for each in every}

    found = _with_database(data_dir, run)
    for organization, sentences in found.items():
        for sentence in sentences:
            typer.echo(f"BAD {organization}: {sentence}", err=True)
    if any(found.values()):
        raise typer.Exit(1)
    typer.echo(f"The ledgers of {len(found)} organizations are sound and agree with the invoices.")


@app.command()
def export(
    tenant: Annotated[str, typer.Option(help="The id of the organization.")],
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.BEANCOUNT,
    data_dir: DataDir = None,
) -> None:
    """Write an organization's whole ledger to standard output, with its balances for `bean-check` to confirm."""
    from barberpro.domains.ledger.beancount import exported
    from barberpro.platform.doors import Reader
    from barberpro.platform.principal import worker

    async def run(database: "Database") -> None:
        (organization,) = await _organizations(database, tenant)
        async for line in exported(Reader(database, worker(tenant)), organization.name):
            sys.stdout.write(line + "\n")

    _with_database(data_dir, run)


@app.command("catch-up")
def catch_up(tenant: Tenant = None, data_dir: DataDir = None) -> None:
    """Post what happened to invoices before there was a ledger. Called again, it goes on where it stood."""
    from barberpro.domains.billing.catching_up import catch_up as post_next
    from barberpro.platform.clock import now
    from barberpro.platform.doors import transaction
    from barberpro.platform.principal import worker

    async def run(database: "Database") -> int:
        every = await _organizations(database, tenant)
        for each in every:
            after: str | None = ""
            while after is not None:
                async with transaction(database, worker(each.id), now, REQUEST) as tx:
                    after = await post_next(tx, after)
        return len(every)

    typer.echo(f"All is posted that {_with_database(data_dir, run)} organizations have billed.")


async def _organizations(database: "Database", only: str | None) -> list[Any]:
    from sqlalchemy import select

    from barberpro.domains.organizations.tables import organizations
    from barberpro.platform import ids
    from barberpro.platform.binding import across_tenants
    from barberpro.platform.clock import now
    from barberpro.platform.doors import survey
    from barberpro.platform.errors import Misconfigured

    every = select(organizations.c.id, organizations.c.name).order_by(organizations.c.id)
    async with survey(database, now) as house:
        rows = await house.rows(across_tenants(every, "an operator looks after all tenants' books"))
    if only is None:
        return list(rows)
    found = [row for row in rows if row.id == only]
    if not found:
        raise Misconfigured(f"there is no organization {only[: ids.LIMIT]}")
    return found


def _settings(data_dir: Path | None) -> "Settings":
    from barberpro.platform.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _with_database(data_dir: Path | None, work: "Callable[[Database], Awaitable[T]]") -> T:
    from barberpro.platform.database import Database

    async def run() -> T:
        database = Database(_settings(data_dir).database, pool_size=2)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
