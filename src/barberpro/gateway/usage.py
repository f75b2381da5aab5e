"""Counts what clients run, in memory of a bounded size, and writes it down in batches: who asks for which field.

Counted is what was begun: an operation that is carried out or stopped on its way, the start of a subscription and each
of its events. What was refused before (401, an unfit document, a scope that is lacking, an empty budget) is not. While
a request is answered this costs one entry of a dictionary: what an operation asks for is found once, when it is written
down. A process that is killed loses at most five seconds of counts. Where the database is away they wait for it, as
long as the process lives.
"""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from barberpro.domains.identity.usage.noting import Ran, Shape, note
from barberpro.graph.coordinates import asked_by
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph
from barberpro.platform import ids
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import transaction
from barberpro.platform.principal import Principal

from .batches import written

if TYPE_CHECKING:
    from .pipeline import Admitted

WINDOW = timedelta(seconds=5)
MOST = 5_000
"""Entries in memory: operations by client."""

UNFIT = DataError, IntegrityError
"""What a database says of rows that it will never take."""
Key = tuple[str, Plan, str | None, datetime]
"""Client, plan, document id, and when the day ends in UTC."""

log = structlog.get_logger(__name__)


class _Count:
    __slots__ = ("cost", "errors", "requests", "since", "tenant", "until")

    def __init__(self, tenant: str, now: datetime) -> None:
        self.tenant = tenant
        self.requests = self.errors = self.cost = 0
        self.since = self.until = now

    def add(self, other: "_Count") -> None:
        self.requests += other.requests
        self.errors += other.errors
        self.cost += other.cost
        self.since = min(self.since, other.since)
        self.until = max(self.until, other.until)


class Usage:
    """What was run since it was written down last."""

    def __init__(self, graph: Graph, database: Database, clock: Clock) -> None:
        self._graph, self._database, self._clock = graph, database, clock
        self._counts: dict[Key, _Count] = {}
        self._day_ends = clock()
        self.dropped = 0
        """Requests that are told of nowhere: there was no room for them, or the database refused them."""

    @property
    def waiting(self) -> int:
        """Entries that are not written down yet."""
        return len(self._counts)

    def count(self, admitted: "Admitted", cost: int, *, failed: bool) -> None:
        """Count an operation that was begun, and whether its answer had errors or never came."""
        now = self._clock()
        if now >= self._day_ends:
            self._day_ends = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        caller = admitted.principal
        key = (caller.client, admitted.plan, admitted.document_id, self._day_ends)
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= MOST:
                self.dropped += 1
                return
            count = self._counts[key] = _Count(caller.tenant, now)
        count.until = now
        count.requests += 1
        count.errors += failed
        count.cost += cost

    async def flush(self) -> None:
        """Write down what was counted."""
        due, self._counts = self._counts, {}
        by_tenant: defaultdict[str, dict[Key, _Count]] = defaultdict(dict)
        for key, count in due.items():
            by_tenant[count.tenant][key] = count
            _, plan, *_ = key
            if plan.kept.shape is None:
                plan.kept.shape = self._shape(plan)
                await asyncio.sleep(0)  # a thousand new ones would take a second
        for tenant, counts in by_tenant.items():
            try:
                self.dropped += await self._note(tenant, [_ran(*each) for each in counts.items()])
            except UNFIT:  # what cannot be written must not keep the others from it
                self.dropped += sum(count.requests for count in counts.values())
                log.exception("usage_lost", tenant=tenant, operations=len(counts))
            except Exception as error:
                self._put_back(counts)
                log.warning("usage_waits", tenant=tenant, error=type(error).__name__)

    async def _note(self, tenant: str, ran: list[Ran]) -> int:
        """Write down a tenant's; how many requests found no room."""
        # The platform's own work, but for row-level security.
        who = Principal(tenant, ran[0].client, "worker")
        async with transaction(self._database, who, self._clock, ids.new("req")) as tx:
            left_out = await note(tx, together(ran))
        if left_out:
            log.warning("usage_full", tenant=tenant, requests=left_out)
        return left_out

    def _put_back(self, counts: dict[Key, _Count]) -> None:
        """Have them wait for the next time, as far as there is room."""
        for key, count in counts.items():
            newer = self._counts.get(key)
            if newer is not None:
                newer.add(count)
            elif len(self._counts) < MOST:
                self._counts[key] = count
            else:
                self.dropped += count.requests

    def writing(self) -> AbstractAsyncContextManager[None]:
        """Write down every five seconds meanwhile, and what is left at the end."""
        return written(self.flush, WINDOW)

    def lines(self, process: int) -> list[str]:
        """For `/metrics`."""
        return [
            "# TYPE usage_entries_waiting gauge",
            f'usage_entries_waiting{{process="{process}"}} {self.waiting}',
            "# TYPE usage_requests_dropped_total counter",
            f'usage_requests_dropped_total{{process="{process}"}} {self.dropped}',
        ]

    def _shape(self, plan: Plan) -> Shape:
        name = plan.operation.name.value if plan.operation.name else None
        return Shape(name, asked_by(self._graph.core, plan.document, name))


def _ran(key: Key, count: _Count) -> Ran:
    client, plan, document_id, _ = key
    return Ran(
        client,
        plan.kept.shape,
        document_id,
        count.requests,
        count.errors,
        count.cost,
        count.since,
        count.until,
    )


def together(ran: list[Ran]) -> list[Ran]:
    """Texts that ask for the same things on a day as one."""
    found: dict[tuple[str, str, str | None, date], Ran] = {}
    for each in ran:
        key = each.client, each.shape.digest, each.document_id, each.until.date()
        known = found.get(key)
        found[key] = (
            each
            if known is None
            else known._replace(
                requests=known.requests + each.requests,
                errors=known.errors + each.errors,
                cost=known.cost + each.cost,
                since=min(known.since, each.since),
                until=max(known.until, each.until),
            )
        )
    return list(found.values())
