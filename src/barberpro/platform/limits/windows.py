"""Windows: so much in a span of time, wherever it begins or where the clock begins it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from .verdicts import SECOND, State, Verdict


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
