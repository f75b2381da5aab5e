"""`barberpro operations`: the documents registered for clients, in files and in the database."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from barberpro.domains.identity.documents.service import Check
    from barberpro.platform.database import Database
    from barberpro.platform.doors import Transaction
    from barberpro.platform.settings import Settings

T = TypeVar("T")
REQUEST = "operations"
CHECKED = "checked-schema"
"""The file in the data directory that names the schema which the database's documents were found to fit."""
OPERATOR = frozenset({"documents:review"})

app = typer.Typer(help="The documents registered for clients.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]


@app.callback()
def nouns() -> None:
    """The documents registered for clients."""


@app.command()
def check(data_dir: DataDir = None) -> None:
    """Check every registered document against the schema; fails naming the client and the operation.

    Those of the files, and those of the database where there is one of this version.
    """
    from barberpro.gateway.documents import BrokenDocuments, contract, load_registered
    from barberpro.gateway.documents.checking import check_published
    from barberpro.graph.schema import build_schema

    graph, settings = build_schema(), _settings(data_dir)
    try:
        count = len(load_registered(graph, contract() / "operations"))
        if _is_there(settings):
            count += _with_database(settings, lambda database: check_published(graph, database))
    except BrokenDocuments as broken:
        typer.echo(str(broken), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} registered documents fit the schema")


def checked_once(settings: "Settings") -> bool:
    """Whether the database's documents fit this schema: asked once of each schema, in a process that gives its memory
    back. Those of the files every process checks when it starts."""
    from barberpro.gateway.documents import contract

    sdl = hashlib.sha256((contract() / "barberpro.graphql").read_bytes()).hexdigest()
    mark = settings.data_dir / CHECKED
    if mark.exists() and mark.read_text() == sdl:
        return True
    command = [sys.executable, "-m", "barberpro.cli", "operations", "check"]
    environment = os.environ | {"BARBERPRO_DATA_DIR": str(settings.data_dir.absolute())}
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        return False
    mark.write_text(sdl)
    return True


@app.command("list")
def list_(
    client: Annotated[str | None, typer.Option(help="Of this client alone, by name.")] = None,
    data_dir: DataDir = None,
) -> None:
    """List the registered documents: client, operation, id, scopes; of the database also its own id and status."""
    from barberpro.gateway.documents import contract, load_registered
    from barberpro.gateway.documents.checking import published
    from barberpro.graph.schema import build_schema

    for document in load_registered(build_schema(), contract() / "operations").values():
        if client in (None, document.client):
            needed = document.plan.requires
            typer.echo(f"{document.client}\t{document.name}\t{document.id}\t{needed}")
    settings = _settings(data_dir)
    for row in _with_database(settings, published) if _is_there(settings) else ():
        if client in (None, row.client_name):
            needed = " & ".join(row.needs) or "none"
            said = (row.client_name, row.name, f"sha256:{row.sha256}", needed, row.id, row.status)
            typer.echo("\t".join(said))


@app.command()
def publish(
    client: Annotated[str, typer.Argument(help="The client's name.")],
    source: Annotated[
        Path,
        typer.Argument(
            exists=True, help="A .graphql file, a folder of such, or a manifest (JSON)."
        ),
    ],
    data_dir: DataDir = None,
) -> None:
    """Register documents for a client, to be called within a second by their ids. All of them, or none.

    Manifests are taken as Apollo's, Relay's and GraphQL Code Generator's tools write them.
    """
    from barberpro.domains.identity.documents import service
    from barberpro.graph.publishing import against
    from barberpro.graph.schema import build_schema

    entries = _entries(source)
    holds: Check = against(build_schema())

    async def act(tx: "Transaction", of_client: str) -> list[Any]:
        made = []
        for where, known_as, text in entries:
            with _naming(where):
                row = await service.publish(
                    tx, client=of_client, text=text, check=holds, known_as=known_as
                )
                if row.status == "PENDING":
                    row = await service.approve(tx, row.id, check=holds)
            made.append(row)
        return made

    for row in _in_transaction(data_dir, client, act):
        typer.echo(f"{row.name}\tsha256:{row.sha256}\t{row.id}\tcost {row.cost}")


@app.command()
def revoke(
    client: Annotated[str, typer.Argument(help="The client's name.")],
    document: Annotated[str, typer.Argument(help="The document: doc_…, or what it is called by.")],
    data_dir: DataDir = None,
) -> None:
    """Let a document of the database no longer be called: within five seconds, or one where Redis is."""
    from barberpro.domains.identity.documents import identifiers, service
    from barberpro.domains.identity.documents.errors import DocumentNotFound

    async def act(tx: "Transaction", of_client: str) -> Any:
        identifier, own = identifiers.read(document), document
        if identifier is not None:
            wanted = {"of_client": of_client, "digest": identifier.digest}
            row = await tx.row(service.called(identifier), wanted)
            if row is None:
                raise DocumentNotFound(document)
            own = row.id
        return await service.revoke(tx, own)

    row = _in_transaction(data_dir, client, act)
    typer.echo(f"{row.name} ({row.id}) is revoked.")


def _entries(source: Path) -> list[tuple[str, str | None, str]]:
    """Where each document comes from, what it is called there, and its text."""
    from barberpro.domains.identity.documents import manifests
    from barberpro.domains.identity.documents.errors import ManifestInvalid

    files = sorted(source.glob("*.graphql")) if source.is_dir() else [source]
    if not files:
        raise typer.BadParameter(f"{source} holds no .graphql file")
    if source.suffix == ".json":
        try:
            found = manifests.read(source.read_bytes())
        except ManifestInvalid as invalid:
            raise _refused(f"{source}: {invalid}") from None
        return [(f"{source}: {each.known_as}", each.known_as, each.text) for each in found]
    try:
        return [(str(file), None, file.read_bytes().decode()) for file in files]
    except UnicodeDecodeError:
        raise _refused(f"{source} is not in UTF-8.") from None


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Say where a document came from that is refused."""
    from barberpro.platform.errors import Failure

    try:
        yield
    except Failure as failure:
        raise _refused(f"{where}: {failure}\nNothing was published.") from None


def _in_transaction(
    data_dir: Path | None, client: str, act: "Callable[[Transaction, str], Awaitable[T]]"
) -> T:
    """Act for the client of this name, in its organization."""
    from barberpro.domains.identity import clients
    from barberpro.platform import clock, revocations
    from barberpro.platform.doors import Reader, transaction
    from barberpro.platform.errors import Failure
    from barberpro.platform.principal import worker

    settings = _settings(data_dir)

    async def run(database: "Database") -> T:
        found = await Reader(database, worker("")).rows(clients.named(client))
        if not found:
            raise _refused(f"There is no client named {client}.")
        operator = replace(worker(found[0].organization_id), scopes=OPERATOR)
        async with transaction(database, operator, clock.now, REQUEST) as tx:
            done = await act(tx, found[0].id)
        if tx.revoked:
            await revocations.announce(settings)
        return done

    try:
        return _with_database(settings, run)
    except Failure as refusal:
        raise _refused(str(refusal)) from None


def _is_there(settings: "Settings") -> bool:
    from barberpro.platform import migrations

    at = migrations.current(settings.database)
    return at is not None and not migrations.is_behind(settings.database)


def _settings(data_dir: Path | None) -> "Settings":
    from barberpro.platform.settings import Settings

    return Settings() if data_dir is None else Settings(data_dir=data_dir)


def _with_database(settings: "Settings", act: "Callable[[Database], Awaitable[T]]") -> T:
    from barberpro.platform.database import Database
    from barberpro.platform.migrations import know_all_tables

    know_all_tables()

    async def run() -> T:
        database = Database(settings.database)
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _refused(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(1)
