"""`barberpro db`: the database's shape."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="The database: upgrade it, see whether it fits the code.", no_args_is_help=True
)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def upgrade(
    to: Annotated[str, typer.Option(help="The revision to stop at.")] = "head",
    data_dir: DataDir = None,
) -> None:
    """Bring the database to the shape this version needs. Safe to run twice, and by two at once."""
    from barberpro.platform import migrations

    url = _url(data_dir)
    before = migrations.current(url)
    migrations.upgrade(url, to)
    after = migrations.current(url)
    went = "" if before == after else f", from {before or 'nothing'}"
    typer.echo(f"The database is at {after}{went}.")


@app.command()
def current(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Print the database's revision, and the one this version needs."""
    from barberpro.platform import migrations

    found = {"revision": migrations.current(_url(data_dir)), "head": migrations.head()}
    if as_json:
        typer.echo(json.dumps(found))
        return
    at, head = found.values()
    typer.echo(f"The database is at {at or 'nothing'}; this version needs {head}.")


@app.command()
def check(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Compare the database with the tables as declared; fails where they differ."""
    from barberpro.platform import migrations

    url = _url(data_dir)
    at = migrations.current(url)
    drift = migrations.drift(url) if at else ["the database was never upgraded"]
    if as_json:
        typer.echo(json.dumps({"revision": at, "head": migrations.head(), "drift": drift}))
    else:
        typer.echo("\n".join(drift) or "The database is as the code declares it.")
    if drift:
        raise typer.Exit(1)


@app.command()
def revision(message: Annotated[str, typer.Argument(help="What it does, in a few words.")]) -> None:
    """Write the next migration from what the tables say. Read it before you keep it."""
    from barberpro.platform import migrations

    typer.echo(f"wrote {migrations.revision(message).name}: read it, and mend it where it guessed")


def _url(data_dir: Path | None) -> str:
    from barberpro.platform.settings import Settings

    return (Settings() if data_dir is None else Settings(data_dir=data_dir)).database
