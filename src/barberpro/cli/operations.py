"""`barberpro operations`: the documents registered for clients."""

import typer

app = typer.Typer(help="The documents registered for clients.", no_args_is_help=True)


@app.callback()
def nouns() -> None:
    """The documents registered for clients."""


@app.command()
def check() -> None:
    """Check every registered document against the schema; fails naming the client and the operation."""
    from barberpro.gateway.documents import BrokenDocuments, contract, load_registered
    from barberpro.graph.schema import build_schema

    try:
        found = load_registered(build_schema(), contract() / "operations")
    except BrokenDocuments as broken:
        typer.echo(str(broken), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(found)} registered documents fit the schema")


@app.command("list")
def list_() -> None:
    """List the registered documents: client, operation, id, scopes."""
    from barberpro.gateway.documents import contract, load_registered
    from barberpro.graph.schema import build_schema

    for document in load_registered(build_schema(), contract() / "operations").values():
        needed = document.plan.requires
        typer.echo(f"{document.client}\t{document.name}\t{document.id}\t{needed}")
