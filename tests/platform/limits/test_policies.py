"""What each policy admits: never more than it promises, and exactly what its textbook does."""

import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.platform.limits import (
    FixedWindow,
    LocalLimiter,
    Policy,
    Rate,
    SlidingWindow,
    TokenBucket,
    policy,
)

from .traces import Stopwatch, buckets, calls, fixed, policies, rates, sliding

Admitted = list[tuple[int, int]]
"""(when, how much)"""
Calls = list[tuple[int, int]]


async def admitted(policy: Policy, calls: Calls) -> Admitted:
    clock = Stopwatch()
    local, found = LocalLimiter(clock), []
    for gap, cost in calls:
        clock.microseconds += gap
        if (await local.take("k", policy, cost)).admitted:
            found.append((clock.microseconds, cost))
    return found


@given(rates | buckets, calls)
@settings(deadline=None)
async def test_over_any_span_a_bucket_admits_its_capacity_and_what_came_back(
    bucket: Rate | TokenBucket, calls: Calls
) -> None:
    found = await admitted(bucket, calls)
    for start in range(len(found)):
        total = 0
        for when, cost in found[start:]:
            total += cost
            seconds = Fraction(when - found[start][0], 1_000_000)
            assert total <= bucket.capacity + Fraction(bucket.per_second) * seconds


@given(sliding, calls)
@settings(deadline=None)
async def test_a_sliding_window_admits_its_capacity_in_any_span(
    window: SlidingWindow, calls: Calls
) -> None:
    found = await admitted(window, calls)
    span = Fraction(window.seconds) * 1_000_000
    for start, _ in found:
        assert sum(cost for when, cost in found if start <= when < start + span) <= window.capacity


@given(sliding, calls)
@settings(deadline=None)
async def test_a_sliding_window_refuses_only_what_one_slice_more_would(
    window: SlidingWindow, calls: Calls
) -> None:
    clock = Stopwatch()
    local, found = LocalLimiter(clock), []
    span = window.slice * (window.slices + 1)
    for gap, cost in calls:
        clock.microseconds += gap
        recent = sum(c for when, c in found if when > clock.microseconds - span)
        verdict = await local.take("k", window, cost)
        if verdict.admitted:
            found.append((clock.microseconds, cost))
        else:
            assert recent + cost > window.capacity


@given(fixed, calls)
@settings(deadline=None)
async def test_a_fixed_window_admits_whatever_fits_and_no_more(
    window: FixedWindow, calls: Calls
) -> None:
    clock, used = Stopwatch(), Counter[int]()
    local = LocalLimiter(clock)
    for gap, cost in calls:
        clock.microseconds += gap
        index = clock.microseconds // window.window
        verdict = await local.take("k", window, cost)
        assert verdict.admitted == (used[index] + cost <= window.capacity)
        used[index] += cost if verdict.admitted else 0
        assert verdict.remaining == window.capacity - used[index]


@given(rates, calls)
@settings(deadline=None)
async def test_a_rate_is_the_textbooks_bucket(rate: Rate, calls: Calls) -> None:
    # In exact fractions; the only liberty is the rate in whole microseconds.
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


@given(buckets, calls)
@settings(deadline=None)
async def test_a_token_bucket_is_the_textbooks_too(bucket: TokenBucket, calls: Calls) -> None:
    # The only liberty is the rate, in whole thousandths.
    clock = Stopwatch()
    local = LocalLimiter(clock)
    rate, capacity = Fraction(bucket.gain, 1_000_000_000), Fraction(bucket.capacity)
    tokens = capacity
    for gap, cost in calls:
        clock.microseconds += gap
        tokens = min(tokens + gap * rate, capacity)
        verdict = await local.take("k", bucket, cost)
        assert verdict.admitted == (tokens >= cost)
        tokens -= cost if verdict.admitted else 0
        assert verdict.remaining == math.floor(tokens)


@given(policies, calls)
@settings(deadline=None)
async def test_a_refusal_ends_when_it_says_and_not_a_microsecond_before(
    policy: Policy, calls: Calls
) -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    for gap, cost in calls:
        clock.microseconds += gap
        verdict = await local.take("k", policy, cost)
        if verdict.admitted:
            assert verdict.retry_after == 0
        elif cost > policy.capacity:
            assert verdict.retry_after == math.inf
        else:
            wait = round(verdict.retry_after * 1_000_000)
            assert wait > 0
            clock.microseconds += wait - 1
            assert not (await local.take("k", policy, cost)).admitted
            clock.microseconds += 1
            assert (await local.take("k", policy, cost)).admitted


@given(policies, calls)
@settings(deadline=None)
async def test_a_bucket_is_full_when_it_says(policy: Policy, calls: Calls) -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    for gap, cost in calls:
        clock.microseconds += gap
        await local.take("k", policy, cost)
    clock.microseconds += round((await local.look("k", policy)).reset_after * 1_000_000)
    full = await local.look("k", policy)
    assert (full.remaining, full.reset_after) == (policy.capacity, 0)


@given(
    policies,
    st.lists(
        st.tuples(st.integers(0, 3_000_000), st.integers(0, 40), st.integers(0, 40)),
        min_size=1,
        max_size=20,
    ),
)
@settings(deadline=None)
async def test_giving_back_never_makes_more_than_full_and_never_takes(
    policy: Policy, calls: list[tuple[int, int, int]]
) -> None:
    clock = Stopwatch()
    local = LocalLimiter(clock)
    for gap, cost, units in calls:
        clock.microseconds += gap
        taken = await local.take("k", policy, cost)
        clock.microseconds += gap // 2
        before = await local.look("k", policy)
        after = local.give_back("k", policy, units, taken)
        assert before.remaining <= after.remaining <= min(before.remaining + units, policy.capacity)
        assert after == await local.look("k", policy)


@given(policies, st.integers(1, 40), st.integers(0, 3_000_000))
@settings(deadline=None)
async def test_what_is_given_back_at_once_was_never_taken(
    policy: Policy, cost: int, began: int
) -> None:
    clock = Stopwatch(began)
    local = LocalLimiter(clock)
    taken = await local.take("k", policy, cost)
    if taken.admitted:
        again = local.give_back("k", policy, cost, taken)
        assert (again.remaining, again.reset_after) == (policy.capacity, 0)


async def test_a_window_that_is_over_is_given_nothing_back() -> None:
    clock = Stopwatch()
    local, window = LocalLimiter(clock), FixedWindow(10, 1)
    first = await local.take("k", window, 10)
    clock.microseconds += 1_000_000
    await local.take("k", window, 10)
    assert local.give_back("k", window, 5, first).remaining == 0


async def test_a_slice_that_is_over_is_given_nothing_back() -> None:
    clock = Stopwatch()
    local, window = LocalLimiter(clock), SlidingWindow(10, 1, slices=1)
    first = await local.take("k", window, 10)
    clock.microseconds += 2_000_000
    await local.take("k", window, 10)
    assert local.give_back("k", window, 5, first).remaining == 0


async def test_a_window_of_the_future_counts_as_of_now() -> None:
    for window in (FixedWindow(10, 1), SlidingWindow(10, 1)):
        clock = Stopwatch(50_000_000)
        local = LocalLimiter(clock)
        await local.take("k", window, 4)
        clock.microseconds = 20_000_000  # the clock was set back
        assert (await local.take("k", window, 1)).remaining == 5
        clock.microseconds += 2_200_000
        assert (await local.look("k", window)).remaining == 10


@pytest.mark.parametrize("per_second", [0.5, 3, 7, 100, 500, 1_000, 5_000, 20_000])
@pytest.mark.parametrize("kind", [Rate, TokenBucket])
async def test_the_whole_capacity_fits_in_ones_and_in_one(
    kind: type[Rate | TokenBucket], per_second: float
) -> None:
    bucket = kind(1_000, per_second)
    ones, one = LocalLimiter(Stopwatch()), LocalLimiter(Stopwatch())
    taken = [(await ones.take("k", bucket)).admitted for _ in range(1_001)]
    assert taken == [True] * 1_000 + [False]
    assert (await one.take("k", bucket, 1_000)).remaining == 0
    assert not (await one.take("k", bucket)).admitted


@pytest.mark.parametrize("per_second", [0.3, 3, 7, 300, 999, 15_000, 20_000])
async def test_a_rate_that_divides_no_second_is_never_rounded_up(per_second: float) -> None:
    clock = Stopwatch()
    local, rate = LocalLimiter(clock), Rate(10, per_second)
    await local.take("k", rate, 10)
    wait = (await local.take("k", rate)).retry_after
    assert 1 <= Fraction(per_second) * Fraction(round(wait * 1_000_000), 1_000_000) < 1.02
    clock.microseconds += round(wait * 1_000_000)
    assert (await local.take("k", rate)).admitted


@pytest.mark.parametrize(
    ("terms", "made"),
    [
        ({"capacity": 20_000, "per_second": 500}, Rate(20_000, 500)),
        ({"policy": "gcra", "capacity": 5, "per_second": 0.5}, Rate(5, 0.5)),
        ({"policy": "token-bucket", "capacity": 5, "per_second": 3}, TokenBucket(5, 3)),
        ({"policy": "sliding-window", "capacity": 5, "seconds": 60}, SlidingWindow(5, 60)),
        (
            {"policy": "sliding-window", "capacity": 5, "seconds": 60, "slices": 6},
            SlidingWindow(5, 60, 6),
        ),
        ({"policy": "fixed-window", "capacity": 5, "seconds": 60}, FixedWindow(5, 60)),
    ],
)
def test_a_policy_is_chosen_by_data(terms: dict[str, object], made: Policy) -> None:
    assert policy(terms) == made


@pytest.mark.parametrize(
    "terms",
    [
        {"policy": "leaky", "capacity": 5, "per_second": 1},
        {"capacity": 5},
        {"capacity": 5, "seconds": 60},
        {"policy": "fixed-window", "capacity": 5, "per_second": 1},
        {"capacity": 0, "per_second": 1},
        {"capacity": 1, "per_second": 0},
        {"capacity": 1, "per_second": -1},
        {"capacity": 1, "per_second": math.nan},
        {"capacity": 1, "per_second": 1_000_001},
        {"policy": "token-bucket", "capacity": 9_000_001, "per_second": 1},
        {"policy": "token-bucket", "capacity": 1, "per_second": 0.0009},
        {"policy": "sliding-window", "capacity": 1, "seconds": 0},
        {"policy": "sliding-window", "capacity": 1, "seconds": 1, "slices": 0},
        {"policy": "fixed-window", "capacity": 0, "seconds": 1},
    ],
)
def test_what_cannot_work_is_no_policy(terms: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no |other terms"):
        policy(terms)
