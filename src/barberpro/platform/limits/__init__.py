"""How much someone may do at once, and how fast it comes back: policies, and who keeps what they remember."""

from .buckets import Rate, TokenBucket
from .limiter import Limiter, limiter
from .local import LocalLimiter
from .policies import Policy, policy
from .verdicts import Verdict
from .windows import FixedWindow, SlidingWindow

__all__ = [
    "FixedWindow",
    "Limiter",
    "LocalLimiter",
    "Policy",
    "Rate",
    "SlidingWindow",
    "TokenBucket",
    "Verdict",
    "limiter",
    "policy",
]
