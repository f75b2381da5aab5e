"""The rules by which units are admitted. Each is arithmetic on a few whole numbers, and is written twice: here, and in
Lua for Redis (`script.py`), move by move the same.

A *move* takes units (or, below zero, gives them back) at a moment; what is given back belongs to the moment it was
taken at. Time is kept in whole microseconds, so that no rounding adds up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

from .verdicts import SECOND, State, Verdict

GRAINS = 1_000_000_000
"""Of one token. A token bucket gains a whole number of them each microsecond, for rates in thousandths."""
MOST_TOKENS = 9_000_000
"""As many as 2^53 grains are."""


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


@dataclass(frozen=True)
class Rate:
    """The generic cell rate algorithm: a bucket of `capacity` units into which `per_second` come back.

    It is a single number, the instant at which it will be full again: to take units moves that instant into the
    future, and no further than an empty bucket takes to fill. Over any `t` seconds at most `capacity + per_second × t`
    units are admitted. A rate that does not divide a million is rounded down to one that does nearly: by less than
    0.5 % for rates up to 5,000.
    """

    kind: ClassVar[str] = "gcra"
    capacity: int
    per_second: float

    def __post_init__(self) -> None:
        if self.capacity < 1 or not 0 < self.per_second <= SECOND:
            raise ValueError(f"no bucket works like this: {self}")

    @cached_property
    def spacing(self) -> int:
        """The time in which one unit comes back."""
        return math.ceil(SECOND / self.per_second)

    @cached_property
    def filling(self) -> int:
        """The time in which an empty bucket fills."""
        return self.capacity * self.spacing

    @property
    def terms(self) -> tuple[int, ...]:
        return self.spacing, self.filling

    def move(self, state: State, now: int, units: int, at: int) -> State | None:
        debt = max(self._debt(state, now) + units * self.spacing, 0)
        return None if units > 0 and debt > self.filling else (now + debt,)

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        debt = self._debt(state, now)
        wait = 0.0 if admitted else math.inf
        if not admitted and units <= self.capacity:
            wait = (debt + units * self.spacing - self.filling) / SECOND
        return Verdict(admitted, (self.filling - debt) // self.spacing, wait, debt / SECOND, now)

    def full_at(self, state: State) -> int:
        return state[0] if state else 0

    def _debt(self, state: State, now: int) -> int:
        return min(max(state[0] - now, 0), self.filling) if state else 0


@dataclass(frozen=True)
class TokenBucket:
    """A bucket of `capacity` tokens into which `per_second` drip, counted in exact parts of a token.

    It admits what `Rate` does, and keeps rates exactly that divide no second (to a thousandth of a token a second) for
    a second number to remember.
    """

    kind: ClassVar[str] = "token-bucket"
    capacity: int
    per_second: float

    def __post_init__(self) -> None:
        if not (1 <= self.capacity <= MOST_TOKENS and 0.001 <= self.per_second <= SECOND):
            raise ValueError(f"no bucket works like this: {self}")

    @cached_property
    def gain(self) -> int:
        """Grains that come back in a microsecond."""
        return math.floor(self.per_second * GRAINS / SECOND)

    @cached_property
    def full(self) -> int:
        """Grains of a full bucket."""
        return self.capacity * GRAINS

    @property
    def terms(self) -> tuple[int, ...]:
        return self.gain, self.full

    def move(self, state: State, now: int, units: int, at: int) -> State | None:
        left = self._held(state, now) - units * GRAINS  # more than full is read as full
        return None if units > 0 and left < 0 else (max(left, 0), now)

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        held = self._held(state, now)
        wait = 0.0 if admitted else math.inf
        if not admitted and units <= self.capacity:
            wait = self._time(units * GRAINS - held) / SECOND
        return Verdict(admitted, held // GRAINS, wait, self._time(self.full - held) / SECOND, now)

    def full_at(self, state: State) -> int:
        return state[1] + self._time(self.full - state[0]) if state else 0

    def _held(self, state: State, now: int) -> int:
        if not state:
            return self.full
        gone = min(max(now - state[1], 0), self._time(self.full))
        return min(state[0] + gone * self.gain, self.full)

    def _time(self, grains: int) -> int:
        """In which so many come back."""
        return -(-grains // self.gain)


@dataclass(frozen=True)
class SlidingWindow:
    """At most `capacity` units in any span of `seconds`, wherever it begins.

    The span is counted in `slices`, and a slice that it touches counts whole: what is promised is never exceeded, and
    a unit comes back up to one slice late. A bucket remembers an index and a count for each slice in use.
    """

    kind: ClassVar[str] = "sliding-window"
    capacity: int
    seconds: float
    slices: int = 10

    def __post_init__(self) -> None:
        if self.capacity < 1 or not 0.001 <= self.seconds <= 86_400 or not 1 <= self.slices <= 100:
            raise ValueError(f"no window works like this: {self}")

    @property
    def per_second(self) -> float:
        return self.capacity / self.seconds

    @cached_property
    def slice(self) -> int:
        """How long one is."""
        return math.ceil(self.seconds * SECOND / self.slices)

    @property
    def terms(self) -> tuple[int, ...]:
        return self.slice, self.capacity, self.slices

    def move(self, state: State, now: int, units: int, at: int) -> State | None:
        counts = self._counts(state, now)
        if units > 0 and sum(counts.values()) + units > self.capacity:
            return None
        index = at // self.slice
        if units > 0 or index in counts:
            counts[index] = max(counts.get(index, 0) + units, 0)
        return tuple(n for index in sorted(counts) if counts[index] for n in (index, counts[index]))

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        counts = self._counts(state, now)
        left = self.capacity - sum(counts.values())
        ends = max((self._gone(index) for index in counts), default=now)
        wait = 0.0 if admitted else math.inf
        if not admitted and units <= self.capacity:
            back = left
            for index in sorted(counts):
                back += counts[index]
                if back >= units:
                    wait = (self._gone(index) - now) / SECOND
                    break
        return Verdict(admitted, max(left, 0), wait, (ends - now) / SECOND, now)

    def full_at(self, state: State) -> int:
        return self._gone(state[-2]) if state else 0

    def _gone(self, index: int) -> int:
        """When no span that ends then touches the slice."""
        return (index + self.slices + 1) * self.slice

    def _counts(self, state: State, now: int) -> dict[int, int]:
        """The slices that the span before `now` touches. What stands in the future, as after a clock was set back or
        slices became longer, is counted as of now."""
        last = now // self.slice
        counts: dict[int, int] = {}
        for index, count in zip(state[::2], state[1::2], strict=True):
            if index >= last - self.slices:
                at = min(index, last)
                counts[at] = counts.get(at, 0) + count
        return counts


@dataclass(frozen=True)
class FixedWindow:
    """At most `capacity` units in each window of `seconds`, counted from 1970 (of one process: from its clock's zero).

    The cheapest to explain. Where two windows meet, twice the capacity can pass within a moment.
    """

    kind: ClassVar[str] = "fixed-window"
    capacity: int
    seconds: float

    def __post_init__(self) -> None:
        if self.capacity < 1 or not 0.001 <= self.seconds <= 86_400:
            raise ValueError(f"no window works like this: {self}")

    @property
    def per_second(self) -> float:
        return self.capacity / self.seconds

    @cached_property
    def window(self) -> int:
        """How long one is."""
        return math.ceil(self.seconds * SECOND)

    @property
    def terms(self) -> tuple[int, ...]:
        return self.window, self.capacity

    def move(self, state: State, now: int, units: int, at: int) -> State | None:
        index, used = now // self.window, self._used(state, now)
        if units > 0 and used + units > self.capacity:
            return None
        if units < 0 and at // self.window < index:
            return index, used  # that window is over, and this one has nothing to give back
        return index, max(used + units, 0)

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        used = self._used(state, now)
        ends = (now // self.window + 1) * self.window
        wait = 0.0 if admitted else math.inf
        if not admitted and units <= self.capacity:
            wait = (ends - now) / SECOND
        reset = (ends - now) / SECOND if used else 0.0
        return Verdict(admitted, max(self.capacity - used, 0), wait, reset, now)

    def full_at(self, state: State) -> int:
        return (state[0] + 1) * self.window if state and state[1] else 0

    def _used(self, state: State, now: int) -> int:
        """What this window has admitted; a window of the future is taken for this one, as after a clock's step."""
        return state[1] if state and state[0] >= now // self.window else 0


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
