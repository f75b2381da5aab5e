"""Breaking changes that are let pass until a day: lines of `schema/excused.txt`.

    2027-01-31  FIELD_REMOVED  Location.fax  Nobody ever filled it in; all partners were asked.

The day is the last on which the line holds, in UTC. Lines that are empty or begin with `#` are left out.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from barberpro.platform.errors import Misconfigured

from .found import Change


class Excuse(NamedTuple):
    """A breaking change that is meant."""

    line: int
    until: date
    kind: str
    coordinate: str
    reason: str

    def covers(self, change: Change) -> bool:
        return (self.kind, self.coordinate) == (change.kind, change.coordinate)


class BadExcuse(Misconfigured):
    """A line is no excuse."""


def read(text: str, name: str) -> list[Excuse]:
    """The excuses of a file. BadExcuse names the line, in the file of this name."""
    return list(_excuses(text.splitlines(), name))


def _excuses(lines: Iterable[str], name: str) -> Iterable[Excuse]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=3)
        try:
            day, kind, coordinate, reason = words
            yield Excuse(number, date.fromisoformat(day), kind, coordinate, reason.strip())
        except ValueError:
            raise BadExcuse(
                f"{name}:{number}: write the last day, the kind, the coordinate and the reason"
            ) from None
