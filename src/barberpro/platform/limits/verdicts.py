"""What a limiter says of one bucket."""

from typing import NamedTuple

SECOND = 1_000_000
"""In microseconds, which all times in here are in unless they are told to callers."""

State = tuple[int, ...]
"""What a bucket remembers, in whole numbers below 2^53, so that Lua's doubles hold them. Empty: it is full."""


class Verdict(NamedTuple):
    """Whether the units were taken, and how the bucket stands now. A refusal takes nothing."""

    admitted: bool
    remaining: int
    """Whole units that could be taken at once."""
    retry_after: float
    """Seconds until the same cost would be admitted: 0 when it was, `math.inf` where the bucket never holds so much."""
    reset_after: float
    """Seconds until the bucket is full."""
    at: int = 0
    """When it was said, by the limiter's own clock in microseconds: units are given back to that moment."""
