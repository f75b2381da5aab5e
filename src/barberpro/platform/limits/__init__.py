"""How much someone may do at once, and how fast it comes back: policies, and who keeps what they remember."""

from .limiter import Limiter, limiter
from .local import LocalLimiter
from .policies import FixedWindow, Policy, Rate, SlidingWindow, TokenBucket, policy
from .verdicts import Verdict

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
