"""`barberpro schema usage`: which clients ask for which fields, over all organizations, for whoever operates this."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from barberpro.graph.changes.report import Used

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]


def commands(app: typer.Typer) -> None:
    """Add this to the verbs of `barberpro schema`."""
    app.command()(usage)


def usage(
    coordinate: Annotated[
        str | None,
        typer.Argument(
            help="Only this field, as `Booking.notes`: who asked for it.", show_default=False
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days to look at.")] = 90,
    data_dir: DataDir = None,
) -> None:
    """Show how often each field was asked for and by how many clients; of one field, by whom and when last."""
    found = _used_by(data_dir, days)
    if coordinate is not None:
        for row in _by_client(found.get(coordinate, [])).values():
            first, last = row["first"].date(), row["last"].date()
            typer.echo(f"{row['client']}\t{row['requests']}\t{first}\t{last}")
        return
    for name in sorted(found):
        clients = _by_client(found[name])
        requests = sum(each["requests"] for each in clients.values())
        typer.echo(f"{name}\t{requests}\t{len(clients)}")


def used(data_dir: Path | None, days: int) -> "Used":
    """Who asked for a field in the last days, by its coordinate."""
    from barberpro.graph.changes.report import Use

    found = _used_by(data_dir, days)
    return lambda coordinate: [
        Use(row["client"], row["first"].date(), row["last"].date())
        for row in _by_client(found.get(coordinate, [])).values()
    ]


def _used_by(data_dir: Path | None, days: int) -> Mapping[str, list[Any]]:
    from barberpro.domains.identity.usage.service import used_by
    from barberpro.platform import clock
    from barberpro.platform.database import Database
    from barberpro.platform.doors import survey
    from barberpro.platform.settings import Settings

    settings = Settings() if data_dir is None else Settings(data_dir=data_dir)

    async def read() -> Mapping[str, list[Any]]:
        database = Database(settings.database)
        try:
            async with survey(database, clock.now) as house:

                async def rows(statement: Any, values: Mapping[str, Any]) -> Any:
                    return (await house.execute(statement, values)).all()

                return await used_by(rows, clock.now().date() - timedelta(days=days - 1))
        finally:
            await database.close()

    return asyncio.run(read())


def _by_client(rows: list[Any]) -> dict[str, dict[str, Any]]:
    """Each client once, by name, whichever of its operations asked."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = found.setdefault(
            row.client,
            {
                "client": row.client,
                "requests": 0,
                "first": row.first_seen_at,
                "last": row.last_seen_at,
            },
        )
        known["requests"] += int(row.requests)
        known["first"] = min(known["first"], row.first_seen_at)
        known["last"] = max(known["last"], row.last_seen_at)
    return found
