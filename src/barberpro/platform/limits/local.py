"""Buckets of one process: the limiter of a single process, and what others go on with where Redis fails."""

import time
from collections.abc import Callable
from operator import itemgetter

from .policies import Policy
from .verdicts import State, Verdict

MOST_BUCKETS = 50_000
FEW_BUCKETS = 1_000

Key = tuple[str, str]
"""A bucket and its policy's kind: one key under two policies is two buckets."""


class LocalLimiter:
    """Buckets of this process.

    Full buckets are forgotten, since a bucket begins full. Past `most` those nearest to full are forgotten too: where
    that many keys come at once, some of them start again.
    """

    def __init__(
        self, clock: Callable[[], int] = time.monotonic_ns, *, most: int = MOST_BUCKETS
    ) -> None:
        self._clock = clock
        self._most = most
        self._ahead = 0
        self._kept: dict[Key, tuple[int, State]] = {}
        self._room = min(FEW_BUCKETS, most)

    async def take(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        return self.count(key, policy, cost)

    def count(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        check(cost)
        now = self.now()
        state = self._state(key, policy)
        after = policy.move(state, now, cost, now)
        if after is None:
            return policy.verdict(state, now, cost, admitted=False)
        if cost:
            self._keep(key, policy, now, after)
        return policy.verdict(after, now, cost, admitted=True)

    async def look(self, key: str, policy: Policy) -> Verdict:
        return policy.verdict(self._state(key, policy), self.now(), 0, admitted=True)

    def give_back(self, key: str, policy: Policy, units: int, taken: Verdict) -> Verdict:
        check(units)
        now = self.now()
        after = policy.move(self._state(key, policy), now, -units, taken.at)
        assert after is not None, "what comes back always finds room"  # noqa: S101
        self._keep(key, policy, now, after)
        return policy.verdict(after, now, 0, admitted=True)

    def follow(self, key: str, policy: Policy, now: int, state: State) -> None:
        """Go on from a bucket elsewhere, on the clock of whoever keeps it."""
        self._ahead = now - self._clock() // 1_000
        self._keep(key, policy, now, state)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def now(self) -> int:
        return self._clock() // 1_000 + self._ahead

    def _state(self, key: str, policy: Policy) -> State:
        found = self._kept.get((policy.kind, key))
        return found[1] if found else ()

    def _keep(self, key: str, policy: Policy, now: int, state: State) -> None:
        self._kept[policy.kind, key] = policy.full_at(state), state
        if len(self._kept) > self._room:
            self._sweep(now)

    def _sweep(self, now: int) -> None:
        """Forget full buckets. The more remain, the later the next sweep: each costs as much as there is."""
        left = [(key, kept) for key, kept in self._kept.items() if kept[0] > now]
        left.sort(key=itemgetter(1))
        self._kept = dict(left[-(self._most * 7 // 8 or 1) :])
        self._room = min(max(2 * len(self._kept), FEW_BUCKETS), self._most)


def check(units: int) -> None:
    """A cost below zero would be a gift."""
    if units < 0:
        raise ValueError(f"a cost cannot be negative: {units}")
