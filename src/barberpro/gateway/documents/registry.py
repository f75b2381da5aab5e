"""Documents registered in the database, as one process knows them: each read when it is first called.

What was found is read again after five seconds, what was not after less than one; and whatever was announced since (an
approval, a revocation) makes a process look at once. An unknown id costs one read of an index, and none while it is
remembered. Ids that are not there are remembered apart: anyone can make them up, and none pushes out what is there.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from barberpro.domains.identity.documents import service
from barberpro.domains.identity.documents.identifiers import Identifier
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import Principal
from barberpro.platform.revocations import Revocations

KEPT = timedelta(seconds=5)
MISSED = timedelta(seconds=0.75)
REMEMBERED = 4_000
LENGTH = 10_000_000
"""Characters of all texts that are remembered."""
MISSES = 1_000

Name = tuple[str, Identifier]
"""A client's id, and what it calls the document."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was found, and when."""

    row: Row[Any] | None
    read_at: datetime
    generation: int


class Registry:
    """The documents that clients may call, as they were a moment ago."""

    def __init__(self, database: Database, clock: Clock, revocations: Revocations) -> None:
        self._database, self._clock, self._revocations = database, clock, revocations
        self._known: OrderedDict[Name, Known] = OrderedDict()
        self._missed: OrderedDict[Name, Known] = OrderedDict()
        self._length = 0

    async def find(self, caller: Principal, identifier: Identifier) -> Row[Any] | None:
        """The document that the caller's client may call so: its id, name, text and SHA-256."""
        name = caller.client, identifier
        known = self._known.get(name) or self._missed.get(name)
        if known is not None and self._is_fresh(known):
            (self._missed if known.row is None else self._known).move_to_end(name)
            return known.row
        now, generation = self._clock(), self._revocations.generation
        wanted = {"of_client": caller.client, "digest": identifier.digest}
        rows = await Reader(self._database, caller).rows(service.called(identifier), wanted)
        row = rows[0] if rows else None
        if known is not None and known.row is not None and row is not None:
            row = known.row  # an equal one, whose text is hashed already
        self._remember(name, Known(row, now, generation))
        return row

    def _is_fresh(self, known: Known) -> bool:
        """False too where the clock was set back."""
        if known.generation != self._revocations.generation:
            return False
        kept = MISSED if known.row is None else KEPT
        return timedelta(0) <= self._clock() - known.read_at < kept

    def _remember(self, name: Name, known: Known) -> None:
        self._missed.pop(name, None)
        self._length -= _length(self._known.pop(name, None))
        if known.row is None:
            self._missed[name] = known
            if len(self._missed) > MISSES:
                self._missed.popitem(last=False)
            return
        self._known[name] = known
        self._length += _length(known)
        while len(self._known) > REMEMBERED or self._length > LENGTH:
            _, forgotten = self._known.popitem(last=False)
            self._length -= _length(forgotten)


def _length(known: Known | None) -> int:
    return len(known.row.text) if known is not None and known.row is not None else 0
