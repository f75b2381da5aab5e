"""What a person types: `barberpro NOUN VERB`.

A noun is a module here: a Typer app, or one function where it has no verbs. It is imported only
when it is asked for, so its own imports may be heavy.
"""

import sys
from importlib import import_module, metadata
from typing import Annotated

import typer

NOUNS = {
    "serve": ("serve:serve", "Serve everything on one machine: database, web and worker."),
    "worker": ("worker:worker", "Do the work that outlives a request."),
    "db": ("db:app", "The database: upgrade it, see whether it fits the code."),
    "privacy": ("privacy:app", "People's data: put it under fresh keys, forget someone."),
    "demo": ("demo:app", "A chain of shops to try things on."),
    "user": ("user:app", "People who sign in: invite one, list, disable, let in again."),
    "client": ("client:app", "Applications: register one, list, suspend, give a new secret."),
    "keys": (
        "keys:app",
        "The keys that sign our tokens: list, rotate, seal anew.",
    ),
    "audit": ("audit:app", "The tamper-evident log: verify it, prove an entry."),
    "ledger": ("ledger:app", "The books: verify them, export them, catch up."),
    "arca": ("arca:app", "A stand-in for ARCA: serve it, make a test certificate for it."),
    "ml": ("ml:app", "The models: train them, see which are in use."),
    "forecast": ("forecast:app", "What demand is expected, as a picture."),
    "schedule": ("schedule:app", "Plans of a day or a week: make one, check one."),
    "schema": ("schema:app", "The schema that callers see."),
    "openapi": ("openapi:app", "The REST routes, as OpenAPI."),
    "plan": ("plan:plan", "How an operation is answered, like EXPLAIN."),
    "upstreams": ("upstreams:app", "Other GraphQL services that own fields: check their schemas."),
    "operations": ("operations:app", "The documents registered for clients."),
}


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"barberpro {metadata.version('barberpro')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
]
SETTINGS = {"help_option_names": ["-h", "--help"]}


def main() -> None:
    """Run the command that was typed. Ends with 1 where it failed, 2 where it was mistyped."""
    try:
        _application(sys.argv[1:])(prog_name="barberpro")
    except Exception as error:
        line = _plain(error)
        if line is None:
            raise
        typer.echo(line, err=True)
        sys.exit(1)


def _application(arguments: list[str]) -> typer.Typer:
    """The nouns, of which only the one that is asked for is more than its name."""
    app = typer.Typer(
        help="BarberPro: one GraphQL API for booking businesses with many shops.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )
    app.callback()(_root)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for noun, (place, says) in NOUNS.items():
        if noun != asked:
            app.command(noun, help=says)(_unasked)
            continue
        module, _, name = place.partition(":")
        found = getattr(import_module(f"barberpro.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=noun, context_settings=SETTINGS)
        else:
            app.command(noun, context_settings=SETTINGS)(found)
    return app


def _root(version: Version = False) -> None: ...


def _unasked() -> None:
    """Stands for a noun in the list of nouns."""


def _plain(error: Exception) -> str | None:
    """One line for what an operator can mend; None for a defect, which shows its traceback."""
    from alembic.util import CommandError
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from barberpro.platform.errors import Misconfigured

    if isinstance(error, ValidationError):
        wrong = [f"BARBERPRO_{e['loc'][0]}".upper() + f": {e['msg']}" for e in error.errors()]
        return f"These settings will not do: {'; '.join(wrong)}"
    if isinstance(error, Misconfigured | CommandError):
        return str(error)
    if isinstance(error, SQLAlchemyError | OSError):
        return f"The database cannot be used: {str(error).splitlines()[0]}"
    return None
