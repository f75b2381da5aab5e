"""An operation that goes on: each event is admitted, executed and charged as if it had just been asked.

Between events its caller is looked at again: a token that has ended, a client that was suspended or a scope that was
taken away ends the stream, a few seconds late at most.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from graphql import ExecutionResult

from barberpro.graph.compiled.plans import compiled
from barberpro.graph.subscriptions import Feed
from barberpro.platform.broadcast import Behind, Broadcast, Happened, Listener
from barberpro.platform.principal import Principal
from barberpro.platform.telemetry import lines

from ..budgets import throttled
from ..call import Call
from ..deadline import Deadline
from ..draining import Draining
from ..identify import Believed, Identify
from ..problems import Code, Refusal, refused

if TYPE_CHECKING:
    from ..pipeline import Admitted, Pipeline

LOOK_SECONDS = 3.0
"""After which the caller is looked at again where nothing happened."""

log = structlog.get_logger(__name__)


class Ended(Exception):
    """The server goes away: whoever listens should come back, and will find another."""


class Streams:
    """All that are open in this process, and how many there may be."""

    def __init__(
        self,
        broadcast: Broadcast,
        identify: Identify,
        draining: Draining,
        *,
        most: int,
        of_client: int,
    ) -> None:
        self.broadcast = broadcast
        self.identify = identify
        self.draining = draining
        self._most = most
        self._of_client = of_client
        self._open: Counter[str] = Counter()

    def open(self, pipeline: "Pipeline", call: Call, admitted: "Admitted") -> "Stream":
        """The operation as a stream. Refusal where there are too many, or its conditions hang on no value."""
        self._check_room(admitted.principal)
        shape = compiled(pipeline.graph, admitted.plan, admitted.variables.coerced)
        fields = shape.fields if shape else ()
        for field in fields:
            if isinstance(field.load, Feed) and call.believed is not None:
                arguments = field.arguments.values(admitted.variables.values)
                return Stream(self, pipeline, call, admitted, call.believed, field.load, arguments)
        raise refused(
            Code.BAD_REQUEST, "A subscription asks for one field, whatever its variables."
        )

    def enter(self, principal: Principal) -> None:
        """Take a place for a stream. Refusal 429 where none is free."""
        self._check_room(principal)
        self._open[principal.client] += 1

    def _check_room(self, principal: Principal) -> None:
        if self._open.total() >= self._most:
            raise throttled("Too many subscriptions are open here. Try again in a moment.", 5)
        if self._open[principal.client] >= self._of_client:
            message = f"This client has {self._of_client} subscriptions open here. End one first."
            raise throttled(message, 5)

    def leave(self, principal: Principal) -> None:
        """Give the place back."""
        self._open[principal.client] -= 1
        if not self._open[principal.client]:
            del self._open[principal.client]


@dataclass(eq=False)
class Stream:
    """One subscription of one caller."""

    streams: Streams
    pipeline: "Pipeline"
    call: Call
    admitted: "Admitted"
    believed: Believed
    feed: Feed
    arguments: dict[str, object]
    told: int = 0
    """How many events were."""

    async def answers(self) -> AsyncIterator[ExecutionResult]:
        """The answer for each event that the caller may see, from now on.

        Refusal where the caller may not listen any longer, or missed something; Ended where the server goes away.
        """
        principal, began, cause = self.admitted.principal, time.monotonic(), "left"
        self.streams.enter(principal)
        try:
            wants = self.feed.wants(self.arguments)
            async with self.streams.broadcast.listening(principal.tenant, wants) as listener:
                # Where nothing happens for months, it is in use all the same.
                self.pipeline.usage.count(self.admitted, 0, failed=False)
                while True:
                    happened = await self._next(listener)
                    await self._look_again()
                    result = await self._told(happened) if happened else None
                    if result is not None:
                        self.told += 1
                        yield result
        except Behind:
            cause = Code.EVENTS_MISSED
            raise refused(
                cause,
                "More happened than could be told. Read anew what you show, then subscribe again.",
            ) from None
        except Refusal as refusal:
            cause = refusal.code
            raise
        except Ended:
            cause = "drained"
            raise
        finally:
            self.streams.leave(principal)
            self._tell(cause, time.monotonic() - began)

    async def _next(self, listener: Listener) -> Happened | None:
        """What happened, or None where nothing did for a while."""
        leaving = self.streams.draining.begun
        news, end = asyncio.create_task(listener.next()), asyncio.create_task(leaving.wait())
        try:
            await asyncio.wait(
                {news, end}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if leaving.is_set():
                raise Ended
            return await news if news.done() else None
        finally:
            news.cancel()
            end.cancel()

    async def _look_again(self) -> None:
        """See whether the caller still may listen."""
        principal = await self.streams.identify.again(self.believed)
        was = self.admitted
        if principal is not was.principal:
            raw = was.variables.raw
            self.admitted = self.pipeline.allowed(was.plan, was.document_id, raw, principal)

    async def _told(self, happened: Happened) -> ExecutionResult | None:
        """The answer; None where the caller may not see what it is about."""
        seconds = self.pipeline.platform.settings.deadline_seconds
        try:
            with Deadline(seconds):
                return await self.pipeline.told(self.call, self.admitted, self.feed, happened)
        except TimeoutError:
            message = "The event took too long to answer."
            raise Refusal(Code.DEADLINE_EXCEEDED, 503, message) from None

    def _tell(self, cause: str, seconds: float) -> None:
        facts = {"request_id": self.call.id, "events": self.told, "seconds": round(seconds, 1)}
        named = {
            name: self.call.told.get(name) for name in ("client", "tenant", "operation", "document")
        }
        lines.tell("subscription", {**facts, **named, "ended": cause})
