"""`barberpro openapi`: what the REST routes are, for programs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The REST routes, as OpenAPI.", no_args_is_help=True)
FILE = Path(__file__).parents[3] / "schema" / "openapi.json"


@app.callback()
def nouns() -> None:
    """The REST routes, as OpenAPI."""


@app.command("print")
def print_(
    check: Annotated[bool, typer.Option(help="Fail where schema/openapi.json is stale.")] = False,
    write: Annotated[bool, typer.Option(help="Write schema/openapi.json.")] = False,
) -> None:
    """Print the OpenAPI 3.1 description of the routes. Fails where a route does not fit its document."""
    import orjson

    from barberpro.gateway.documents import BrokenDocuments, contract, load_registered
    from barberpro.gateway.rest.openapi import described
    from barberpro.gateway.rest.routes import BrokenRoutes, load_routes
    from barberpro.graph.schema import build_schema

    graph, folder = build_schema(), contract()
    try:
        routes = load_routes(graph, load_registered(graph, folder / "operations"), folder)
    except (BrokenDocuments, BrokenRoutes) as broken:
        typer.echo(str(broken), err=True)
        raise typer.Exit(1) from None
    built = orjson.dumps(described(graph, routes), option=orjson.OPT_INDENT_2).decode() + "\n"
    if write:
        FILE.write_text(built, "utf-8")
        typer.echo(f"wrote schema/{FILE.name}")
    elif not check:
        typer.echo(built, nl=False)
    elif not FILE.exists() or FILE.read_text("utf-8") != built:
        typer.echo(f"stale: schema/{FILE.name}. `barberpro openapi print --write`", err=True)
        raise typer.Exit(1)
    else:
        typer.echo(f"schema/{FILE.name} is what the code builds")
