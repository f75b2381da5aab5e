"""The ledger of what is to be told to whom: one row for each event and handler.

A delivery is claimed with a lease. The lease's end is also the proof that it is still ours: whoever
takes over sets another, and what was done under the old one does not count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from . import ids
from .binding import across_tenants
from .doors import Housekeeping, Transaction
from .events import events
from .sets import among
from .tables import Instant, Key, Refers, tenant_table

BATCH = 100
WHY = "deliveries of all tenants are worked off together"

deliveries = tenant_table(
    "deliveries",
    "dlv",
    Refers("event_id", "events"),
    Column("handler", Key, nullable=False),
    Column("attempts", Integer, nullable=False),  # begun, so that one which kills its worker counts
    Column("next_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("last_error", Text),
    Column("done_at", Instant),
    Column("dead_at", Instant),
    UniqueConstraint("organization_id", "event_id", "handler", name="uq_deliveries_handler"),
    audited=False,
)
d = deliveries.c
OPEN = and_(d.done_at.is_(None), d.dead_at.is_(None))
DONE = d.done_at.is_not(None)
NEW = events.c.relayed_at.is_(None)
HELD = and_(d.id == bindparam("delivery"), d.lease_until == bindparam("until"), OPEN)
FINISH = update(deliveries).where(HELD).values(done_at=bindparam("now"), lease_until=None)
Index("ix_deliveries_due", d.next_at, d.id, postgresql_where=OPEN, sqlite_where=OPEN)
Index("ix_deliveries_done", d.done_at, d.id, postgresql_where=DONE, sqlite_where=DONE)


@dataclass(frozen=True)
class Delivery:
    """A claimed one, with its event. `until` is the end of our lease."""

    id: str
    tenant: str
    handler: str
    attempts: int
    until: datetime
    event_id: str
    type: str
    data: Mapping[str, Any]
    request_id: str


async def anything(house: Housekeeping, handlers: Collection[str]) -> bool:
    """Whether there is work: a look, for most looks find none."""
    waiting = or_(exists().where(NEW), exists().where(_due(handlers, house.now)))
    return bool((await house.rows(across_tenants(select(waiting), WHY)))[0][0])


async def fan_out(house: Housekeeping, handlers: Mapping[str, Collection[str]]) -> int:
    """Make the deliveries of a batch of new events, by type; how many events there were."""
    e = events.c
    fresh = _picked(select(e.id).where(NEW).order_by(e.id))
    taken = update(events).where(e.id.in_(fresh)).values(relayed_at=house.now)
    told = await house.rows(across_tenants(taken.returning(e.id, e.organization_id, e.type), WHY))
    rows = [
        {
            "id": ids.new("dlv"),
            "organization_id": event.organization_id,
            "event_id": event.id,
            "handler": handler,
            "attempts": 0,
            "next_at": house.now,
        }
        for event in told
        for handler in handlers.get(event.type, ())
    ]
    if rows:
        await house.execute(across_tenants(insert(deliveries), WHY), rows)
    return len(told)


async def claim(house: Housekeeping, handlers: Collection[str], lease: timedelta) -> list[Delivery]:
    """Lease a batch of due deliveries, so that no other worker takes them meanwhile."""
    due = _picked(select(d.id).where(_due(handlers, house.now)).order_by(d.next_at, d.id))
    leased = update(deliveries).where(d.id.in_(due))
    leased = leased.values(lease_until=house.now + lease, attempts=d.attempts + 1)
    rows = await house.rows(across_tenants(leased.returning(deliveries), WHY))
    e = events.c
    told = select(e.id, e.type, e.data, e.request_id).where(among(e.id, {r.event_id for r in rows}))
    return _with_events(rows, await house.rows(across_tenants(told, WHY)))


async def finish(tx: Transaction, delivery: Delivery) -> bool:
    """Mark it done in this transaction; False where another worker has taken it over."""
    held = {"delivery": delivery.id, "until": delivery.until, "now": tx.now}
    return (await tx.execute(FINISH, held)).rowcount == 1


async def put_back(house: Housekeeping, delivery: Delivery, **values: Any) -> None:
    """End our lease with this outcome, unless another worker has taken it over."""
    outcome = update(deliveries).where(HELD).values(lease_until=None, **values)
    held = {"delivery": delivery.id, "until": delivery.until}
    await house.execute(across_tenants(outcome, WHY), held)


async def forget(house: Housekeeping, before: datetime) -> int:
    """Drop a batch of deliveries done before then; how many there were. Their events stay."""
    old = _picked(select(d.id).where(d.done_at < before).order_by(d.done_at, d.id))
    gone = delete(deliveries).where(d.id.in_(old)).returning(d.id)
    return len(await house.rows(across_tenants(gone, WHY)))


def _due(handlers: Collection[str], moment: datetime) -> ColumnElement[bool]:
    free = or_(d.lease_until.is_(None), d.lease_until <= moment)
    return and_(OPEN, d.next_at <= moment, free, among(d.handler, handlers))


def _picked(wanted: Select[Any]) -> Select[Any]:
    """A batch of these that no other worker has locked. A CTE, so that it is picked only once."""
    picked = wanted.limit(BATCH).with_for_update(skip_locked=True).cte("picked")
    return select(picked.c.id)


def _with_events(rows: Sequence[Any], told: Sequence[Any]) -> list[Delivery]:
    by_id = {event.id: event for event in told}
    return [
        Delivery(
            id=row.id,
            tenant=row.organization_id,
            handler=row.handler,
            attempts=row.attempts,
            until=row.lease_until,
            event_id=row.event_id,
            type=by_id[row.event_id].type,
            data=by_id[row.event_id].data,
            request_id=by_id[row.event_id].request_id,
        )
        for row in rows
    ]
