"""The load shows bars to whoever looks on, and one line a table to a log."""

import io

from rich.console import Console

from barberpro.demo import progress

STEPS = [("bookings", 50, 100), ("bookings", 100, 100), ("visits", 1_200, 1_200), ("visits", 3, 3)]


def shown(*, terminal: bool) -> str:
    written = io.StringIO()
    with progress.shown(Console(file=written, force_terminal=terminal, width=80)) as told:
        for step in STEPS:
            told(*step)
    return written.getvalue()


def test_a_log_gets_a_line_a_table() -> None:
    assert shown(terminal=False) == "bookings: 100 rows\nvisits: 1,200 rows\nvisits: 3 rows\n"


def test_a_terminal_gets_bars_and_one_more_where_a_table_begins_anew() -> None:
    last = shown(terminal=True).rpartition("bookings")[2]
    assert "100/100" in last
    assert "1200/1200" in last
    assert "3/3" in last
