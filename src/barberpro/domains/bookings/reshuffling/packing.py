"""Which visits of a provider to move, and whereto, so that the most time can still be booked. Pure.

What a gap is worth is how many visits of the usual length fit into it: two gaps of twenty minutes are worth nothing
where a visit takes forty, and one of forty is. Visits stay in their order, so the best of all ways to move them is
found by going through them once, by dynamic programming over when the provider is free again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Visit:
    """A visit in minutes of its day, and when it could begin instead; `at`, from when on it keeps the provider,
    is among those."""

    id: str
    at: int
    minutes: int
    """For how long it keeps the provider, with the buffers."""
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Packing:
    """Where the moved visits begin, by their ids, and how many minutes more can be booked for it."""

    moved: dict[str, int]
    won: int


@dataclass(frozen=True, order=True)
class Worth:
    """What a way to move them is worth: first the time that can be booked, then few moves, then small ones."""

    bookable: int
    unmoved: int = 0
    by: int = 0

    def and_then(self, visit: Visit, at: int, bookable: int) -> "Worth":
        """The same with one visit more."""
        return Worth(
            self.bookable + bookable, self.unmoved - (at != visit.at), self.by - abs(at - visit.at)
        )


def bookable(minutes: int, usual: int) -> int:
    """The part of a gap that visits of the usual length fill."""
    return max(0, minutes) // usual * usual


def packed(visits: Sequence[Visit], begins: int, ends: int, usual: int) -> Packing:
    """The best way to move the visits of one span of work, which are in order and do not overlap."""
    start = min(begins, *(v.at for v in visits)) if visits else begins
    ways: dict[int, tuple[Worth, tuple[int, ...]]] = {start: (Worth(0), ())}
    for visit in visits:
        further: dict[int, tuple[Worth, tuple[int, ...]]] = {}
        for at in visit.starts:
            for free, (worth, chosen) in ways.items():
                if at < free:
                    continue
                found = worth.and_then(visit, at, bookable(at - free, usual))
                known = further.get(at + visit.minutes)
                if known is None or found > known[0]:
                    further[at + visit.minutes] = found, (*chosen, at)
        ways = further
    best = max(
        (Worth(w.bookable + bookable(ends - free, usual), w.unmoved, w.by), chosen)
        for free, (w, chosen) in ways.items()
    )
    now = tuple(visit.at for visit in visits)
    moved = {v.id: at for v, at in zip(visits, best[1], strict=True) if at != v.at}
    return Packing(moved, best[0].bookable - worth_of(visits, now, start, ends, usual))


def worth_of(
    visits: Sequence[Visit], starts: Sequence[int], begins: int, ends: int, usual: int
) -> int:
    """The minutes that can be booked around visits that begin then."""
    edges = [
        begins,
        *(m for v, at in zip(visits, starts, strict=True) for m in (at, at + v.minutes)),
        ends,
    ]
    return sum(bookable(until - since, usual) for since, until in list(pairwise(edges))[::2])
