"""Verifies the whole log against the rows it was made of and the heads kept outside: in one pass, in flat memory.

Every leaf is worked out again from its row, the tree from the leaves, and the tree's root compared at the size of every
signed head. Whoever changed a row is found at the row; whoever made a new tree to fit it is found at the next head.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    Table,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    type_coerce,
)

from ..binding import across_tenants
from ..clock import Clock
from ..database import Database
from ..doors import Housekeeping, survey
from ..events import AFTERWARDS, events, leaf_of
from .checkpoints import Head
from .installation import NOBODY, PREFIX
from .merkle import Growing, Subtree
from .signed import held_against
from .tables import audit_leaves, audit_nodes, installation_events
from .tree import SIZE, WHY

CHUNK = 4_096
"""Leaves read at a time: a few MiB."""
PATIENCE = timedelta(minutes=10)
"""What has waited longer for its place was passed over, or no worker runs."""
MOST = 20
"""Findings that are told; the first one is what matters."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was."""

    position: int | None
    """The first leaf it concerns."""
    entry: str | None
    """The event, where it is known."""
    says: str


@dataclass
class Report:
    """What a verification saw."""

    size: int = 0
    root: bytes = b""
    heads: int = 0
    """Signed heads that the log agrees with."""
    waiting: int = 0
    """Events that have no place yet."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.findings

    def found(self, position: int | None, entry: str | None, says: str) -> None:
        if len(self.findings) < MOST:
            self.findings.append(Finding(position, entry, says))


def _body(table: Table) -> tuple[str, ...]:
    """The columns that a leaf commits to, the id first."""
    return ("id", *(str(c.name) for c in table.c if c.name not in AFTERWARDS | {"id"}))


def _chunk(table: Table) -> Any:
    at = audit_leaves.c.position
    joined = audit_leaves.outerjoin(table, table.c.id == audit_leaves.c.entry)
    # Read as they stand: it costs a third of the time to parse them, and what was spoiled must not stop us.
    at_text = type_coerce(table.c.occurred_at, Text)  # which PostgreSQL's driver parses anyway
    raw = {"data": cast(table.c.data, Text), "occurred_at": at_text}
    body = [raw.get(name, table.c[name]) for name in _body(table)]
    mine = audit_leaves.c.entry.like(f"{PREFIX}\\_%", escape="\\")
    within = and_(
        at >= bindparam("start"), at < bindparam("end"), mine if table is not events else ~mine
    )
    columns = (at, audit_leaves.c.entry, audit_leaves.c.hash, table.c.position.label("placed"))
    return across_tenants(
        select(*columns, *body).select_from(joined).where(within).order_by(at), WHY
    )


def _strays(table: Table) -> Any:
    mine = and_(audit_leaves.c.position == table.c.position, audit_leaves.c.entry == table.c.id)
    stray = select(table.c.id, table.c.position).where(
        table.c.position.is_not(None), ~exists(literal(1)).where(mine)
    )
    return across_tenants(stray.order_by(table.c.position, table.c.id).limit(MOST), WHY)


def _waiting(table: Table) -> Any:
    counted = select(func.count(), func.min(table.c.occurred_at))
    return across_tenants(counted.where(table.c.position.is_(None)), WHY)


TABLES = (events, installation_events)
NO_FRACTION = ".000000Z"
"""How SQLite stores an instant on the second; leaves show it without."""
CHUNKS = [(_chunk(table), _body(table)) for table in TABLES]
STRAYS = [_strays(table) for table in TABLES]
WAITING = [_waiting(table) for table in TABLES]
node = audit_nodes.c
NODES = across_tenants(
    select(node.position, node.hash).where(
        node.level == bindparam("level"),
        node.position >= bindparam("start"),
        node.position < bindparam("end"),
    ),
    WHY,
)


async def verify(
    database: Database, clock: Clock, heads: Sequence[Head], *, chunk: int = CHUNK
) -> Report:
    """What is wrong with the log, the first bad leaf first. Nothing is written, and nothing waits for it."""
    report, tree = Report(), Growing()
    left = sorted(heads, key=lambda head: head.size)
    agreed = 0
    async with survey(database, clock) as house:
        ((size,),) = await house.rows(SIZE)
        async for batch in _leaves(house, size, chunk):
            done: list[tuple[Subtree, bytes]] = []
            for at, entry, hash_, problem in batch:
                if at != tree.size:
                    report.found(tree.size, None, f"leaf {tree.size} is gone")
                    break
                if problem:
                    report.found(at, entry, f"leaf {at}: its event {entry} {problem}")
                done += tree.append(hash_)
                while left and left[0].size == tree.size:
                    agreed = _compare(left.pop(0), tree, agreed, report)
            await _compare_nodes(house, done, report)
            if tree.size <= batch[-1].at:
                break
        if tree.size == size:
            for head in left:
                says = f"leaf {size} is gone: a signed head has {head.size} leaves"
                report.found(size, None, says)
        await _look_beside(house, report)
        for position, says in await held_against(house, heads, size, house.now - PATIENCE):
            report.found(position, None, says)
    report.findings.sort(key=lambda f: size if f.position is None else f.position)
    report.size, report.root = tree.size, tree.root()
    return report


class _Leaf(NamedTuple):
    at: int
    entry: str
    hash: bytes
    problem: str | None
    """What is wrong between it and its event."""


async def _leaves(house: Housekeeping, size: int, chunk: int) -> AsyncIterator[list[_Leaf]]:
    for start in range(0, size, chunk):
        values = {"start": start, "end": min(size, start + chunk)}
        found: list[_Leaf] = []
        for statement, names in CHUNKS:
            rows: Sequence[Any] = (await house.execute(statement, values)).all()
            for at, entry, hash_, *row in rows:
                found.append(_Leaf(at, entry, hash_, _problem(names, at, hash_, *row)))
        if found:
            yield sorted(found)


def _problem(
    names: Sequence[str], at: int, hash_: bytes, placed: int | None, *body: Any
) -> str | None:
    """Whether the leaf is still that of its row."""
    if body[0] is None:
        return "is gone"
    if recomputed(names, body) != hash_:
        return "was changed"
    return None if placed == at else f"stands at {placed}"


def recomputed(names: Sequence[str], body: Sequence[Any]) -> bytes:
    """The leaf hash of a row of either table, its JSON as text; empty where that is none."""
    entry = dict(zip(names, body, strict=True))
    at = entry["occurred_at"]
    if isinstance(at, str) and at.endswith(NO_FRACTION):
        entry["occurred_at"] = at.removesuffix(NO_FRACTION) + "Z"
    try:
        entry["data"] = orjson.loads(entry["data"])
    except orjson.JSONDecodeError:
        return b""
    entry.setdefault("organization_id", NOBODY)
    return leaf_of(entry)


def _compare(head: Head, tree: Growing, agreed: int, report: Report) -> int:
    """Hold the tree against a head; the size of the last head that fits."""
    if head.root == tree.root():
        report.heads += 1
        return head.size
    if agreed >= 0:
        named = [f.position for f in report.findings if f.position and f.position >= agreed]
        says = f"leaves {agreed} to {head.size - 1} are not those that were signed"
        report.found(
            min(named, default=agreed), None, says
        )  # after the leaf that was named already
    return -1  # every later head differs as well


async def _compare_nodes(
    house: Housekeeping, done: Sequence[tuple[Subtree, bytes]], report: Report
) -> None:
    for level in sorted({subtree.level for subtree, _ in done}):
        here = {s.position: hash_ for s, hash_ in done if s.level == level}
        values = {"level": level, "start": min(here), "end": max(here) + 1}
        rows = (await house.execute(NODES, values)).all()
        stored = {row.position: row.hash for row in rows}
        for position, hash_ in here.items():
            if stored.get(position) != hash_:
                start = position << level
                within = f"{start} to {start + (1 << level) - 1}"
                says = f"leaves {within} are not those of the stored tree"
                report.found(start, None, says)


async def _look_beside(house: Housekeeping, report: Report) -> None:
    """Events that claim a place which is not theirs, and such as were passed over."""
    for strays, waiting in zip(STRAYS, WAITING, strict=True):
        for row in await house.rows(strays):
            says = f"event {row.id} was put beside the log: leaf {row.position} is not its own"
            report.found(row.position, row.id, says)
        ((count, since),) = [tuple(row) for row in await house.rows(waiting)]
        report.waiting += count
        if count and since < house.now - PATIENCE:
            report.found(None, None, f"{count} events wait for their place since {since:%F %T}")
