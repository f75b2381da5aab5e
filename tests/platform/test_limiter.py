"""Both limiters: how much they admit, that they agree, and what callers notice of a Redis that fails: nothing."""

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from barberpro.platform import ids
from barberpro.platform.limiter import (
    MOST_BUCKETS,
    TAKE,
    LocalLimiter,
    Rate,
    RedisLimiter,
    limiter,
)

FOREVER = 0.001
"""So slow that nothing comes back while a test runs."""

rates = st.builds(
    Rate, st.integers(1, 40), st.floats(0.01, 20_000) | st.sampled_from([1.0, 100.0, 500.0])
)
calls = st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(0, 45)), min_size=1, max_size=25)
"""(microseconds since the call before, cost)"""


class Stopwatch:
    """A monotonic clock that a test moves, in microseconds."""

    def __init__(self) -> None:
        self.microseconds = 0

    def __call__(self) -> int:
        return self.microseconds * 1_000


@pytest.fixture(scope="session")
def redis_url() -> str:
    url = os.environ.get("BARBERPRO_TEST_REDIS_URL")
    if not url:
        pytest.fail("no Redis: run scripts/test.py, or set BARBERPRO_TEST_REDIS_URL")
    return url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@asynccontextmanager
async def sharing(url: str, **given: float) -> AsyncIterator[RedisLimiter]:
    """A limiter on Redis, by default one that waits for a server however busy this machine is."""
    opened = RedisLimiter(url, **({"patience": 10.0} | given))
    yield opened
    await opened.close()


# What is admitted


@given(rates, calls)
@settings(deadline=None)
async def test_no_window_admits_more_than_the_capacity_and_what_came_back(
    rate: Rate, calls: list[tuple[int, int]]
) -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    admitted: list[tuple[int, int]] = []
    for gap, cost in calls:
        clock.microseconds += gap
        if (await local.take("k", rate, cost)).admitted:
            admitted.append((clock.microseconds, cost))

    for start in range(len(admitted)):
        total = 0
        for when, cost in admitted[start:]:
            total += cost
            seconds = Fraction(when - admitted[start][0], 1_000_000)
            assert total <= rate.capacity + Fraction(rate.per_second) * seconds


@given(rates, calls)
@settings(deadline=None)
async def test_it_is_a_token_bucket(rate: Rate, calls: list[tuple[int, int]]) -> None:
    # The textbook's bucket, in exact fractions; the only liberty is the rate in whole microseconds.
    clock = Stopwatch()
    local = LocalLimiter(clock)
    tokens = Fraction(rate.capacity)
    for gap, cost in calls:
        clock.microseconds += gap
        tokens = min(tokens + Fraction(gap, rate.spacing), Fraction(rate.capacity))
        verdict = await local.take("k", rate, cost)
        assert verdict.admitted == (tokens >= cost)
        tokens -= cost if verdict.admitted else 0
        assert verdict.remaining == math.floor(tokens)
        assert verdict.reset_after == float((rate.capacity - tokens) * rate.spacing / 1_000_000)


@given(rates, calls)
@settings(deadline=None)
async def test_a_refusal_ends_when_it_says_and_not_a_microsecond_before(
    rate: Rate, calls: list[tuple[int, int]]
) -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    for gap, cost in calls:
        clock.microseconds += gap
        verdict = await local.take("k", rate, cost)
        if verdict.admitted:
            assert verdict.retry_after == 0
        elif cost <= rate.capacity:
            clock.microseconds += round(verdict.retry_after * 1_000_000) - 1
            assert not (await local.take("k", rate, cost)).admitted
            clock.microseconds += 1
            assert (await local.take("k", rate, cost)).admitted


@pytest.mark.parametrize("per_second", [0.5, 3, 7, 100, 500, 1_000, 5_000, 20_000])
async def test_the_whole_capacity_fits_in_ones_and_in_one(per_second: float) -> None:
    rate = Rate(1_000, per_second)
    ones, one = LocalLimiter(Stopwatch()), LocalLimiter(Stopwatch())
    assert [(await ones.take("k", rate)).admitted for _ in range(1_001)] == [True] * 1_000 + [False]
    assert (await one.take("k", rate, 1_000)).remaining == 0
    assert not (await one.take("k", rate)).admitted


@pytest.mark.parametrize("per_second", [0.3, 3, 7, 300, 999, 15_000, 20_000])
async def test_a_rate_that_divides_no_second_is_never_rounded_up(per_second: float) -> None:
    clock = Stopwatch()
    local, rate = LocalLimiter(clock), Rate(10, per_second)
    await local.take("k", rate, 10)
    wait = (await local.take("k", rate)).retry_after
    assert 1 <= Fraction(per_second) * Fraction(round(wait * 1_000_000), 1_000_000) < 1.02
    clock.microseconds += round(wait * 1_000_000)
    assert (await local.take("k", rate)).admitted


async def test_more_than_the_capacity_is_never_admitted_and_no_wait_is_named() -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    rate = Rate(10, 5)
    verdict = await local.take("k", rate, 11)
    assert (verdict.admitted, verdict.remaining, verdict.retry_after) == (False, 10, math.inf)
    clock.microseconds += 10**12
    assert not (await local.take("k", rate, 11)).admitted
    assert (await local.take("k", rate, 10)).admitted  # nothing was taken before


async def test_a_cost_of_nothing_only_looks() -> None:
    local = LocalLimiter(Stopwatch())
    rate = Rate(5, 1)
    await local.take("k", rate, 5)
    for _ in range(3):
        verdict = await local.take("k", rate, 0)
        assert (verdict.admitted, verdict.remaining, verdict.reset_after) == (True, 0, 5.0)
    for number in range(500):
        assert (await local.take(f"k{number}", rate, 0)).remaining == 5
    assert set(local._full_at) == {"k"}  # and leaves nothing behind


async def test_a_negative_cost_would_be_a_gift(redis_url: str) -> None:
    with pytest.raises(ValueError, match="negative"):
        await LocalLimiter().take("k", Rate(5, 1), -1)
    async with sharing(redis_url) as shared:
        with pytest.raises(ValueError, match="negative"):
            await shared.take("k", Rate(5, 1), -1)


@pytest.mark.parametrize(
    ("capacity", "per_second"), [(0, 1), (1, 0), (1, -1), (1, math.nan), (1, 1_000_001)]
)
def test_a_bucket_holds_something_and_fills(capacity: int, per_second: float) -> None:
    with pytest.raises(ValueError, match="no bucket"):
        Rate(capacity, per_second)


async def test_a_smaller_rate_finds_an_empty_bucket_and_no_debt_beyond_it(redis_url: str) -> None:
    key = ids.new("key")
    async with sharing(redis_url) as shared:
        for each in (LocalLimiter(Stopwatch()), shared):
            await each.take(key, Rate(1_000, 1), 1_000)
            verdict = await each.take(key, Rate(10, 1))
            assert (verdict.admitted, verdict.remaining, verdict.retry_after) == (False, 0, 1.0)


# How much is remembered


async def test_buckets_that_are_full_again_are_forgotten() -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    for number in range(20_000):
        clock.microseconds += 1_000
        await local.take(f"k{number}", Rate(10, 100))  # full again 10 ms later
    assert len(local._full_at) <= 1_000


async def test_there_is_an_end_to_buckets_and_those_in_debt_stay_longest() -> None:
    local = LocalLimiter(Stopwatch(), most=500)
    rate = Rate(10, FOREVER)
    await local.take("deep", rate, 10)
    for number in range(5_000):
        await local.take(f"k{number}", rate)
        assert len(local._full_at) <= 500
    assert not (await local.take("deep", rate)).admitted


def test_by_default_there_is_an_end_too() -> None:
    assert LocalLimiter()._most == MOST_BUCKETS


# Redis


@given(
    st.builds(Rate, st.integers(1, 40), st.floats(0.01, 1)),
    st.lists(st.tuples(st.integers(0, 30_000_000), st.integers(0, 45)), min_size=1, max_size=15),
)
@settings(deadline=None, max_examples=60)
async def test_redis_gives_the_same_verdicts_at_the_same_times(
    redis_url: str, rate: Rate, calls: list[tuple[int, int]]
) -> None:
    # The script with the time as an argument. Rates are slow, so that no key expires by the server's own clock.
    timed = TAKE.replace("redis.call('TIME')", "{ARGV[4], ARGV[5]}")
    assert timed != TAKE
    clock = Stopwatch()
    clock.microseconds = 1_800_000_000 * 1_000_000
    local, key = LocalLimiter(clock), f"same:{ids.new('key')}"
    async with Redis.from_url(redis_url) as redis:
        script = redis.register_script(timed)
        for gap, cost in calls:
            clock.microseconds += gap
            now = divmod(clock.microseconds, 1_000_000)
            admitted, debt = await script(keys=[key], args=[rate.spacing, rate.filling, cost, *now])
            verdict = await local.take("k", rate, cost)
            assert (bool(admitted), debt / 1_000_000) == (verdict.admitted, verdict.reset_after)


async def test_tasks_of_several_processes_share_one_bucket(redis_url: str) -> None:
    key, rate = ids.new("key"), Rate(100, FOREVER)

    async def hammer(shared: RedisLimiter) -> int:
        return sum([(await shared.take(key, rate, 3)).admitted for _ in range(20)])

    async with sharing(redis_url) as one, sharing(redis_url) as other:
        counts = await asyncio.gather(*[hammer(each) for each in (one, other) for _ in range(5)])
        assert sum(counts) == 33
        assert not (await other.take(key, rate, 2)).admitted
        assert (await one.take(key, rate, 1)).admitted
        assert (await other.take(key, rate, 0)).remaining == 0


async def test_verdicts_from_redis_are_told_in_full(redis_url: str) -> None:
    async with sharing(redis_url) as shared:
        key, rate = ids.new("key"), Rate(10, 0.5)
        taken = await shared.take(key, rate, 4)
        refused = await shared.take(key, rate, 9)
        never = await shared.take(key, rate, 11)
    assert (taken.admitted, taken.remaining, taken.retry_after, taken.reset_after) == (
        True,
        6,
        0,
        8,
    )
    assert (refused.admitted, refused.remaining) == (False, 6)
    assert (
        5 < refused.retry_after <= 6
    )  # three more units at two seconds each, less the time between
    assert (never.admitted, never.remaining, never.retry_after) == (False, 6, math.inf)


async def test_redis_admits_again_after_the_wait_it_names(redis_url: str) -> None:
    async with sharing(redis_url) as shared:
        key, rate = ids.new("key"), Rate(10, 5)
        assert (await shared.take(key, rate, 10)).admitted
        refused = await shared.take(key, rate, 2)
        assert not refused.admitted
        await asyncio.sleep(refused.retry_after + 0.002)
        assert (await shared.take(key, rate, 2)).admitted


async def test_keys_expire_when_their_bucket_is_full(redis_url: str, redis: Redis) -> None:
    async with sharing(redis_url) as shared:
        key = ids.new("key")
        await shared.take(key, Rate(10, 1), 10)
        assert 9_000 < await redis.pttl(f"limit:{key}") <= 10_000
        key = ids.new("key")
        await shared.take(key, Rate(10, 100), 2)
        await asyncio.sleep(0.03)
        assert await redis.exists(f"limit:{key}") == 0
        await shared.take(key, Rate(10, 100), 0)
        await shared.take(key, Rate(10, 100), 11)
        assert await redis.exists(f"limit:{key}") == 0  # neither took anything


async def test_a_server_that_forgot_the_script_is_told_again(redis_url: str, redis: Redis) -> None:
    async with sharing(redis_url) as shared:
        key, rate = ids.new("key"), Rate(10, FOREVER)
        await shared.take(key, rate)
        await redis.script_flush()
        assert (await shared.take(key, rate)).remaining == 8
        assert await redis.exists(f"limit:{key}") == 1


async def test_settings_choose_the_limiter(redis_url: str) -> None:
    assert isinstance(limiter(None), LocalLimiter)
    shared = limiter(redis_url)
    assert isinstance(shared, RedisLimiter)
    await shared.close()


# A Redis that fails


class Line:
    """A line to Redis that a test can cut or hold up."""

    def __init__(self, redis_url: str) -> None:
        self._target = urlsplit(redis_url)
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._port = 0
        self.calls = 0
        """How often someone connected."""

    @property
    def url(self) -> str:
        credentials, _, _ = self._target.netloc.rpartition("@")
        return f"redis://{credentials}@127.0.0.1:{self._port}{self._target.path}"

    async def restore(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """The server is gone: connections break, and nobody listens."""
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def hold(self) -> None:
        """The server is there, and says nothing."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        there = await asyncio.open_connection(self._target.hostname, self._target.port or 6379)
        for source, sink in ((reader, there[1]), (there[0], writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    line = Line(redis_url)
    await line.restore()
    yield line
    line.release()
    await line.cut()


async def test_a_redis_killed_midway_is_noticed_by_no_caller(line: Line, redis_url: str) -> None:
    async with sharing(line.url) as shared:
        key, rate = ids.new("key"), Rate(200, FOREVER)
        verdicts: list[bool] = []
        midway = asyncio.Event()

        async def hammer() -> None:
            for _ in range(30):
                verdicts.append((await shared.take(key, rate)).admitted)
                if len(verdicts) == 60:
                    midway.set()

        async def kill() -> None:
            await midway.wait()
            await line.cut()

        await asyncio.gather(*[hammer() for _ in range(10)], kill())
        assert len(verdicts) == 300
        # What was under way when the line broke, one take a task, may count in one place only, or in both.
        assert abs(sum(verdicts) - 200) <= 10
        assert not (await shared.take(key, rate)).admitted
    async with sharing(redis_url) as shared:
        assert 100 < (await shared.take(key, rate, 0)).remaining <= 140


async def test_a_bucket_that_was_empty_stays_empty_when_redis_goes(line: Line) -> None:
    async with sharing(line.url) as shared:
        key, rate = ids.new("key"), Rate(10, FOREVER)
        assert (await shared.take(key, rate, 10)).admitted
        await line.cut()
        verdict = await shared.take(key, rate)
        assert (verdict.admitted, verdict.remaining) == (False, 0)


async def test_a_silent_redis_is_waited_for_once(line: Line) -> None:
    async with sharing(line.url, patience=0.05) as shared:
        rate = Rate(10, FOREVER)
        line.hold()
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await shared.take(ids.new("key"), rate)).admitted
        waited = loop.time() - began
        assert 0.05 <= waited < 2
        calls = line.calls
        for _ in range(200):
            assert (await shared.take(ids.new("key"), rate)).admitted
        assert loop.time() - began - waited < 5  # 200 waits would be ten seconds
        assert line.calls == calls


async def test_redis_is_asked_again_after_a_pause_by_one_caller(line: Line, redis: Redis) -> None:
    async with sharing(line.url, pause=0.5) as shared:
        rate = Rate(10, FOREVER)
        await line.cut()
        await shared.take(ids.new("key"), rate)
        await line.restore()
        alone = ids.new("key")
        await shared.take(alone, rate)
        assert await redis.exists(f"limit:{alone}") == 0
        await asyncio.sleep(0.51)
        keys = [ids.new("key") for _ in range(5)]
        await asyncio.gather(*[shared.take(key, rate) for key in keys])
        assert await redis.exists(*[f"limit:{key}" for key in keys]) == 1
        back = ids.new("key")
        await shared.take(back, rate)
        assert await redis.exists(f"limit:{back}") == 1


async def test_a_server_that_refuses_the_command_is_a_failure_like_any_other(
    redis_url: str, redis: Redis
) -> None:
    key = ids.new("key")
    await redis.lpush(f"limit:{key}", "not a bucket")  # pyright: ignore[reportGeneralTypeIssues]
    async with sharing(redis_url) as shared:
        assert (await shared.take(key, Rate(10, FOREVER))).remaining == 9
    await redis.delete(f"limit:{key}")


async def test_a_cancelled_caller_is_cancelled_and_leaves_no_answer_for_the_next(
    line: Line,
) -> None:
    async with sharing(line.url) as shared:
        rate = Rate(100, FOREVER)
        first, second = ids.new("key"), ids.new("key")
        await shared.take(first, rate, 50)
        line.hold()
        waiting = asyncio.create_task(shared.take(first, rate, 10))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        line.release()
        assert (await shared.take(second, rate)).remaining == 99
        assert (await shared.take(first, rate, 0)).remaining in (40, 50)
