"""Shows how far the load is: bars where someone looks on, a line a table otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from .load import Told


@contextmanager
def shown(console: Console) -> Iterator[Told]:
    """What to tell the load's progress to. Nothing of it goes to standard output by itself."""
    if not console.is_terminal:
        yield lambda table, done, count: _line(console, table, done, count)
        return
    columns = TextColumn("{task.description:>18}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def told(table: str, done: int, count: int) -> None:
            # The second tenant's tables have their turn after the first's: a table begins anew.
            if table not in tasks or bars.tasks[tasks[table]].finished:
                tasks[table] = bars.add_task(table, total=count)
            bars.update(tasks[table], completed=done)

        yield told


def _line(console: Console, table: str, done: int, count: int) -> None:
    if done == count:
        console.print(f"{table}: {count:,} rows", highlight=False)
