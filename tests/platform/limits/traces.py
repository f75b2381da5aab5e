"""Policies and traces of calls, drawn at random; and clocks that stand still until a test moves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypothesis import strategies as st

from barberpro.platform.limits import FixedWindow, Policy, Rate, SlidingWindow, TokenBucket
from barberpro.platform.limits.shared import SharedLimiter

FOREVER = 0.001
"""So slow that nothing comes back while a test runs."""

_capacities = st.integers(1, 40)
_rates = st.floats(0.01, 20_000) | st.sampled_from([1.0, 100.0, 500.0])
_spans = st.floats(0.001, 30) | st.sampled_from([1.0, 60.0])
rates = st.builds(Rate, _capacities, _rates)
buckets = st.builds(TokenBucket, _capacities, _rates)
sliding = st.builds(SlidingWindow, _capacities, _spans, st.integers(1, 12))
fixed = st.builds(FixedWindow, _capacities, _spans)
policies: st.SearchStrategy[Policy] = st.one_of(rates, buckets, sliding, fixed)

calls = st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(0, 45)), min_size=1, max_size=25)
"""(microseconds since the call before, cost)"""


class Stopwatch:
    """A monotonic clock that a test moves, in microseconds."""

    def __init__(self, microseconds: int = 0) -> None:
        self.microseconds = microseconds

    def __call__(self) -> int:
        return self.microseconds * 1_000


@asynccontextmanager
async def sharing(url: str, **given: float) -> AsyncIterator[SharedLimiter]:
    """A limiter on Redis, by default one that waits for a server however busy this machine is."""
    opened = SharedLimiter(url, **({"patience": 10.0} | given))  # type: ignore[arg-type]
    yield opened
    await opened.close()
