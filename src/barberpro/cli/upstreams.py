"""`barberpro upstreams`: the other GraphQL services that own fields of the schema."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from barberpro.platform.errors import Misconfigured

if TYPE_CHECKING:
    from barberpro.platform.settings import Settings

app = typer.Typer(help="Other GraphQL services that own fields.", no_args_is_help=True)
QUERY = "{ _service { sdl } }"


class Differs(Misconfigured):
    """A service's schema is not what was pinned, or could not be had."""


@app.callback()
def nouns() -> None:
    """Other GraphQL services that own fields."""


@app.command()
def check(
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: hold our fields against what is pinned.")
    ] = False,
) -> None:
    """Check that each pinned schema holds what we ask for, and is what its service says now."""
    from barberpro.graph.errors import Undeclared
    from barberpro.graph.schema import build_schema
    from barberpro.graph.upstreams.pinned import in_one_form, sdl_of, services
    from barberpro.platform.settings import Settings

    try:
        names = services(build_schema().loads)
        pinned = {name: in_one_form(sdl_of(name)) for name in names}
    except Undeclared as fault:
        raise Differs(str(fault)) from None
    typer.echo(f"what we ask of {', '.join(names)} stands in the pinned schemas")
    if offline:
        return
    said = asyncio.run(_said(Settings(), names))
    for name, sdl in said.items():
        try:
            now = in_one_form(sdl)
        except Undeclared as fault:
            raise Differs(f"{name} does not show its schema: {fault}") from None
        if now != pinned[name]:
            raise Differs(f"{name} has another schema than schema/upstreams/{name}.graphql")
    typer.echo("the services say the same")


async def _said(settings: "Settings", names: list[str]) -> dict[str, str]:
    """What each service says that its schema is."""
    from barberpro.platform.platform import opened
    from barberpro.platform.principal import worker
    from barberpro.platform.upstreams.service import Garbled, Silent

    found: dict[str, str] = {}
    async with opened(settings) as platform:
        for name in names:
            try:
                service = platform.upstreams.service(name)
                answer = await service.ask({"query": QUERY}, worker(""), [f"{name}:read"])
                found[name] = answer["data"]["_service"]["sdl"]
            except (Silent, Garbled) as why:
                raise Differs(f"{name} does not answer: {why}") from None
            except (KeyError, TypeError):
                raise Differs(f"{name} does not show its schema") from None
    return found
