"""`barberpro plan`: how a registered operation is answered, like EXPLAIN."""

from typing import Annotated

import typer


def plan(
    operation: Annotated[str, typer.Argument(help="The name of a registered operation.")],
    client: Annotated[
        str | None, typer.Option(help="Whose, where clients have different ones.")
    ] = None,
) -> None:
    """Show what an operation needs, what it costs at most by default, and every question it asks."""
    from barberpro.gateway.documents import contract, load_registered
    from barberpro.graph.compiled.explain import steps
    from barberpro.graph.compiled.plans import Left, decided
    from barberpro.graph.execute import BadVariables, coerced
    from barberpro.graph.schema import build_schema

    graph = build_schema()
    known = load_registered(graph, contract() / "operations").values()
    found = next((d for d in known if d.name == operation and client in (None, d.client)), None)
    if found is None:
        names = ", ".join(sorted({d.name for d in known if client in (None, d.client)}))
        raise typer.BadParameter(
            f"there is no operation {operation!r}: there are {names or 'none'}"
        )
    typer.echo(f"{found.name}  ({found.client}, {found.id})")
    typer.echo(f"scopes  {found.plan.requires}")
    try:
        given = coerced(graph, found.plan, {}).coerced
        typer.echo(f"cost    {found.plan.cost(given, registered=True)} at most, with its defaults")
    except BadVariables:
        given = {}
        typer.echo("cost    depends on its variables")
    shape = decided(graph, found.plan, given)
    if isinstance(shape, Left):
        typer.echo(f"answered by graphql-core: {shape.why}")
        return
    rows = list(steps(shape))
    wide = max((2 * r.depth + len(r.path) for r in rows), default=0)
    for row in rows:
        typer.echo(f"{'  ' * row.depth + row.path:{wide}}  {row.asks:13}  {row.what}")
