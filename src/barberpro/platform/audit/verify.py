"""Verifies the whole log against the rows it was made of and the heads kept outside: in one pass, in flat memory.

Every leaf is worked out again from its row, the tree from the leaves, and the tree's root compared at the size of every
signed head. Whoever changed a row is found at the row; whoever made a new tree to fit it is found at the next head.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, and_, bindparam, exists, func, literal, select

from ..binding import across_tenants
from ..clock import Clock
from ..database import Database
from ..doors import Housekeeping, survey
from .checkpoints import Head
from .leaves import TABLES, leaves
from .merkle import Growing, Subtree
from .sequencer import is_leaf, set_aside
from .signed import Signed
from .tables import audit_leaves, audit_nodes
from .tree import SIZE, WHY

CHUNK = 4_096
"""Leaves read at a time: a few MiB."""
PATIENCE = timedelta(minutes=10)
"""What has waited longer for its place was passed over, or no worker runs."""
UNSIGNED = "the database shows a head of {} leaves that was not signed"
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


def _strays(table: Table) -> Any:
    mine = and_(audit_leaves.c.position == table.c.position, audit_leaves.c.entry == table.c.id)
    stray = select(table.c.id, table.c.position).where(
        table.c.position.is_not(None), ~exists(literal(1)).where(mine)
    )
    return across_tenants(stray.order_by(table.c.position, table.c.id).limit(MOST), WHY)


def _waiting(table: Table) -> Any:
    counted = select(func.count(), func.min(table.c.occurred_at))
    return across_tenants(counted.where(table.c.position.is_(None), is_leaf(table.c.leaf)), WHY)


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
    database: Database, clock: Clock, heads: Iterable[Head], *, chunk: int = CHUNK
) -> Report:
    """What is wrong with the log, the first bad leaf first. Nothing is written, and nothing waits for it.

    `heads` come from the smallest to the largest (`heads.in_order`), and are read as the tree grows to each.
    """
    report, tree = Report(), Growing()
    left = _Left(heads)
    agreed = 0
    async with survey(database, clock) as house:
        ((size,),) = await house.rows(SIZE)
        signed = Signed(house)
        async for batch in leaves(house, size, chunk):
            done: list[tuple[Subtree, bytes]] = []
            for at, entry, hash_, problem in batch:
                if at != tree.size:
                    report.found(tree.size, None, f"leaf {tree.size} is gone")
                    break
                if problem:
                    report.found(at, entry, f"leaf {at}: its event {entry} {problem}")
                done += tree.append(hash_)
                for head in left.up_to(tree.size):
                    agreed = _compare(head, tree, agreed, report)
                    signed.meet(head)
            await _compare_nodes(house, done, report)
            for unsigned in await signed.unsigned():
                report.found(unsigned, None, UNSIGNED.format(unsigned))
            if tree.size <= batch[-1].at:
                break
        shown = await signed.beyond(size)
        for head in left.up_to(None):
            if tree.size == size:
                says = f"leaf {size} is gone: a signed head has {head.size} leaves"
                report.found(size, None, says)
            shown.discard((head.size, head.root))
            signed.newest = head.size
        for unsigned, _ in sorted(shown):
            report.found(size, None, UNSIGNED.format(unsigned))
        await _look_beside(house, report)
        if missing := await signed.missing(size, house.now - PATIENCE):
            position, says = missing
            report.found(position, None, says)
    report.findings.sort(key=lambda f: size if f.position is None else f.position)
    report.size, report.root = tree.size, tree.root()
    return report


class _Left:
    """Heads that the tree has not grown to yet."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self._heads = iter(heads)
        self._next = next(self._heads, None)

    def up_to(self, size: int | None) -> Iterator[Head]:
        """Those of so many leaves or fewer, or all; each comes once."""
        while self._next is not None and (size is None or self._next.size <= size):
            head, self._next = self._next, next(self._heads, None)
            yield head


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
    """Events that claim a place which is not theirs, and such as were passed over or set aside."""
    for strays, waiting in zip(STRAYS, WAITING, strict=True):
        for row in await house.rows(strays):
            says = f"event {row.id} was put beside the log: leaf {row.position} is not its own"
            report.found(row.position, row.id, says)
        ((count, since),) = [tuple(row) for row in await house.rows(waiting)]
        report.waiting += count
        if count and since < house.now - PATIENCE:
            report.found(None, None, f"{count} events wait for their place since {since:%F %T}")
    for entry in await set_aside(house):
        says = f"event {entry} was never put to the log: what it has for a leaf is none"
        report.found(None, entry, says)
