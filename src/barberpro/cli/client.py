"""`barberpro client`: the applications that speak for an organization."""

import asyncio
import enum
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.platform import clock, revocations
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, Transaction, transaction
from barberpro.platform.errors import Failure
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings

T = TypeVar("T")
REQUEST = "client"
SHOWN = (
    *("id", "name", "title", "authentication", "grant_types", "scopes"),
    *("tier", "document_mode", "is_active"),
)


class Mode(enum.Enum):
    """`DocumentMode`, as a person types it."""

    OPEN = "open"
    LOG = "log"
    LOCKED = "locked"


app = typer.Typer(
    help="Applications: register one, list, suspend, give a new secret.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
Tenant = Annotated[str, typer.Option(help="The id of the organization it speaks for.")]
Client = Annotated[str, typer.Argument(help="The client's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(tenant: Tenant, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The organization's clients, by name."""

    async def read(database: Database) -> list[dict[str, Any]]:
        rows = await Reader(database, worker(tenant)).rows(clients.of_tenant(tenant))
        return [{name: getattr(row, name) for name in SHOWN} for row in rows]

    found = _with_database(_settings(data_dir), read)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for each in found:
        state = "" if each["is_active"] else "  (suspended)"
        typer.echo(f"{each['id']}  {each['name']}  {each['authentication']}{state}")


@app.command()
def register(
    name: Annotated[str, typer.Argument(help="Its name: a folder of schema/operations.")],
    tenant: Tenant,
    scope: Annotated[list[str], typer.Option(help="What it may do; give it again for more.")],
    public: Annotated[
        bool, typer.Option("--public", help="It runs on people's devices and keeps no secret.")
    ] = False,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="Where users come back to; makes users sign in.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What users read who are asked.")] = None,
    dpop: Annotated[bool, typer.Option("--dpop", help="Bind its tokens to a key.")] = False,
    mode: Annotated[
        Mode, typer.Option(help="Which documents it may call: see `barberpro client mode`.")
    ] = Mode.OPEN,
    data_dir: DataDir = None,
) -> None:
    """Register a client, and print its secret, which is not to be had again."""
    with_users = (Grant.CODE, Grant.REFRESH) if redirect_uri else ()
    application = Application(
        authentication=Authentication.NONE if public else Authentication.BASIC,
        grants=with_users if public else (*with_users, Grant.CLIENT),
        redirects=redirect_uri or (),
        title=title,
        requires_dpop=dpop,
    )

    async def act(tx: Transaction) -> tuple[Row[Any], str | None]:
        return await clients.register_application(
            tx,
            name=name,
            scopes=scope,
            document_mode=mode.value,
            application=application,
        )

    made, secret = _in_transaction(data_dir, tenant, act)
    typer.echo(f"client_id      {made.id}")
    if secret is not None:
        typer.echo(f"client_secret  {secret}")


@app.command()
def suspend(client: Client, tenant: Tenant, data_dir: DataDir = None) -> None:
    """Stop a client: no new tokens, and those in use fail within seconds."""

    async def act(tx: Transaction) -> Row[Any]:
        return await clients.suspend_client(tx, client)

    _in_transaction(data_dir, tenant, act)
    typer.echo(f"{client} is suspended.")


@app.command()
def tier(
    client: Client,
    name: Annotated[str, typer.Argument(help="A tier of schema/tiers.toml.")],
    tenant: Tenant,
    data_dir: DataDir = None,
) -> None:
    """Let a client spend what a tier allows: felt within five seconds."""
    from barberpro.gateway.documents import contract
    from barberpro.gateway.tiers import load_tiers

    tiers = load_tiers(contract())
    if name not in tiers:
        raise typer.BadParameter(f"there is no tier {name!r}: there are {', '.join(tiers)}")

    async def act(tx: Transaction) -> Row[Any]:
        return await clients.set_tier(tx, client, name)

    _in_transaction(data_dir, tenant, act)
    typer.echo(f"{client} is {name}.")


@app.command("mode")
def set_mode(
    client: Client,
    mode: Annotated[Mode, typer.Argument(help="open, log or locked.")],
    tenant: Tenant,
    data_dir: DataDir = None,
) -> None:
    """Say which documents a client may call: any (open); any, while those that are not registered are noted (log); or
    its registered ones (locked). Felt within five seconds."""

    async def act(tx: Transaction) -> Row[Any]:
        return await clients.set_document_mode(tx, client, mode.value)

    _in_transaction(data_dir, tenant, act)
    typer.echo(f"{client} is {mode.value}.")


@app.command()
def rotate(
    client: Client,
    tenant: Tenant,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="How long the secret before stays good.")
    ] = 0,
    data_dir: DataDir = None,
) -> None:
    """Give a client a new secret, and print it."""

    async def act(tx: Transaction) -> tuple[Row[Any], str]:
        overlap = timedelta(hours=overlap_hours)
        return await clients.rotate_secret(tx, client, overlap=overlap)

    _, secret = _in_transaction(data_dir, tenant, act)
    typer.echo(f"client_secret  {secret}")


def _in_transaction(
    data_dir: Path | None, tenant: str, act: Callable[[Transaction], Awaitable[T]]
) -> T:
    settings = _settings(data_dir)

    async def run(database: Database) -> T:
        async with transaction(database, worker(tenant), clock.now, REQUEST) as tx:
            done = await act(tx)
        if tx.revoked:
            await revocations.announce(settings)
        return done

    try:
        return _with_database(settings, run)
    except Failure as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _with_database(settings: Settings, act: Callable[[Database], Awaitable[T]]) -> T:
    know_all_tables()

    async def run() -> T:
        database = Database(settings.database)
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())
