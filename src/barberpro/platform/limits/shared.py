"""Buckets that all processes share, in Redis."""

import asyncio
import time
from collections.abc import Sequence
from itertools import repeat

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
"""Seconds that moves nobody waits for wait for company: one call for all of them."""
MOST_AT_ONCE = 500

Move = tuple[str, Policy, int, int]
"""A key, its policy, units, and the moment they belong to."""
Answer = list[int] | None
"""Whether the units were admitted, the time, the state; None where nobody answered."""

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
        self._waiting: list[tuple[Move, asyncio.Future[Answer] | None]] = []
        self._sender: asyncio.Task[None] | None = None
        self._gathering: asyncio.TimerHandle | None = None

    async def take(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        check(cost)
        answer = await self._moved((key, policy, cost, -1)) if self._asks() else None
        if answer is None:
            return await self._local.take(key, policy, cost)
        admitted, now, *state = answer
        return policy.verdict(tuple(state), now, cost, admitted=bool(admitted))

    async def look(self, key: str, policy: Policy) -> Verdict:
        return await self.take(key, policy, 0)

    def count(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        verdict = self._local.count(key, policy, cost)
        if verdict.admitted:
            self._tell((key, policy, cost, -1))
        return verdict

    def give_back(self, key: str, policy: Policy, units: int, taken: Verdict) -> Verdict:
        """Told at once from what this process last saw of the bucket; Redis hears with the next call, or soon.

        While Redis does not answer it hears nothing of it: what stays charged in full is no gift.
        """
        verdict = self._local.give_back(key, policy, units, taken)
        self._tell((key, policy, -units, taken.at))
        return verdict

    async def flush(self) -> None:
        """Tell Redis what it has not heard yet."""
        if self._waiting:
            self._send_soon()
        if self._sender is not None:
            await asyncio.gather(self._sender, return_exceptions=True)

    async def close(self) -> None:
        await self.flush()
        await self._redis.aclose()

    def _tell(self, move: Move) -> None:
        """Let Redis hear of a move that nobody waits for: with the next call, or soon."""
        if self._ask_again_at is not None:
            return
        self._waiting.append((move, None))
        if self._sender is None and self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER, self._send_soon)

    async def _moved(self, move: Move) -> Answer:
        """What Redis answers to this move. Those of other callers that wait go with it, in one call."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((move, answer))
        self._send_soon()
        return await answer

    def _send_soon(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())

    async def _send(self) -> None:
        """One call after the other, each with all that has come meanwhile: the more there is, the less each costs."""
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                answers = await self._asked([move for move, _ in some])
                if answers is None:
                    some, self._waiting = some + self._waiting, []
                    answers = repeat(None)
                for (move, waiting), answer in zip(some, answers, strict=False):
                    if answer is not None:
                        _, now, *state = answer
                        self._local.follow(move[0], move[1], now, tuple(state))
                    if waiting is not None and not waiting.done():
                        waiting.set_result(answer)
        finally:
            self._sender = None

    async def _asked(self, moves: Sequence[Move]) -> list[list[int]] | None:
        """What Redis answers to these moves; None where it says nothing in time."""
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
