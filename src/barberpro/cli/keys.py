"""`barberpro keys`: the keys that sign our tokens, and the master key that seals them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from barberpro.platform.crypto import Sealer
    from barberpro.platform.database import Database
    from barberpro.platform.settings import Settings

app = typer.Typer(
    help="The keys that sign our tokens: list, change, revoke; and a new master key.",
    no_args_is_help=True,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
T = TypeVar("T")


@app.command("list")
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List the signing keys: id, when it was made, from when it signs."""
    from barberpro.platform.clock import iso
    from barberpro.platform.doors import Reader
    from barberpro.platform.keys import INSTALLATION, stored

    async def read(database: "Database") -> Any:
        return await stored(Reader(database, INSTALLATION))

    found = [
        {
            "kid": row.kid,
            "algorithm": row.algorithm,
            "createdAt": iso(row.created_at),
            "signsFrom": iso(row.signs_from or row.created_at),
        }
        for row in _with_database(_settings(data_dir), read)
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for key in found:
        typer.echo("  ".join(key.values()))


@app.command()
def rotate(
    now: Annotated[
        bool, typer.Option("--now", help="Sign with it in a minute, as when a key may be known.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make the next signing key. It is published at once and signs after the lead that the settings say.

    No token fails: the key before stays until the last token that it signed has ended.
    """
    from datetime import timedelta

    from barberpro.platform.clock import iso
    from barberpro.platform.clock import now as clock
    from barberpro.platform.rotation import rotate as rotate_keys

    settings = _settings(data_dir)
    lead = timedelta(0) if now else timedelta(hours=settings.signing_key_lead_hours)
    sealer = _sealer(settings)
    begins = _with_database(settings, lambda database: rotate_keys(database, sealer, clock, lead))
    typer.echo(f"The next key signs from {iso(begins)} on.")


@app.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a dash
def revoke(
    kid: Annotated[str, typer.Argument(help="The id of a signing key that others may know.")],
    data_dir: DataDir = None,
) -> None:
    """Take a signing key away at once, with every token that it signed; a fresh key signs from now on."""
    from barberpro.platform import revocations
    from barberpro.platform.clock import now as clock
    from barberpro.platform.rotation import revoke as revoke_key

    settings = _settings(data_dir)
    sealer = _sealer(settings)

    async def act(database: "Database") -> None:
        await revoke_key(database, sealer, clock, kid)
        await revocations.announce(settings)

    _with_database(settings, act)
    typer.echo("It is gone. What it signed fails within five seconds, or one where Redis is.")


@app.command()
def rewrap(data_dir: DataDir = None) -> None:
    """Seal all that the master key seals under a new one: the signing keys, and the keys of all organizations.

    Stop the processes; put the new key into BARBERPRO_MASTER_KEY and the old one into BARBERPRO_PREVIOUS_MASTER_KEY;
    run this; start them with the new one. All or nothing is done, and it may be run again.
    """
    from barberpro.platform.clock import now as clock
    from barberpro.platform.crypto import MasterKeyUnusable, Unsealable
    from barberpro.platform.master import change_master_key

    settings = _settings(data_dir)
    if settings.previous_master_key is None:
        raise MasterKeyUnusable("give the old key in BARBERPRO_PREVIOUS_MASTER_KEY")
    old = _sealer(settings.model_copy(update={"master_key": settings.previous_master_key}))
    new = _sealer(settings)
    try:
        done = _with_database(settings, lambda each: change_master_key(each, old, new, clock))
    except Unsealable as error:
        raise MasterKeyUnusable(f"neither master key opens all that is sealed: {error}") from None
    typer.echo(f"Sealed again: {done.signing} signing keys, {done.tenants} keys of organizations.")


def _settings(data_dir: Path | None) -> "Settings":
    from barberpro.platform.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _sealer(settings: "Settings") -> "Sealer":
    from barberpro.platform.crypto import Sealer, load_master

    return Sealer(load_master(settings))


def _with_database(settings: "Settings", work: "Callable[[Database], Awaitable[T]]") -> T:
    from barberpro.platform.database import Database

    async def run() -> T:
        database = Database(settings.database)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
