"""The wait of who walks in now, drawn many times over the rest of the day. Pure.

Each round draws how long every visit takes, as a share of the time it was booked for, and lets each provider's visits
follow each other. The walk-in begins at the first start that the agenda allows and at which somebody is done with all
visits before it. Who is done early does not begin earlier: the agenda keeps the whole of a visit.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf
from random import Random

ROUNDS = 200
ENOUGH = 30
"""Visits that must have been timed before their own spread is used."""
SPREAD = 0.2
"""Of the logarithm of a visit's length, where too few were timed: two of three end within a fifth of their time."""


@dataclass(frozen=True)
class Visit:
    """A provider at work, in minutes from now; negative where that has begun."""

    starts: float
    minutes: float
    """As long as it was booked for, with what is prepared before and swept after."""


@dataclass(frozen=True)
class Line:
    """One provider's day: the visits in their order, and the starts that the agenda allows for the walk-in."""

    visits: Sequence[Visit]
    starts: Sequence[float]


@dataclass(frozen=True)
class Wait:
    """Minutes within which one of two, and nine of ten, are served; None where fewer are served today at all."""

    half: int | None
    most: int | None
    served_bps: int
    """In how many of 10,000 rounds they are served today."""


def wait(lines: Sequence[Line], shares: Sequence[float], *, seed: str) -> Wait:
    """The wait for the first provider who has time. `shares` are what visits took of the time they were booked for."""
    random = Random(seed)  # noqa: S311
    known = sorted(shares if len(shares) >= ENOUGH else _usual(random))
    drawn = sorted(
        begun
        for begun in (_begun(lines, known, random) for _ in range(ROUNDS))
        if begun is not None
    )
    return Wait(_within(drawn, 50), _within(drawn, 90), len(drawn) * 10_000 // ROUNDS)


def start(line: Line, lengths: Sequence[float]) -> float | None:
    """When the walk-in begins with this provider, where the visits take so long."""
    done, n = -inf, 0
    for begins in line.starts:
        while n < len(line.visits) and line.visits[n].starts < begins:
            done = max(done, line.visits[n].starts) + lengths[n]
            n += 1
        if done <= begins:
            return begins
    return None


def _begun(lines: Sequence[Line], known: Sequence[float], random: Random) -> float | None:
    starts = [start(line, [_length(v, known, random) for v in line.visits]) for line in lines]
    return min((each for each in starts if each is not None), default=None)


def _length(visit: Visit, known: Sequence[float], random: Random) -> float:
    """How long it takes. What has begun takes longer than it took so far; what no visit ever took is forgotten."""
    so_far = -visit.starts / visit.minutes if visit.starts < 0 else 0.0
    first = bisect_right(known, so_far)
    return (
        0.0 if first == len(known) else visit.minutes * known[random.randrange(first, len(known))]
    )


def _within(drawn: Sequence[float], percent: int) -> int | None:
    needed = -(-ROUNDS * percent // 100)
    return ceil(drawn[needed - 1]) if len(drawn) >= needed else None


def _usual(random: Random) -> list[float]:
    return [random.lognormvariate(0, SPREAD) for _ in range(ROUNDS)]
