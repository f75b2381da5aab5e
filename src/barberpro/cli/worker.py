"""`barberpro worker`: the process for what outlives a request."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from barberpro.platform.settings import Settings


def worker(
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where this installation keeps its data.", show_default=False),
    ] = None,
) -> None:
    """Relay events to their handlers and sweep up, until told to stop."""
    from barberpro.platform import migrations
    from barberpro.platform.settings import Settings
    from barberpro.platform.telemetry import configure

    settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    configure(settings.log_level, "worker")
    if migrations.is_behind(settings.database):
        typer.echo("The database must be upgraded first: run `barberpro db upgrade`.", err=True)
        raise typer.Exit(1)
    asyncio.run(_until_told(settings))


async def _until_told(settings: "Settings") -> None:
    from barberpro.worker import run

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop.set)
    await run(settings, stop)
