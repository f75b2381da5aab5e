"""`barberpro audit`: the tamper-evident log of everything that happened."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from barberpro.platform.audit.checkpoints import Head
    from barberpro.platform.audit.heads import HeadFile
    from barberpro.platform.database import Database
    from barberpro.platform.settings import Settings

app = typer.Typer(
    help="The tamper-evident log: verify it, look into it, prove an entry, show its head.",
    no_args_is_help=True,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
T = TypeVar("T")


@app.command()
def verify(
    heads: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of signed heads to hold it against, beside our own."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Work out every leaf again and hold the log against the signed heads. Ends with 1 and the first bad leaf.

    It ends with 1 too where there are leaves and no head at all to hold them against.
    """
    from barberpro.platform.audit.checkpoints import BadHead
    from barberpro.platform.audit.heads import HeadFile, files, in_order
    from barberpro.platform.audit.verify import verify as verify_log
    from barberpro.platform.clock import now

    settings = _settings(data_dir)
    folders = [*files(settings), *map(HeadFile, heads or [])]
    try:
        report = _with_database(
            settings, lambda database: verify_log(database, now, in_order(folders))
        )
    except BadHead as bad:
        typer.echo(f"The signed heads cannot be used: {bad}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{report.size} leaves, {report.waiting} events waiting for their place")
    if report.is_sound:
        _echo_sound(report.heads)
        return
    for finding in report.findings:
        typer.echo(f"BAD {finding.says}", err=True)
    raise typer.Exit(1)


def _echo_sound(heads: int) -> None:
    if heads:
        typer.echo(f"The log is sound, and agrees with {heads} signed heads.")
    else:
        typer.echo("The log is empty: there is no leaf yet, and no signed head.")


@app.command("list")
def show(
    organization: Annotated[str | None, typer.Option(help="Only of this one, by its id.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="As in user.signed_in.")] = None,
    actor: Annotated[str | None, typer.Option(help="Done by this user or client.")] = None,
    subject: Annotated[str | None, typer.Option(help="That happened to this.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Then or later, in UTC.")] = None,
    installation: Annotated[
        bool, typer.Option("--installation", help="What belongs to no organization instead.")
    ] = False,
    first: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one entry a line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List what happened, the newest first. Each entry's place in the log is its first word, - while it waits."""
    from barberpro.platform.audit.listing import Wanted, entries, of_the_installation

    begin = since.replace(tzinfo=UTC) if since else None
    if installation and (organization or actor or subject):
        raise typer.BadParameter("what belongs to no organization has no actor and no subject")
    if installation:
        found = _with_database(
            _settings(data_dir),
            lambda database: of_the_installation(database, type=kind, since=begin, most=first),
        )
    else:
        wanted = Wanted(
            organization=organization, type=kind, actor=actor, subject=subject, since=begin
        )
        found = _with_database(
            _settings(data_dir), lambda database: entries(database, wanted, most=first)
        )
    for row in found:
        typer.echo(_as_json(row._asdict()) if as_json else _as_line(row._asdict()))


def _as_json(entry: dict[str, Any]) -> str:
    from barberpro.platform.events import canonical

    return canonical(entry).decode()


def _as_line(entry: dict[str, Any]) -> str:
    from barberpro.platform.clock import iso

    place = "-" if entry["position"] is None else str(entry["position"])
    words = [place, iso(entry["occurred_at"]), entry["id"], entry["type"]]
    return "  ".join(words + [entry[name] for name in ("actor", "subject") if name in entry])


@app.command()
def head(data_dir: DataDir = None) -> None:
    """Print the newest signed head, and the public key that others check it with."""
    from barberpro.platform.audit.heads import files

    file = files(_settings(data_dir))[0]
    newest = _newest(file)
    if newest is None:
        typer.echo("No head has been signed yet: a worker does.", err=True)
        raise typer.Exit(1)
    typer.echo(newest.note, nl=False)
    for verifier in file.verifiers():
        typer.echo(f"key {verifier}")


@app.command()
def prove(
    event: Annotated[str, typer.Argument(help="The event's id.")], data_dir: DataDir = None
) -> None:
    """Print, as JSON, the proof that an event is in the log of the newest signed head."""
    from barberpro.platform.audit.heads import files
    from barberpro.platform.audit.proofs import proof

    settings = _settings(data_dir)
    newest = _newest(files(settings)[0])
    found = _with_database(settings, lambda database: proof(database, event, newest))
    if found is None:
        typer.echo(f"{event} is not in the log of a signed head, or not yet.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(found, indent=2))


def _newest(file: "HeadFile") -> "Head | None":
    """The largest of all, each of which is checked."""
    return max(file.heads(), key=lambda head: head.size, default=None)


def _settings(data_dir: Path | None) -> "Settings":
    from barberpro.platform.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _with_database(settings: "Settings", work: "Callable[[Database], Awaitable[T]]") -> T:
    from barberpro.platform.database import Database

    async def run() -> T:
        database = Database(settings.database)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
