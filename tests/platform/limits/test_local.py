"""Buckets of one process: what is refused, and how much is remembered."""

import math

import pytest

from barberpro.platform import ids
from barberpro.platform.limits import LocalLimiter, Rate, SlidingWindow
from barberpro.platform.limits.local import MOST_BUCKETS

from .traces import FOREVER, Stopwatch, sharing


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
    assert set(local._kept) == {("gcra", "k")}  # and leaves nothing behind


async def test_a_negative_cost_would_be_a_gift(redis_url: str) -> None:
    with pytest.raises(ValueError, match="negative"):
        await LocalLimiter().take("k", Rate(5, 1), -1)
    async with sharing(redis_url) as shared:
        with pytest.raises(ValueError, match="negative"):
            await shared.take("k", Rate(5, 1), -1)


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
    assert len(local._kept) <= 1_000


async def test_there_is_an_end_to_buckets_and_those_in_debt_stay_longest() -> None:
    local = LocalLimiter(Stopwatch(), most=500)
    rate = Rate(10, FOREVER)
    await local.take("deep", rate, 10)
    for number in range(5_000):
        await local.take(f"k{number}", rate)
        assert len(local._kept) <= 500
    assert not (await local.take("deep", rate)).admitted


def test_by_default_there_is_an_end_too() -> None:
    assert LocalLimiter()._most == MOST_BUCKETS


async def test_one_key_under_two_policies_is_two_buckets() -> None:
    local = LocalLimiter(Stopwatch())
    await local.take("k", Rate(10, FOREVER), 10)
    assert (await local.take("k", SlidingWindow(10, 60), 10)).admitted


async def test_nothing_is_given_back_below_zero() -> None:
    local, rate = LocalLimiter(Stopwatch()), Rate(10, FOREVER)
    taken = await local.take("k", rate, 5)
    with pytest.raises(ValueError, match="negative"):
        local.give_back("k", rate, -1, taken)
    assert (await local.look("k", rate)).remaining == 5
