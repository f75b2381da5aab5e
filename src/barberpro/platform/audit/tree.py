"""Reads hashes of the stored tree, for its growth and for proofs: a tile of 256 neighbours at a time, O(log n) of them.

What is stored never changes, so a tree of a given size reads alike however many leaves have come since.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, func, select

from ..binding import across_tenants
from .merkle import STRIDE, Growing, Range, Subtree, consistency, cover, folded, inclusion
from .tables import audit_leaves, audit_nodes

WHY = "the log is one for all tenants"
TILE = 1 << STRIDE
Ask = Callable[[Any, Mapping[str, Any]], Awaitable[Sequence[Row[Any]]]]
"""A door's way to read: statement and values to rows."""

leaf, node = audit_leaves.c, audit_nodes.c
COUNT = func.coalesce(func.max(leaf.position) + 1, 0)
SIZE = across_tenants(select(COUNT), WHY)
LEAVES = across_tenants(
    select(leaf.hash)
    .where(leaf.position >= bindparam("start"), leaf.position < bindparam("end"))
    .order_by(leaf.position),
    WHY,
)
NODES = across_tenants(
    select(node.hash)
    .where(
        node.level == bindparam("level"),
        node.position >= bindparam("start"),
        node.position < bindparam("end"),
    )
    .order_by(node.position),
    WHY,
)


class Damaged(Exception):
    """A hash that the tree needs is not stored: `barberpro audit verify` says more."""


class Tree:
    """The stored tree, through one door. Tiles that were read are kept, so make one for each use."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._tiles: dict[Subtree, list[bytes]] = {}

    async def size(self) -> int:
        """How many leaves there are."""
        ((size,),) = await self._ask(SIZE, {})
        return size

    async def growing(self, size: int) -> Growing:
        """The tree of this size, ready to grow."""
        return Growing(size, [await self._hash(each) for each in cover(Range(0, size))])

    async def root(self, size: int) -> bytes:
        return (await self.growing(size)).root()

    async def inclusion(self, position: int, size: int) -> list[bytes]:
        """The proof that a leaf is in the tree of this size."""
        return await self._proof(inclusion(position, size))

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of size `new` goes on from that of `old`."""
        return await self._proof(consistency(old, new))

    async def _proof(self, ranges: Iterable[Range]) -> list[bytes]:
        return [folded([await self._hash(s) for s in cover(each)]) for each in ranges]

    async def _hash(self, subtree: Subtree) -> bytes:
        """A complete subtree's hash, from its nearest stored descendants."""
        stored = subtree.level // STRIDE * STRIDE
        width = 1 << (subtree.level - stored)
        start = subtree.position * width
        tile = await self._tile(Subtree(stored, start // TILE))
        parts = Growing()
        for part in tile[start % TILE : start % TILE + width]:
            parts.append(part)
        if parts.size != width:
            raise Damaged(f"hashes are missing from {start} on, at level {stored}")
        return parts.root()

    async def _tile(self, tile: Subtree) -> list[bytes]:
        if tile not in self._tiles:
            start = tile.position * TILE
            within = {"start": start, "end": start + TILE}
            statement: Executable = LEAVES
            if tile.level:
                statement, within = NODES, within | {"level": tile.level}
            self._tiles[tile] = [row.hash for row in await self._ask(statement, within)]
        return self._tiles[tile]
