"""Hands each event to the handlers that asked for it: at least once, and what they write exactly once.

First the relay fans out: a new event becomes one delivery for each handler of its type. Then it
claims deliveries that are due, with a lease, and runs each handler in a transaction of the event's
tenant that also marks the delivery done: both or neither. A handler that fails is tried again,
later each time; a worker that dies leaves its lease to run out, and another takes over. Order is
not promised.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog

from . import deliveries
from .clock import Clock
from .database import Database
from .deliveries import Delivery
from .doors import housekeeping, survey, transaction
from .events import Event, revived
from .principal import worker

Handler = Callable[..., Awaitable[None]]
H = TypeVar("H", bound=Handler)

ATTEMPTS = 12
FIRST_REST, LONGEST_REST = timedelta(seconds=1), timedelta(hours=1)
GROWTH = 3  # twelve attempts then span some three hours: an outage of an evening is sat out
KEPT = timedelta(days=7)
IDLE_SECONDS = 0.2
TROUBLE_SECONDS = 1.0
LONGEST_ERROR = 500

log = structlog.get_logger()


class Handlers:
    """Who wants to be told of what.

    A handler's name (`people.remember_visit`) stands in the deliveries made for it, so renaming one
    needs a migration; deliveries to a name that is gone wait.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Handler] = {}
        self.by_type: dict[str, list[str]] = {}

    def handles(self, *kinds: type[Event]) -> Callable[[H], H]:
        """Register a function of a domain's `handlers.py`: `(tx, event) -> None`.

        Whatever it writes with `tx` happens once, however often it is called. What it does beside
        the transaction may happen again.
        """

        def register(handler: H) -> H:
            domain = handler.__module__.removesuffix(".handlers").rpartition(".")[2]
            name = f"{domain}.{handler.__name__}"
            if name in self.by_name:
                raise ValueError(f"there are two handlers named {name}")
            self.by_name[name] = handler
            for kind in kinds:
                self.by_type.setdefault(kind.type, []).append(name)
            return handler

        return register


HANDLERS = Handlers()
handles = HANDLERS.handles


class Relay:
    """One worker's share of the deliveries; any number of them work side by side.

    A handler has as long as the lease to answer.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Handlers,
        *,
        lease: timedelta = timedelta(seconds=30),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.database = database
        self.clock = clock
        self.handlers = handlers
        self.lease = lease
        self.jitter = jitter
        self.hands = 1 if database.dialect == "sqlite" else 4  # SQLite has one writer

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until told to stop; deliveries in hand are finished, the others given back."""
        while not stop.is_set():
            try:
                rest = 0.0 if await self.step(stop) else IDLE_SECONDS
            except Exception:  # the database is away, say: nothing is lost, it all stands there
                log.exception("relay_in_trouble")
                rest = TROUBLE_SECONDS
            await _rest(stop, rest)

    async def step(self, stop: asyncio.Event) -> int:
        """Fan out and deliver one batch; how many events and deliveries were worked on."""
        async with survey(self.database, self.clock) as house:
            if not await deliveries.anything(house, self.handlers.by_name):
                return 0
        async with housekeeping(self.database, self.clock) as house:
            told = await deliveries.fan_out(house, self.handlers.by_type)
        claimed = await self.claim()
        await self._work_off(deque(claimed), stop)
        return told + len(claimed)

    async def claim(self) -> list[Delivery]:
        async with housekeeping(self.database, self.clock) as house:
            return await deliveries.claim(house, self.handlers.by_name, self.lease)

    async def deliver(self, delivery: Delivery) -> None:
        """Run the handler; its writes and the mark that it is done are one transaction."""
        if delivery.attempts > ATTEMPTS:
            await self._failed(delivery, RuntimeError("the worker died at each attempt"))
            return
        try:
            async with (
                asyncio.timeout(self.lease.total_seconds()),
                transaction(
                    self.database,
                    worker(delivery.tenant),
                    self.clock,
                    delivery.request_id,
                    answering=delivery.event_id,
                ) as tx,
            ):
                if await deliveries.finish(tx, delivery):
                    event = revived(delivery.type, delivery.data)
                    await self.handlers.by_name[delivery.handler](tx, event)
        except Exception as error:
            await self._failed(delivery, error)

    async def forget_old(self) -> None:
        """Drop deliveries done a week ago, a batch a transaction."""
        while True:
            async with housekeeping(self.database, self.clock) as house:
                if await deliveries.forget(house, house.now - KEPT) < deliveries.BATCH:
                    return

    async def _work_off(self, claimed: deque[Delivery], stop: asyncio.Event) -> None:
        async def hand() -> None:
            while claimed and not stop.is_set():
                await self.deliver(claimed.popleft())

        async with asyncio.TaskGroup() as hands:
            for _ in range(self.hands):
                hands.create_task(hand())
        for left in claimed:
            await self._put_back(left, attempts=left.attempts - 1)

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        """Try again later, three times later each time; after the last attempt, leave it dead."""
        said = f"{type(error).__name__}: {error}".splitlines()[0][:LONGEST_ERROR]
        told = log.bind(
            delivery=delivery.id,
            handler=delivery.handler,
            event_id=delivery.event_id,
            request_id=delivery.request_id,
            attempts=delivery.attempts,
            error=said,
        )
        if delivery.attempts >= ATTEMPTS:
            told.error("delivery_dead", exc_info=error)
            await self._put_back(delivery, dead_at=self.clock(), last_error=said)
            return
        told.warning("delivery_failed")
        rest = min(FIRST_REST * GROWTH ** (delivery.attempts - 1), LONGEST_REST)
        soon = self.clock() + rest * (0.5 + self.jitter() / 2)
        await self._put_back(delivery, next_at=soon, last_error=said)

    async def _put_back(self, delivery: Delivery, **values: Any) -> None:
        async with housekeeping(self.database, self.clock) as house:
            await deliveries.put_back(house, delivery, **values)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
