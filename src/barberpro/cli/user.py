"""`barberpro user`: the people who sign in for an organization. How the first owner gets in."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import typer
from sqlalchemy import select

from barberpro.domains.identity.users import service
from barberpro.domains.identity.users.roles import BUILT_IN, KNOWN_SCOPES
from barberpro.domains.identity.users.tables import users
from barberpro.platform import clock, revocations
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.errors import Failure, Misconfigured
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import Principal
from barberpro.platform.sealing.vault import Vault
from barberpro.platform.settings import Settings

T = TypeVar("T")
REQUEST = "user"
LISTED = select(users.c.id, users.c.name, users.c.is_active).order_by(users.c.name_key, users.c.id)

app = typer.Typer(
    help="People who sign in: invite one, list, disable, let in again.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
Tenant = Annotated[str, typer.Option(help="The organization's id.")]
User = Annotated[str, typer.Argument(help="The user's id.")]


@app.command()
def invite(
    email: Annotated[str, typer.Argument(help="The address that they will sign in with.")],
    name: Annotated[str, typer.Option(help="What they are called.")],
    tenant: Tenant,
    role: Annotated[
        list[str], typer.Option(help=f"One of {', '.join(BUILT_IN)}, or a role's id. May repeat.")
    ],
    location: Annotated[
        list[str] | None, typer.Option(help="Limit them to this location's id. May repeat.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Invite someone, and print the link by which they choose a password."""
    settings = _settings(data_dir)

    async def act(tx: Transaction) -> str:
        _, secret = await service.invite(
            tx, email=email, name=name, role_ids=role, location_ids=location or None
        )
        return secret

    try:
        secret = _done(settings, tenant, act)
    except ValueError as problem:
        raise Misconfigured(str(problem)) from None
    typer.echo(_link(settings, tenant, secret))


@app.command("list")
def show(tenant: Tenant, data_dir: DataDir = None) -> None:
    """List the users: id, whether they may act, name."""

    async def act(tx: Transaction) -> list[str]:
        rows = await tx.rows(LISTED)
        return [f"{r.id}  {'active  ' if r.is_active else 'disabled'}  {r.name}" for r in rows]

    for line in _done(_settings(data_dir), tenant, act):
        typer.echo(line)


@app.command()
def disable(user: User, tenant: Tenant, data_dir: DataDir = None) -> None:
    """Keep a user out: their sessions and tokens are void."""
    _done(_settings(data_dir), tenant, lambda tx: service.disable(tx, user))
    typer.echo("They are signed out everywhere, and stay out.")


@app.command()
def enable(user: User, tenant: Tenant, data_dir: DataDir = None) -> None:
    """Let a user in again, with the password they had."""
    _done(_settings(data_dir), tenant, lambda tx: service.enable(tx, user))
    typer.echo("They may sign in.")


@app.command()
def reset(
    user: User,
    tenant: Tenant,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="Forget their second factor too.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Print a link by which a user chooses a new password."""
    settings = _settings(data_dir)

    async def act(tx: Transaction) -> str:
        if second_factor:
            await service.remove_second_factor(tx, user)
        return (await service.invite_again(tx, user))[1]

    typer.echo(_link(settings, tenant, _done(settings, tenant, act)))


def _link(settings: Settings, tenant: str, secret: str) -> str:
    query = urlencode({"for": tenant, "secret": secret})
    return f"{settings.public_url.rstrip('/')}/oauth/invitation?{query}"


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _done(settings: Settings, tenant: str, act: Callable[[Transaction], Awaitable[T]]) -> T:
    """Act as the operator, who may do everything in every organization."""
    know_all_tables()
    operator = Principal(tenant, client="operator", client_name="operator", scopes=KNOWN_SCOPES)

    async def run() -> T:
        vault = Vault(Sealer(load_master(settings)))
        database = Database(settings.database, pool_size=1, vault=vault)
        try:
            async with transaction(database, operator, clock.now, REQUEST) as tx:
                done = await act(tx)
            if tx.revoked:
                await revocations.announce(settings)
            return done
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except Failure as refusal:
        raise Misconfigured(str(refusal)) from None
