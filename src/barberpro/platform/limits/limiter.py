"""What a limiter does, and which one a process has."""

from typing import Protocol

from .local import LocalLimiter
from .policies import Policy
from .verdicts import Verdict


class Limiter(Protocol):
    """Buckets by key. A key always comes with the same policy; a bucket begins full."""

    async def take(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        """Take `cost` units, or none of them."""
        ...

    def count(self, key: str, policy: Policy, cost: int = 1) -> Verdict:
        """The same without waiting for others who share the bucket: it is decided from what was last heard of it.

        They hear with the next call, and so does this process of them: each may admit what comes meanwhile.
        """
        ...

    def give_back(self, key: str, policy: Policy, units: int, taken: Verdict) -> Verdict:
        """Give back some of what `taken` took: at most so much, and never more than makes the bucket full.

        Does not wait: what others share hears of it a moment later.
        """
        ...

    async def look(self, key: str, policy: Policy) -> Verdict:
        """How the bucket stands, taking nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def limiter(redis_url: str | None) -> Limiter:
    """The limiter that all processes with this Redis share; without one, a limiter of this process alone."""
    if redis_url is None:
        return LocalLimiter()
    from .shared import SharedLimiter

    return SharedLimiter(redis_url)
