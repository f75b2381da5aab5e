"""Buckets that all processes share, in Redis."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from .local import LocalLimiter, check
from .policies import Policy
from .script import SCRIPT
from .verdicts import Verdict

PATIENCE = 0.05
"""Seconds that a request waits for Redis."""
PAUSE = 1.0
"""Seconds until a Redis that did not answer is asked again."""
GATHER = 0.01
"""Seconds in which what is given back is gathered: one call for all of it."""
MOST_AT_ONCE = 500

Move = tuple[str, Policy, int, int]
"""A key, its policy, units, and the moment they belong to."""

log = structlog.get_logger(__name__)


class SharedLimiter:
    """Buckets that all processes share.

    Where Redis fails or takes longer than `patience`, this process decides alone from the last it saw of each bucket,
    and asks Redis again after `pause`. Meanwhile n processes admit up to n times the rate. No error reaches the caller.
    """

    def __init__(
        self, url: str, *, patience: float = PATIENCE, pause: float = PAUSE, script: str = SCRIPT
    ) -> None:
        # Its import takes a third of a second: only processes that share their buckets pay for it.
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        # Tried twice without a pause: the server may have closed an idle connection. Timeouts are ours, below.
        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_timeout=None)
        self._script = self._redis.register_script(script)
        self._patience = patience
        self._pause = pause
        self._local = LocalLimiter()
        self._ask_again_at: float | None = None
        """None while Redis answers."""
        self._returned: list[Move] = []
        self._returning: asyncio.Task[None] | None = None

    async def take(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        check(cost)
        answer = await self._moved([(key, policy, cost, -1)])
        if answer is None:
            return await self._local.take(key, policy, cost)
        admitted, now, *state = answer[0]
        self._local.follow(key, policy, now, tuple(state))
        return policy.verdict(tuple(state), now, cost, admitted=bool(admitted))

    async def look(self, key: str, policy: Policy) -> Verdict:
        return await self.take(key, policy, 0)

    def give_back(self, key: str, policy: Policy, units: int, taken: Verdict) -> Verdict:
        """Told at once from what this process last saw of the bucket; Redis hears within a hundredth of a second."""
        self._returned.append((key, policy, -units, taken.at))
        if self._returning is None or self._returning.done():
            self._returning = asyncio.create_task(self._return())
        return self._local.give_back(key, policy, units, taken)

    async def close(self) -> None:
        if self._returning is not None:
            await asyncio.gather(self._returning, return_exceptions=True)
        await self._redis.aclose()

    async def _return(self) -> None:
        while self._returned:
            await asyncio.sleep(GATHER)
            some, self._returned = self._returned[:MOST_AT_ONCE], self._returned[MOST_AT_ONCE:]
            # Where Redis does not answer, these are lost to it: what was charged in full is no gift.
            await self._moved(some)

    async def _moved(self, moves: Sequence[Move]) -> list[list[int]] | None:
        """What Redis answers to these moves; None where it is not asked, or says nothing in time."""
        if not self._asks():
            return None
        keys = [f"limit:{policy.kind}:{key}" for key, policy, _, _ in moves]
        given: list[int | str] = []
        for _, policy, units, at in moves:
            given += (policy.kind, units, at, len(policy.terms), *policy.terms)
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._script(keys=keys, args=given)
        except Exception as error:  # whatever it is, a request must not fail because of its limits
            self._go_alone(error)
            return None
        self._resume()
        return answer

    def _asks(self) -> bool:
        if self._ask_again_at is None:
            return True
        now = time.monotonic()
        if now < self._ask_again_at:
            return False
        self._ask_again_at = now + self._pause  # this request finds out for all others
        return True

    def _go_alone(self, error: Exception) -> None:
        if self._ask_again_at is None:
            log.warning("limiter.alone", error=type(error).__name__)
        self._ask_again_at = time.monotonic() + self._pause

    def _resume(self) -> None:
        if self._ask_again_at is not None:
            log.info("limiter.shared")
        self._ask_again_at = None
