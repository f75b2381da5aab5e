"""Budgets that refill: how much someone may do at once, and how fast it comes back.

The generic cell rate algorithm. A bucket is a single number, the instant at which it will be full again: to take units
moves that instant into the future, and no further than an empty bucket takes to fill. Time is kept in whole
microseconds, so that the limiter of one process and the one in Redis reckon alike and no rounding adds up.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

SECOND = 1_000_000
"""In microseconds, which all durations in here are in unless they are told to callers."""

PATIENCE = 0.05
"""Seconds that a request waits for Redis."""
PAUSE = 1.0
"""Seconds until a Redis that did not answer is asked again."""
MOST_BUCKETS = 50_000
FEW_BUCKETS = 1_000


@dataclass(frozen=True)
class Rate:
    """A bucket of `capacity` units into which `per_second` come back.

    Over any `t` seconds at most `capacity + per_second × t` units are admitted. A rate that does not divide a million
    is rounded down to one that does nearly: by less than 0.5 % for rates up to 5,000.
    """

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


@dataclass(frozen=True)
class Verdict:
    """Whether the units were taken, and how the bucket stands now. A refusal takes nothing."""

    admitted: bool
    remaining: int
    """Whole units that could be taken at once."""
    retry_after: float
    """Seconds until the same cost would be admitted: 0 when it was, `math.inf` where the bucket never holds so much."""
    reset_after: float
    """Seconds until the bucket is full."""


class Limiter(Protocol):
    """Buckets by key. A key always comes with the same rate; a bucket begins full."""

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        """Take `cost` units, or none of them. A cost of 0 only looks."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def limiter(redis_url: str | None) -> Limiter:
    """The limiter that all processes with this Redis share; without one, a limiter of this process alone."""
    return RedisLimiter(redis_url) if redis_url else LocalLimiter()


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
        self._full_at: dict[str, int] = {}
        self._room = min(FEW_BUCKETS, most)

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        _check(cost)
        now = self._now()
        debt = min(max(self._full_at.get(key, now) - now, 0), rate.filling)
        charged = debt + cost * rate.spacing
        if charged > rate.filling:
            return _refused(rate, cost, debt)
        if cost:
            self._keep(key, now, charged)
        return _admitted(rate, charged)

    def owe(self, key: str, debt: int) -> None:
        """Go on from what a bucket elsewhere lacks: so many microseconds until it is full."""
        self._keep(key, self._now(), debt)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _now(self) -> int:
        return self._clock() // 1_000

    def _keep(self, key: str, now: int, debt: int) -> None:
        self._full_at[key] = now + debt
        if len(self._full_at) > self._room:
            self._sweep(now)

    def _sweep(self, now: int) -> None:
        """Forget full buckets. The more remain, the later the next sweep: each costs as much as there is."""
        kept = sorted(((k, t) for k, t in self._full_at.items() if t > now), key=itemgetter(1))
        self._full_at = dict(kept[-(self._most * 7 // 8 or 1) :])
        self._room = min(max(2 * len(self._full_at), FEW_BUCKETS), self._most)


TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local spacing, filling, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local full_at = tonumber(redis.call('GET', KEYS[1])) or now
local debt = math.min(math.max(full_at - now, 0), filling)
local charged = debt + cost * spacing
if charged > filling then
    return {0, debt}
end
if cost > 0 then
    local lifetime = math.ceil(charged / 1000)
    redis.call('SET', KEYS[1], string.format('%.0f', now + charged), 'PX', string.format('%.0f', lifetime))
end
return {1, charged}
"""
"""Takes by the server's clock, so that the clocks of machines do not matter. Whole microseconds since 1970 are exact
in Lua's doubles until 2255; numbers are formatted by hand because Lua prints 14 digits of them."""


class RedisLimiter:
    """Buckets that all processes share.

    Where Redis fails or takes longer than `patience`, this process decides alone from the last it saw of each bucket,
    and asks Redis again after `pause`. Meanwhile n processes admit up to n times the rate. No error reaches the caller.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE, pause: float = PAUSE) -> None:
        # Its import takes a third of a second: only processes that share their buckets pay for it.
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        # Tried twice without a pause: the server may have closed an idle connection. Timeouts are ours, below.
        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 1), socket_timeout=None)
        self._script = self._redis.register_script(TAKE)
        self._patience = patience
        self._pause = pause
        self._local = LocalLimiter()
        self._ask_again_at: float | None = None
        """None while Redis answers."""

    async def take(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        _check(cost)
        if not self._asks():
            return await self._local.take(key, rate, cost)
        try:
            async with asyncio.timeout(self._patience):
                arguments = [rate.spacing, rate.filling, cost]
                admitted, debt = await self._script(keys=[f"limit:{key}"], args=arguments)
        except Exception as error:  # whatever it is, a request must not fail because of its limits
            self._go_alone(error)
            return await self._local.take(key, rate, cost)
        self._resume()
        self._local.owe(key, debt)
        return _admitted(rate, debt) if admitted else _refused(rate, cost, debt)

    async def close(self) -> None:
        await self._redis.aclose()

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


def _check(cost: int) -> None:
    if cost < 0:
        raise ValueError(f"a cost cannot be negative: {cost}")


def _admitted(rate: Rate, debt: int) -> Verdict:
    return Verdict(True, _remaining(rate, debt), 0.0, debt / SECOND)


def _refused(rate: Rate, cost: int, debt: int) -> Verdict:
    missing = debt + cost * rate.spacing - rate.filling
    wait = missing / SECOND if cost <= rate.capacity else math.inf
    return Verdict(False, _remaining(rate, debt), wait, debt / SECOND)


def _remaining(rate: Rate, debt: int) -> int:
    return (rate.filling - debt) // rate.spacing
