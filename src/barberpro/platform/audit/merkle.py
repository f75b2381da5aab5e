"""The Merkle tree of RFC 9162 section 2.1: hashes, proofs and how they are checked. No I/O.

A complete subtree is named by its level and its place in that level: (0, 5) is the sixth leaf, (8, 1) stands over the
leaves 256 to 511. Every range that a proof asks for is covered by O(log n) of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

STRIDE = 8
"""Of the levels above the leaves every eighth is stored: 1/255 more hashes, and a subtree between two stored levels
is worked out from at most 128 neighbours, read as one range."""
EMPTY = hashlib.sha256(b"").digest()


class Subtree(NamedTuple):
    """A complete subtree, by its level above the leaves and its place in it."""

    level: int
    position: int


class Range(NamedTuple):
    """The leaves from `start` up to, not including, `end`, as RFC 9162 writes D[start:end]."""

    start: int
    end: int


def above(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def folded(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring subtrees, from the largest on the left to the smallest on the right."""
    if not hashes:
        return EMPTY
    *rest, root = hashes
    for left in reversed(rest):
        root = above(left, root)
    return root


def cover(leaves: Range) -> list[Subtree]:
    """The complete subtrees of a range that the RFC splits off, largest first; `folded` gives its hash."""
    found, start = [], leaves.start
    while start < leaves.end:
        level = (leaves.end - start).bit_length() - 1
        found.append(Subtree(level, start >> level))
        start += 1 << level
    return found


def inclusion(position: int, size: int) -> list[Range]:
    """The ranges whose hashes prove a leaf to be in the tree of this size (section 2.1.3.1), from the leaf upwards."""
    if not 0 <= position < size:
        raise ValueError(f"no leaf {position} in a tree of {size}")
    found, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            found.append(Range(middle, end))
            end = middle
        else:
            found.append(Range(start, middle))
            start = middle
    return found[::-1]


def consistency(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of size `new` goes on from that of `old` (section 2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} cannot go on from one of {old}")
    found, start, end = [], 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(Range(middle, end))
            end = middle
        else:
            found.append(Range(start, middle))
            start = middle
    if start:  # the old tree is not itself a subtree: its right edge has to be told
        found.append(Range(start, end))
    return found[::-1]


def includes(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf to the root (section 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    first, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = above(sibling, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = above(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def continues(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows the new tree to begin with the old one (section 2.1.4.2)."""
    if old == new:
        return old > 0 and not path and old_root == new_root
    if not 0 < old < new or not path:
        return False
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    then = now = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            then, now = above(sibling, then), above(sibling, now)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            now = above(now, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and then == old_root and now == new_root


@dataclass
class Growing:
    """A tree that leaves are put to, known by its peaks alone: O(log n) of memory."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)
    """The hashes of `cover(Range(0, size))`."""

    def append(self, leaf: bytes) -> list[tuple[Subtree, bytes]]:
        """Put a leaf to it; the subtrees of stored levels that it completes."""
        made, done, level = leaf, [], 0
        while self.size >> level & 1:
            made = above(self.peaks.pop(), made)
            level += 1
            if level % STRIDE == 0:
                done.append((Subtree(level, self.size >> level), made))
        self.peaks.append(made)
        self.size += 1
        return done

    def root(self) -> bytes:
        """The hash of the whole tree as it stands."""
        return folded(self.peaks)


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
