"""Refused access in the log, counted: one entry for each kind of refusal and ten seconds, whatever an attacker sends.

`note` only counts, in memory of a bounded size; a task writes the counts down when their ten seconds are over, and what
is left at shutdown. A process that is killed loses at most those ten seconds of counts.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

import structlog

from .. import ids
from ..clock import Clock, iso
from ..database import Database
from ..doors import transaction
from ..events import Event, publish
from ..principal import Principal, worker
from . import installation

WINDOW = timedelta(seconds=10)
MOST_OF_ONE = 50
"""Kinds of refusals counted apart for one client within ten seconds, and for all who are nobody together."""
MOST_KINDS = 1_000
"""The same for all callers. Beyond either, each client's are counted as one: no flood of others' hides who it was."""
LONGEST_FACT = 200
MOST_FACTS = 8
OVERFLOW = "overflow"
NOBODY = worker("")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AccessRefused(Event):
    """A caller was refused, so many times alike. The subject is the client."""

    type: ClassVar[str] = "access.refused"
    reason: str
    method: str
    times: int
    since: datetime
    facts: dict[str, str]


class _Kind(NamedTuple):
    """What is counted together."""

    who: Principal | None
    reason: str
    facts: tuple[tuple[str, str], ...]


@dataclass
class _Count:
    since: datetime
    times: int = 0


class Refusals:
    """The refusals of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        window: timedelta = WINDOW,
        most: int = MOST_KINDS,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        self.database, self.clock, self.window = database, clock, window
        self._most, self._most_of_one = most, most_of_one
        self._counts: dict[_Kind, _Count] = {}
        self._of_one: Counter[Principal | None] = Counter()
        self._ending = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def note(
        self, who: Principal | None, reason: str, facts: Mapping[str, str] | None = None
    ) -> None:
        """Count a refusal: `who` was refused where it is proved who they are, else nobody.

        `reason` is a code of ours. `facts` are told as they come, cut to 200 characters, eight at most: ids and codes,
        never a secret or a person's data.
        """
        chosen = sorted((facts or {}).items())[:MOST_FACTS]
        told = tuple((name, value[:LONGEST_FACT]) for name, value in chosen)
        kind = _Kind(_known(who), reason, told)
        if kind not in self._counts and self._is_full(kind):
            kind = _Kind(_client(who), OVERFLOW, ())
        if kind not in self._counts:
            self._counts[kind] = _Count(self.clock())
            self._of_one[_client(kind.who)] += 1
        self._counts[kind].times += 1

    def _is_full(self, kind: _Kind) -> bool:
        of_one = self._of_one.get(_client(kind.who), 0)
        return of_one >= self._most_of_one or len(self._counts) >= self._most

    def _forget_one(self, client: Principal | None) -> None:
        self._of_one[client] -= 1
        if not self._of_one[client]:
            del self._of_one[client]

    async def flush(self, *, all_of_it: bool = False) -> int:
        """Write down the counts whose time is over, or all; how many entries that made."""
        over = self.clock() - self.window
        due = [k for k, count in self._counts.items() if all_of_it or count.since <= over]
        for kind in due:
            count = self._counts.pop(kind)
            self._forget_one(_client(kind.who))
            try:
                await self._write(kind, count)
            except Exception:  # one that cannot be written must not keep the others from it
                log.exception("refusals_lost", reason=kind.reason, times=count.times)
        return len(due)

    def start(self) -> None:
        """Begin to write counts down in the background of the running loop."""
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write down what is left and end."""
        self._ending.set()
        if self._running is not None:
            await self._running
        await self.flush(all_of_it=True)

    async def _run(self) -> None:
        while not self._ending.is_set():
            try:
                async with asyncio.timeout(self.window.total_seconds() / 4):
                    await self._ending.wait()
            except TimeoutError:
                await self.flush()

    async def _write(self, kind: _Kind, count: _Count) -> None:
        if kind.who is None:
            facts = {"reason": kind.reason, "times": count.times, "since": iso(count.since)}
            async with transaction(self.database, NOBODY, self.clock, ids.new("req")) as tx:
                await installation.record(tx, AccessRefused.type, dict(kind.facts) | facts)
            return
        async with transaction(self.database, kind.who, self.clock, ids.new("req")) as tx:
            await publish(
                tx,
                AccessRefused(
                    subject=kind.who.client,
                    reason=kind.reason,
                    method=kind.who.method,
                    times=count.times,
                    since=count.since,
                    facts=dict(kind.facts),
                ),
            )


def _known(who: Principal | None) -> Principal | None:
    """What of a caller tells one kind of refusals from another: not the token it came with."""
    if who is None:
        return None
    return Principal(who.tenant, who.client, who.client_name, user=who.user, method=who.method)


def _client(who: Principal | None) -> Principal | None:
    """Whose many refusals are counted as one: a client's that came in one way, whoever uses it."""
    return who and Principal(who.tenant, who.client, who.client_name, method=who.method)
