"""Gives each event its place in the log, in batches, one process at a time.

A batch is one transaction, so a process that is killed leaves all of it or nothing, and the next one goes on from
what stands. The order is that of the batches: an event that committed late comes later, none is passed over.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, insert, select, update

from ..binding import across_tenants
from ..clock import Clock
from ..database import Database
from ..doors import Housekeeping, housekeeping, survey
from ..events import events
from .tables import audit_leaves, audit_nodes, installation_events
from .tree import WHY, Ask, Tree

BATCH = 1_000
HEXADECIMAL = "0123456789abcdef"
LOCK = 4_907_311_003  # any number of ours: PostgreSQL's advisory locks know no names
ALONE = across_tenants(select(func.pg_try_advisory_xact_lock(LOCK)), WHY)
PUT_LEAVES = across_tenants(insert(audit_leaves), WHY)
PUT_NODES = across_tenants(insert(audit_nodes), WHY)


def is_leaf(leaf: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a row's leaf is a hash in hexadecimal; one that is not was put there by somebody else than us."""
    return and_(func.length(leaf) == 64, func.rtrim(leaf, HEXADECIMAL) == "")


def _waiting(table: Table) -> Any:
    # Rows that the relay is just marking are left for the next batch: two that wait for each other would fail.
    # What has no leaf is set aside, for it would keep all others waiting; `verify` names it.
    first = select(table.c.id, table.c.leaf).where(
        table.c.position.is_(None), is_leaf(table.c.leaf)
    )
    ordered = first.order_by(table.c.id).limit(bindparam("most")).with_for_update(skip_locked=True)
    return across_tenants(ordered, WHY)


def _placing(table: Table) -> Any:
    mine = update(table).where(table.c.id == bindparam("entry"))
    return across_tenants(mine.values(position=bindparam("at")), WHY)


SOURCES = [(_waiting(table), _placing(table)) for table in (installation_events, events)]
ANY = [
    across_tenants(select(t.c.id).where(t.c.position.is_(None), is_leaf(t.c.leaf)).limit(1), WHY)
    for t in (installation_events, events)
]

SET_ASIDE = [
    across_tenants(
        select(t.c.id).where(t.c.position.is_(None), ~is_leaf(t.c.leaf)).order_by(t.c.id).limit(20),
        WHY,
    )
    for t in (installation_events, events)
]


async def sequence(database: Database, clock: Clock, *, most: int = BATCH) -> int:
    """Put what waits to the log, at most so many of each kind; how many leaves came to it.

    0 too where another process is at it.
    """
    async with survey(database, clock) as look:  # what finds nothing takes no lock
        if not [row for statement in ANY for row in await look.rows(statement)]:
            return 0
    async with housekeeping(database, clock) as house:
        if house.dialect == "postgresql" and not (await house.rows(ALONE))[0][0]:
            return 0
        tree = Tree(asking(house))
        growing = await tree.growing(await tree.size())
        before = growing.size
        for waiting, placing in SOURCES:
            rows = (await house.execute(waiting, {"most": most})).all()
            leaves, nodes = [], []
            for row in rows:
                leaf = bytes.fromhex(row.leaf)
                leaves.append({"position": growing.size, "entry": row.id, "hash": leaf})
                done = growing.append(leaf)
                nodes += [{"level": s.level, "position": s.position, "hash": h} for s, h in done]
            if not leaves:
                continue
            await house.execute(PUT_LEAVES, leaves)
            await house.execute(
                placing, [{"entry": one["entry"], "at": one["position"]} for one in leaves]
            )
            if nodes:
                await house.execute(PUT_NODES, nodes)
        return growing.size - before


async def set_aside(house: Housekeeping) -> list[str]:
    """Events that get no place, since what they have for a leaf is none: some of their ids."""
    return [row.id for statement in SET_ASIDE for row in await house.rows(statement)]


def asking(house: Housekeeping) -> Ask:
    """The platform's own way to read the tree."""

    async def ask(statement: Any, values: Mapping[str, Any]) -> Any:
        return (await house.execute(statement, values)).all()

    return ask
