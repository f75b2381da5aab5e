"""`barberpro demo`: a chain of shops to try things on, and the secrets of the clients that may."""

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from barberpro.demo.scales import SCALES, SEED
from barberpro.platform.settings import Settings

app = typer.Typer(help="A chain of shops to try things on.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]


@app.command()
def load(
    scale: Annotated[str, typer.Option(help=f"One of {', '.join(SCALES)}.")] = "default",
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same rows.")] = SEED,
    anchor: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day before which all is past; else today."),
    ] = None,
    if_absent: Annotated[
        bool, typer.Option("--if-absent", help="Succeed where the demo is loaded already.")
    ] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Train the models on it afterwards.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Migrate the database and load the demo: two chains, and clients that speak for them."""
    if scale not in SCALES:
        raise typer.BadParameter(f"there is no scale {scale!r}: take one of {', '.join(SCALES)}")
    from barberpro.platform import migrations
    from barberpro.platform.errors import Failure

    settings = _settings(data_dir)
    migrations.upgrade(settings.database)
    try:
        loaded = asyncio.run(_load(settings, scale, seed, anchor.date() if anchor else None))
    except Failure as refusal:
        raise _refused(f"Nothing was loaded: {refusal}") from None
    if not loaded and not if_absent:
        raise _refused("The demo is in this database already; nothing was changed.")
    if loaded:
        migrations.analyze(settings.database)
    typer.echo("The demo is loaded. `barberpro demo credentials` prints its clients' secrets.")
    if loaded and train:
        typer.echo(_trained(settings))


@app.command()
def credentials(
    as_json: Annotated[bool, typer.Option("--json", help="Print the clients as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Print the demo clients' secrets and the ids of their registered documents, and what people sign in with."""
    from barberpro.demo.credentials import calendars, logins, shown

    folder = _settings(data_dir).data_dir
    found = shown(folder)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for each in found:
        typer.echo(f"{each['name']}  (tenant {each['tenant']})")
        typer.echo(f"  client_id      {each['client_id']}")
        if each["client_secret"] is not None:
            typer.echo(f"  client_secret  {each['client_secret']}")
        for uri in each["redirect_uris"]:
            typer.echo(f"  redirect_uri   {uri}")
        typer.echo(f"  scopes         {' '.join(each['scopes'])}")
        for name, document in each["documents"].items():
            typer.echo(f"  {name}  {document}")
    for person in logins(folder):
        typer.echo(f"{person.email}  {person.password}  {person.role}  (tenant {person.tenant})")
    for calendar in calendars(folder):
        typer.echo(f"{calendar.path}  of {calendar.location_id}  (tenant {calendar.tenant})")


@app.command()
def points(data_dir: DataDir = None) -> None:
    """Tell the loyalty service's ledger of every completed visit; anew each time."""
    from barberpro.demo.loyalty.__main__ import FILE
    from barberpro.demo.loyalty.fill import fill
    from barberpro.demo.loyalty.ledger import Ledger
    from barberpro.platform.database import Database

    settings = _settings(data_dir)

    async def filled() -> int:
        database = Database(settings.database, pool_size=1)
        try:
            return await fill(Ledger(settings.data_dir / FILE), database)
        finally:
            await database.close()

    typer.echo(f"The ledger holds {asyncio.run(filled())} visits.")


def is_loaded(settings: Settings) -> bool:
    """Whether the migrated database holds the demo. NotADemo where its secrets are elsewhere."""
    from barberpro.demo.clients import absent
    from barberpro.demo.credentials import FILE, NotADemo, kept
    from barberpro.platform.database import Database

    async def asked() -> bool:
        database = Database(settings.database, pool_size=1)
        try:
            return not await absent(database)
        finally:
            await database.close()

    found = asyncio.run(asked())
    if found:
        try:
            kept(settings.data_dir)
        except NotADemo:
            raise NotADemo(
                f"This database holds the demo, but {settings.data_dir} has no usable {FILE}: "
                "take the data directory that it was loaded with, or an empty database."
            ) from None
    return found


async def _load(settings: Settings, scale: str, seed: int, anchor: date | None) -> bool:
    """Whether there was anything to load. Imports numpy, which no other command needs."""
    from rich.console import Console

    from barberpro.demo.load import load_if_absent
    from barberpro.demo.progress import shown
    from barberpro.platform import clock
    from barberpro.platform.crypto import Sealer, load_master
    from barberpro.platform.database import Database
    from barberpro.platform.sealing.vault import Vault

    vault = Vault(Sealer(load_master(settings)))
    database = Database(settings.database, pool_size=1, vault=vault)
    try:
        with shown(Console(stderr=True)) as told:
            return await load_if_absent(
                database,
                clock.now,
                settings.data_dir,
                SCALES[scale],
                seed=seed,
                anchor=anchor,
                told=told,
            )
    finally:
        await database.close()


def _trained(settings: Settings) -> str:
    """Train in a process of its own, which gives its memory back, and say what came of it in one line."""
    began = time.monotonic()
    command = [sys.executable, "-m", "barberpro.cli", "ml", "train"]
    environment = os.environ | {"BARBERPRO_DATA_DIR": str(settings.data_dir.absolute())}
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    if ended.returncode:
        return "The models could not all be trained: `barberpro ml train` says why. All else works."
    return f"The models were trained on it in {time.monotonic() - began:.0f} s."


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _refused(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(1)
