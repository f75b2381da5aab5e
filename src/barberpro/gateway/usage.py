"""Counts what clients run, in memory of a bounded size, and writes it down in batches: who asks for which field.

Counted is what was carried out, of subscriptions each event; what was refused before is not. While a request is
answered this costs one entry of a dictionary: what an operation asks for is found once, when it is written down. A
process that is killed loses at most five seconds of counts.
"""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import structlog

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

WINDOW = timedelta(seconds=5)
MOST = 5_000
"""Entries in memory: operations by client."""

log = structlog.get_logger(__name__)


class _Count:
    __slots__ = ("cost", "errors", "requests", "since", "until")

    def __init__(self, now: datetime) -> None:
        self.requests = self.errors = self.cost = 0
        self.since = self.until = now


class Usage:
    """What was run since it was written down last."""

    def __init__(self, graph: Graph, database: Database, clock: Clock) -> None:
        self._graph, self._database, self._clock = graph, database, clock
        self._counts: dict[tuple[str, str, Plan, str | None], _Count] = {}
        self.dropped = 0
        """Requests that were not counted, since there was no room or they could not be written."""

    @property
    def waiting(self) -> int:
        """Entries that are not written down yet."""
        return len(self._counts)

    def count(
        self, caller: Principal, plan: Plan, document_id: str | None, cost: int, *, failed: bool
    ) -> None:
        """Count an operation that was carried out, and whether its answer had errors."""
        key = (caller.tenant, caller.client, plan, document_id)
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= MOST:
                self.dropped += 1
                return
            count = self._counts[key] = _Count(self._clock())
        count.requests += 1
        count.errors += failed
        count.cost += cost

    async def flush(self) -> None:
        """Write down what was counted."""
        due, self._counts = self._counts, {}
        now = self._clock()
        by_tenant: defaultdict[str, list[Ran]] = defaultdict(list)
        for (tenant, client, plan, document_id), c in due.items():
            shape = plan.kept.shape
            if shape is None:
                shape = plan.kept.shape = self._shape(plan)
                await asyncio.sleep(0)  # a thousand new ones would take a second
            by_tenant[tenant].append(
                Ran(client, shape, document_id, c.requests, c.errors, c.cost, c.since, now)
            )
        for tenant, ran in by_tenant.items():
            try:
                # The platform's own work, but for row-level security.
                who = Principal(tenant, ran[0].client, "worker")
                async with transaction(self._database, who, self._clock, ids.new("req")) as tx:
                    left_out = await note(tx, together(ran))
            except Exception:  # one that cannot be written must not keep the others from it
                self.dropped += sum(each.requests for each in ran)
                log.exception("usage_lost", tenant=tenant, operations=len(ran))
                continue
            if left_out:
                log.warning("usage_full", tenant=tenant, operations=left_out)

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


def together(ran: list[Ran]) -> list[Ran]:
    """Texts that ask for the same things as one."""
    found: dict[tuple[str, str, str | None], Ran] = {}
    for each in ran:
        key = each.client, each.shape.digest, each.document_id
        known = found.get(key)
        found[key] = (
            each
            if known is None
            else known._replace(
                requests=known.requests + each.requests,
                errors=known.errors + each.errors,
                cost=known.cost + each.cost,
                since=min(known.since, each.since),
            )
        )
    return list(found.values())
