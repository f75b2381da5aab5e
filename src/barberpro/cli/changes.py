"""`barberpro schema diff`, `check` and `release`: what changed since the release, and whom it breaks.

They end with 0 where nothing breaks, or all that breaks is excused; with 1 where something does; with 2 where they were
mistyped. `diff` only shows, and ends with 0 whatever it shows.
"""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from barberpro.platform.contract import contract
from barberpro.platform.errors import Misconfigured

if TYPE_CHECKING:
    from barberpro.graph.changes.found import Severity
    from barberpro.graph.changes.report import Report, Used
    from barberpro.graph.schema import Graph

SCHEMA = Path(str(contract()))
RELEASED = SCHEMA / "released.graphql"
EXCUSED = SCHEMA / "excused.txt"

ReleasedFile = Annotated[
    Path, typer.Option("--released", help="The SDL to compare with.", show_default=False)
]
ExcusedFile = Annotated[
    Path, typer.Option("--excused", help="What may break for now.", show_default=False)
]
InDatabase = Annotated[
    bool, typer.Option("--database", help="Ask the database's registered documents and usage, too.")
]
Days = Annotated[int, typer.Option(min=1, max=400, help="How many days of usage to look at.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class NothingReleased(Misconfigured):
    """There is no released schema to compare with."""


def commands(app: typer.Typer) -> None:
    """Add these to the verbs of `barberpro schema`."""
    for verb in (diff, check, release):
        app.command()(verb)


def diff(
    released: ReleasedFile = RELEASED,
    excused: ExcusedFile = EXCUSED,
    database: InDatabase = False,
    days: Days = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show every change since the released schema: what breaks callers, what may surprise them, and what is safe."""
    from barberpro.graph.changes.found import Severity

    report, _ = _report(released, excused, data_dir, days=days if database else None)
    _show(report, as_json=as_json, severities=Severity)
    if not report.seen and not as_json:
        typer.echo("nothing changed since the release")


def check(
    released: ReleasedFile = RELEASED,
    excused: ExcusedFile = EXCUSED,
    database: InDatabase = False,
    days: Days = 90,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fail where callers of the released schema would break, unless a line of schema/excused.txt lets it pass."""
    from barberpro.graph.changes.found import Severity

    report, count = _report(released, excused, data_dir, days=days if database else None)
    _show(report, as_json=as_json, severities=[Severity.BREAKING])
    if report.fails:
        if not as_json:
            typer.echo(
                "breaks callers: change it, excuse it in schema/excused.txt, or"
                " `barberpro schema release`",
                err=True,
            )
        raise typer.Exit(1)
    if not as_json:
        excuses = sum(each.excuse is not None for each in report.seen)
        excused_ = f", beside {excuses} excused" if excuses else ""
        typer.echo(f"nothing breaks{excused_}: {len(report.seen)} changes, {count} documents")


def release(released: ReleasedFile = RELEASED) -> None:
    """Write the current schema to schema/released.graphql: from now on it is what callers were promised."""
    from barberpro.graph.schema import build_schema

    released.write_text(build_schema().sdl, "utf-8")
    typer.echo(f"wrote {released.parent.name}/{released.name}")


def _report(
    released: Path, excused: Path, data_dir: Path | None, *, days: int | None
) -> "tuple[Report, int]":
    """The report, and how many documents were looked at; with those of the database and its usage of some days."""
    from barberpro.graph.changes import excuses
    from barberpro.graph.changes.report import compared
    from barberpro.graph.schema import build_schema
    from barberpro.platform import clock

    from . import usage

    if not released.exists():
        raise NothingReleased(f"there is no {released.name}: `barberpro schema release` writes it")
    graph = build_schema()
    documents, broken = _in_files(graph)
    used: Used | None = None
    if days is not None:
        of_database, broken_there = _in_database(graph, data_dir)
        documents, broken = documents | of_database, broken + broken_there
        used = usage.used(data_dir, days)
    lines = excused.read_text("utf-8") if excused.exists() else ""
    report = compared(
        released.read_text("utf-8"),
        graph.sdl,
        documents=documents,
        broken=broken,
        excuses=excuses.read(lines, excused.name),
        today=clock.now().date(),
        used=used,
    )
    return report, len(documents)


def _in_files(graph: "Graph") -> tuple[dict[str, str], list[str]]:
    """The documents of the release by their names, and those that break."""
    from barberpro.gateway import documents
    from barberpro.gateway.documents import BrokenDocuments, load_registered, operation_files

    folder = documents.contract() / "operations"
    texts = {f"{client}/{name}": text for client, name, text in operation_files(folder)}
    try:
        load_registered(graph, folder)
    except BrokenDocuments as found:
        return texts, found.broken
    return texts, []


def _in_database(graph: "Graph", data_dir: Path | None) -> tuple[dict[str, str], list[str]]:
    """The documents of the database that clients may call, by their names, and those that break."""
    from barberpro.gateway.documents import BrokenDocuments
    from barberpro.gateway.documents.checking import check_published, published
    from barberpro.platform.database import Database
    from barberpro.platform.migrations import know_all_tables
    from barberpro.platform.settings import Settings

    settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    know_all_tables()

    async def read() -> tuple[dict[str, str], list[str]]:
        database = Database(settings.database)
        try:
            rows = [row for row in await published(database) if row.status == "ACTIVE"]
            texts = {f"{row.client_name}/{row.name} ({row.id})": row.text for row in rows}
            try:
                await check_published(graph, database)
            except BrokenDocuments as found:
                return texts, found.broken
            return texts, []
        finally:
            await database.close()

    return asyncio.run(read())


def _show(report: "Report", *, as_json: bool, severities: "Iterable[Severity]") -> None:
    from barberpro.graph.changes.report import as_data, lines

    if as_json:
        typer.echo(json.dumps(as_data(report), indent=2, ensure_ascii=False))
        return
    for line in lines(report, severities):
        typer.echo(line)
