"""Buckets that fill steadily: the generic cell rate algorithm, and the textbook's bucket of tokens."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from .verdicts import SECOND, State, Verdict

GRAINS = 1_000_000_000
"""Of one token. A token bucket gains a whole number of them each microsecond, for rates in thousandths."""
MOST_TOKENS = 9_000_000
"""As many as 2^53 grains are."""


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
        filling = self.filling
        debt = state[0] - now if state else 0
        debt = 0 if debt < 0 else filling if debt > filling else debt
        debt += units * self.spacing
        if units > 0 and debt > filling:
            return None
        return (now + debt if debt > 0 else now,)

    def verdict(self, state: State, now: int, units: int, *, admitted: bool) -> Verdict:
        filling, spacing = self.filling, self.spacing
        debt = state[0] - now if state else 0
        debt = 0 if debt < 0 else filling if debt > filling else debt
        wait = 0.0 if admitted else math.inf
        if not admitted and units <= self.capacity:
            wait = (debt + units * spacing - filling) / SECOND
        return Verdict(admitted, (filling - debt) // spacing, wait, debt / SECOND, now)

    def full_at(self, state: State) -> int:
        return state[0] if state else 0


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
