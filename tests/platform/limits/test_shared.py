"""Buckets that processes share in Redis: the same verdicts as of one process, at any time."""

import asyncio
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from barberpro.platform import ids
from barberpro.platform.limits import LocalLimiter, Policy, Rate, limiter
from barberpro.platform.limits.script import SCRIPT, TIME
from barberpro.platform.limits.shared import SharedLimiter

from .traces import FOREVER, Stopwatch, policies, sharing

NOW = 1_800_000_000 * 1_000_000
"""Microseconds since 1970 at which traces begin."""
DAY = 86_400
MOVES = st.lists(
    st.tuples(st.integers(0, 3_000_000), st.integers(0, 45), st.booleans(), st.integers(0, 45)),
    min_size=1,
    max_size=15,
)
"""(microseconds since the move before, units, whether they are given back, to which taking before)"""
TIMED = SCRIPT.replace(TIME, "{redis.call('GET', 'now:' .. KEYS[1]), 0}").replace(
    "time[1] * 1000000", "tonumber(time[1])"
)


@given(policies, MOVES)
@settings(deadline=None, max_examples=150)
async def test_redis_gives_the_same_verdicts_at_the_same_times(
    redis_url: str, policy: Policy, moves: list[tuple[int, int, bool, int]]
) -> None:
    # The script by a clock that the test moves. Keys are kept for a day, so that none expires by the server's own.
    kept = TIMED.replace("string.format('%.0f', lifetime))", f"'{DAY * 1_000}')")
    assert kept.count("now:") == 1 and kept.count(str(DAY)) == 1
    clock = Stopwatch(NOW)
    local, key = LocalLimiter(clock), ids.new("key")
    name = f"limit:{policy.kind}:{key}"
    taken: list[Any] = []
    async with Redis.from_url(redis_url) as redis:
        script = redis.register_script(kept)

        async def moved(units: int, at: int) -> tuple[bool, tuple[int, ...]]:
            await redis.set(f"now:{name}", clock.microseconds, ex=60)
            given = [policy.kind, units, at, len(policy.terms), *policy.terms]
            [[admitted, now, *state]] = await script(keys=[name], args=given)
            assert now == clock.microseconds
            return bool(admitted), tuple(state)

        for gap, units, is_return, which in moves:
            clock.microseconds += gap
            if is_return and taken:
                before = taken[which % len(taken)]
                verdict = local.give_back(key, policy, units, before)
                admitted, state = await moved(-units, before.at)
            else:
                verdict = await local.take(key, policy, units)
                admitted, state = await moved(units, -1)
                taken += [verdict] * verdict.admitted
            shown = policy.verdict(state, clock.microseconds, units, admitted=admitted)
            assert shown == verdict


async def test_what_is_given_back_is_there_for_all(redis_url: str) -> None:
    key, rate = ids.new("key"), Rate(100, FOREVER)
    async with sharing(redis_url) as one, sharing(redis_url) as other:
        taken = await one.take(key, rate, 100)
        assert one.give_back(key, rate, 30, taken).remaining == 30  # told at once
        assert one.give_back(key, rate, 12, taken).remaining == 42
        for _ in range(200):
            if (await other.look(key, rate)).remaining:
                break
            await asyncio.sleep(0.01)
        assert (await other.look(key, rate)).remaining == 42  # both came in one call
        assert (await one.take(key, rate, 42)).admitted


async def test_what_is_only_counted_is_decided_at_once_and_heard_by_all(redis_url: str) -> None:
    key, other_key, rate = ids.new("key"), ids.new("key"), Rate(10, FOREVER)
    async with sharing(redis_url) as one, sharing(redis_url) as other:
        assert [one.count(key, rate, 3).remaining for _ in range(2)] == [7, 4]
        assert other.count(key, rate, 5).remaining == 5  # it has not heard
        await other.take(other_key, rate)  # what was counted goes with the next call
        await one.take(other_key, rate)
        assert (await one.look(key, rate)).remaining == 2  # 11 were too many: the last 3 are not
        refused = other.count(key, rate, 7)
        assert (refused.admitted, refused.remaining) == (False, 5)
        await other.take(key, rate, 2)
        assert not other.count(key, rate, 1).admitted  # and what others took is heard of


async def test_what_callers_ask_at_once_goes_in_few_calls(redis_url: str, redis: Redis) -> None:
    rate, keys = Rate(100, FOREVER), [ids.new("key") for _ in range(200)]
    async with sharing(redis_url) as one:
        await one.look(keys[0], rate)
        sound, calls = one._script, 0

        async def counted(**given: Any) -> Any:
            nonlocal calls
            calls += 1
            return await sound(**given)

        one._script = counted  # type: ignore[assignment]
        taken = await asyncio.gather(*[one.take(key, rate, n % 50) for n, key in enumerate(keys)])
        assert [t.remaining for t in taken] == [100 - n % 50 for n in range(200)]
        assert calls <= 2


async def test_what_was_given_back_last_is_there_after_the_end(redis_url: str) -> None:
    key, rate = ids.new("key"), Rate(100, FOREVER)
    async with sharing(redis_url) as one:
        taken = await one.take(key, rate, 100)
        for _ in range(60):
            one.give_back(key, rate, 1, taken)
    async with sharing(redis_url) as other:
        assert (await other.look(key, rate)).remaining == 60


async def test_givers_at_once_lose_nothing_and_no_bucket_overflows(redis_url: str) -> None:
    key, rate = ids.new("key"), Rate(1_000, FOREVER)
    async with sharing(redis_url) as one, sharing(redis_url) as other:

        async def spend(shared: SharedLimiter) -> None:
            for _ in range(50):
                taken = await shared.take(key, rate, 2)
                shared.give_back(key, rate, 1, taken)

        await asyncio.gather(*[spend(each) for each in (one, other) for _ in range(5)])
        await asyncio.gather(one.flush(), other.flush())
        assert (await one.look(key, rate)).remaining == 500
        taken = await one.take(key, rate, 1)
        other.give_back(key, rate, 5_000, taken)
        await other.flush()
        assert (await one.look(key, rate)).remaining == 1_000


async def test_tasks_of_several_processes_share_one_bucket(redis_url: str) -> None:
    key, rate = ids.new("key"), Rate(100, FOREVER)

    async def hammer(shared: SharedLimiter) -> int:
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
        assert 9_000 < await redis.pttl(f"limit:gcra:{key}") <= 10_000
        key = ids.new("key")
        await shared.take(key, Rate(10, 100), 2)
        await asyncio.sleep(0.03)
        assert await redis.exists(f"limit:gcra:{key}") == 0
        await shared.take(key, Rate(10, 100), 0)
        await shared.take(key, Rate(10, 100), 11)
        assert await redis.exists(f"limit:gcra:{key}") == 0  # neither took anything


async def test_a_server_that_forgot_the_script_is_told_again(redis_url: str, redis: Redis) -> None:
    async with sharing(redis_url) as shared:
        key, rate = ids.new("key"), Rate(10, FOREVER)
        await shared.take(key, rate)
        await redis.script_flush()
        assert (await shared.take(key, rate)).remaining == 8
        assert await redis.exists(f"limit:gcra:{key}") == 1


async def test_settings_choose_the_limiter(redis_url: str) -> None:
    assert isinstance(limiter(None), LocalLimiter)
    shared = limiter(redis_url)
    assert isinstance(shared, SharedLimiter)
    await shared.close()
