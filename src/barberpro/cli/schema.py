"""`barberpro schema`: the contract's text."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from . import changes, usage

app = typer.Typer(help="The schema that callers see.", no_args_is_help=True)
CHECKOUT = Path(__file__).parents[3]
SDL = CHECKOUT / "schema" / "barberpro.graphql"
SCOPES = CHECKOUT / "schema" / "scopes.txt"


@app.callback()
def nouns() -> None:
    """The schema that callers see."""


@app.command("print")
def print_(
    check: Annotated[
        bool, typer.Option(help="Fail where schema/barberpro.graphql is stale.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Write schema/barberpro.graphql.")] = False,
    subgraph: Annotated[
        str | None,
        typer.Option(help="Print what a federation router composes: of one domain, or of `all`."),
    ] = None,
) -> None:
    """Print the SDL with its descriptions and directives; `schema/scopes.txt` says who may ask for what."""
    from barberpro.graph.errors import UnknownSubgraph
    from barberpro.graph.schema import build_schema, build_subgraph

    if subgraph is not None:
        if check or write:
            raise typer.BadParameter("only the whole schema is kept: print it without --subgraph")
        try:
            graph = build_schema() if subgraph == "all" else build_subgraph(subgraph)
        except UnknownSubgraph as unknown:
            raise typer.BadParameter(str(unknown), param_hint="--subgraph") from None
        typer.echo(graph.text(graph.names), nl=False)
        return
    graph = build_schema()
    built = {SDL: graph.sdl, SCOPES: graph.access()}
    if write:
        for file, text in built.items():
            file.write_text(text, "utf-8")
            typer.echo(f"wrote schema/{file.name}")
        return
    if not check:
        typer.echo(graph.sdl, nl=False)
        return
    if stale := [file for file, text in built.items() if _changes(file, text)]:
        names = " and ".join(f"schema/{file.name}" for file in stale)
        typer.echo(
            f"stale: {names}. Read the changes, then `barberpro schema print --write`", err=True
        )
        raise typer.Exit(1)
    typer.echo("schema/ is what the code builds")


changes.commands(app)
usage.commands(app)


def _changes(file: Path, built: str) -> bool:
    """Whether the kept file differs from what is built; says how."""
    kept = file.read_text("utf-8") if file.exists() else ""
    changes = difflib.unified_diff(
        kept.splitlines(), built.splitlines(), f"{file.name} kept", "built", lineterm="", n=1
    )
    for line in changes:
        typer.echo(line)
    return kept != built
