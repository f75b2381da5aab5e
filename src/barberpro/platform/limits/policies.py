"""The rules by which units are admitted. Each is arithmetic on a few whole numbers, and is written twice: in Python
(`buckets.py`, `windows.py`), and in Lua for Redis (`script.py`), move by move the same.

A *move* takes units (or, below zero, gives them back) at a moment; what is given back belongs to the moment it was
taken at. Time is kept in whole microseconds, so that no rounding adds up.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from .buckets import Rate, TokenBucket
from .verdicts import State, Verdict
from .windows import FixedWindow, SlidingWindow


class Policy(Protocol):
    """One way to admit units. Values: two with the same terms are the same."""

    kind: ClassVar[str]

    @property
    def capacity(self) -> int:
        """The most that is admitted at once."""
        ...

    @property
    def per_second(self) -> float:
        """Units that come back in a second; of a window, on average."""
        ...

    @property
    def terms(self) -> tuple[int, ...]:
        """What the script in Redis must know of it."""
        ...

    def move(self, state: State, now: int, units: int, at: int) -> State | None:
        """The state after these units, or None where there are too few. A bucket never holds more than it can."""
        ...

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        """What to say of a bucket in this state, after a move that was admitted or would have needed these units."""
        ...

    def full_at(self, state: State) -> int:
        """When the bucket is full by itself: from then on it may be forgotten."""
        ...


KINDS: dict[str, Any] = {
    each.kind: each for each in (Rate, TokenBucket, SlidingWindow, FixedWindow)
}


def policy(terms: Mapping[str, Any]) -> Policy:
    """The policy that data describes: `{policy = "gcra", capacity = 20_000, per_second = 500}`.

    Raises ValueError where it is none of ours, or cannot work.
    """
    given = dict(terms)
    kind = given.pop("policy", Rate.kind)
    if kind not in KINDS:
        raise ValueError(f"no policy is called {kind!r}: there are {', '.join(sorted(KINDS))}")
    try:
        return KINDS[kind](**given)
    except TypeError as wrong:
        raise ValueError(f"the policy {kind!r} has other terms: {wrong}") from None
