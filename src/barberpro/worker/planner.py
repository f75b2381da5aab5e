"""Improves plans: the worker's share of bulk scheduling, in a thread, a plan at a time.

A plan that is to be improved is claimed with a lease, which is renewed every second with the progress. Whoever cancels
it ends that; a worker that dies lets its lease run out, and another begins anew.
"""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, or_, select, update

from barberpro.domains.bookings.planning import service
from barberpro.domains.bookings.planning.instance import Instance
from barberpro.domains.bookings.planning.plan import Plan, plan_of
from barberpro.domains.bookings.planning.solving import solve
from barberpro.domains.bookings.tables import plans
from barberpro.platform.binding import across_tenants
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import housekeeping, survey, transaction
from barberpro.platform.principal import worker

LEASE = timedelta(seconds=60)
IDLE_SECONDS = 1.0
TELL_SECONDS = 1.0
WHY = "the worker improves the plans of every tenant"

p = plans.c
WAITING = across_tenants(
    select(plans)
    .where(
        p.status == "IMPROVING",
        or_(p.leased_until.is_(None), p.leased_until < bindparam("now")),
    )
    .order_by(p.created_at, p.id)
    .limit(1),
    WHY,
)
CLAIM = across_tenants(
    update(plans)
    .where(
        p.id == bindparam("plan"),
        p.status == "IMPROVING",
        or_(p.leased_until.is_(None), p.leased_until < bindparam("now")),
    )
    .values(leased_until=bindparam("until"))
    .returning(p.id),
    WHY,
)
RENEW = across_tenants(
    update(plans)
    .where(p.id == bindparam("plan"), p.status == "IMPROVING")
    .values(leased_until=bindparam("until"), progress=bindparam("share"))
    .returning(p.id),
    WHY,
)

log = structlog.get_logger(__name__)


class Planner:
    """One worker's share; any number of them may run side by side."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Improve until told to stop; a plan in hand is given back."""
        while not stop.is_set():
            try:
                if await self.step(stop):
                    continue
            except Exception:  # the database is away, say: the plan waits where it stands
                log.exception("planner_in_trouble")
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def step(self, stop: asyncio.Event) -> bool:
        """Improve one plan; False where none waits."""
        claimed = await self._claim()
        if claimed is None:
            return False
        kept = {name: each for name, each in claimed.instance.items() if name != "customers"}
        instance = Instance.model_validate(kept)
        going = _Going()
        solving = asyncio.create_task(asyncio.to_thread(_planned, instance, claimed, going))
        while not solving.done():
            await asyncio.wait([solving], timeout=TELL_SECONDS)
            if solving.done():
                break
            if stop.is_set() or not await self._renew(claimed.id, going.share):
                going.on = False
                break
        plan = await solving
        if going.on:
            async with transaction(
                self.database, worker(claimed.organization_id), self.clock, "planner"
            ) as tx:
                await service.improve_plan(tx, claimed.id, instance=instance, plan=plan)
        return True

    async def _claim(self) -> Row[Any] | None:
        now = self.clock()
        async with survey(self.database, self.clock) as look:
            waiting = (await look.execute(WAITING, {"now": now})).first()
        if waiting is None:
            return None
        async with housekeeping(self.database, self.clock) as house:
            values = {"plan": waiting.id, "now": now, "until": now + LEASE}
            won = (await house.execute(CLAIM, values)).first()
        return waiting if won else None

    async def _renew(self, plan_id: str, share: float) -> bool:
        values = {
            "plan": plan_id,
            "until": self.clock() + LEASE,
            "share": min(99, int(share * 100)),
        }
        async with housekeeping(self.database, self.clock) as house:
            return (await house.execute(RENEW, values)).first() is not None


class _Going:
    """What the thread and the worker tell each other."""

    def __init__(self) -> None:
        self.on = True
        self.share = 0.0

    def progress(self, share: float, points: int) -> bool:
        self.share = share
        return self.on


def _planned(instance: Instance, claimed: Row[Any], going: _Going) -> Plan:
    solved = solve(instance, seconds=claimed.seconds, seed=claimed.seed, progress=going.progress)
    return plan_of(instance, solved)
