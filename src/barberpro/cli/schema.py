"""`barberpro schema`: the contract's text."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The schema that callers see.", no_args_is_help=True)
CHECKOUT = Path(__file__).parents[3]
SDL = CHECKOUT / "schema" / "barberpro.graphql"


@app.callback()
def nouns() -> None:
    """The schema that callers see."""


@app.command("print")
def print_(
    check: Annotated[
        bool, typer.Option(help="Fail where schema/barberpro.graphql is stale.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Write schema/barberpro.graphql.")] = False,
) -> None:
    """Print the SDL with its descriptions and directives."""
    from barberpro.graph.schema import build_schema

    sdl = build_schema().sdl
    if write:
        SDL.write_text(sdl, "utf-8")
        typer.echo(f"wrote schema/{SDL.name}")
        return
    if not check:
        typer.echo(sdl, nl=False)
        return
    kept = SDL.read_text("utf-8") if SDL.exists() else ""
    if kept != sdl:
        changes = difflib.unified_diff(
            kept.splitlines(), sdl.splitlines(), "kept", "built", lineterm="", n=1
        )
        typer.echo("\n".join(changes))
        typer.echo(
            "schema/barberpro.graphql is stale: read the changes, then `barberpro schema print --write`"
        )
        raise typer.Exit(1)
    typer.echo("schema/barberpro.graphql is what the code builds")
