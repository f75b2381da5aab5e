"""Counts the texts that clients in the mode `log` send, in memory of a bounded size, and writes them down in batches.

A text is counted once it is known to be valid, so nobody fills the memory with noise. A process that is killed loses at
most ten seconds of counts.
"""

from collections import defaultdict
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from barberpro.domains.identity.documents.noting import Sent, note
from barberpro.platform import ids
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import transaction
from barberpro.platform.principal import Principal

from ..batches import written

WINDOW = timedelta(seconds=10)
MOST_OF_ONE = 100
"""Texts of one client within ten seconds."""
MOST = 1_000
"""Of all clients."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Count:
    name: str | None
    since: datetime
    until: datetime
    times: int = 0


class Noted:
    """What is not registered and was called nevertheless, since it was written down last."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._counts: defaultdict[tuple[str, str], dict[str, _Count]] = defaultdict(dict)
        self._size = 0

    def note(self, caller: Principal, text: str, name: str | None) -> None:
        """Count a text that this caller sent; `name` is that of the operation it ran."""
        counts = self._counts[caller.tenant, caller.client]
        now = self._clock()
        if text not in counts:
            if len(counts) >= MOST_OF_ONE or self._size >= MOST:
                return
            counts[text] = _Count(name, now, now)
            self._size += 1
        counts[text].times += 1
        counts[text].until = now

    async def flush(self) -> None:
        """Write down what was counted."""
        due, self._counts, self._size = self._counts, defaultdict(dict), 0
        for (tenant, client), counts in due.items():
            sent = [Sent(text, c.name, c.times, c.since, c.until) for text, c in counts.items()]
            # The platform's own work, but for row-level security: it is in the client's name.
            who = Principal(tenant, client, "worker")
            try:
                async with transaction(self._database, who, self._clock, ids.new("req")) as tx:
                    left_out = await note(tx, client, sent)
            except Exception:  # one that cannot be written must not keep the others from it
                log.exception("unregistered_lost", client=client, texts=len(sent))
                continue
            if left_out:
                log.warning("unregistered_full", client=client, texts=left_out)

    def writing(self) -> AbstractAsyncContextManager[None]:
        """Write down every ten seconds meanwhile, and what is left at the end."""
        return written(self.flush, WINDOW)
