"""How often an address may ask, and how often it may be wrong in a client's name."""

from dataclasses import dataclass
from math import ceil

from starlette.requests import Request

from barberpro.platform.limits import Rate, Verdict
from barberpro.platform.platform import Platform

from ..gate import network_of

MOST_FAILURES = 30
"""Wrong proofs of one client from one address, then one every two seconds.

By client *and* address: who is wrong on purpose shuts out nobody but themselves.
"""
FAILURES = Rate(MOST_FAILURES, 0.5)


@dataclass(eq=False)
class TooMany(Exception):
    """The caller has to wait so many seconds."""

    wait: int

    @classmethod
    def by(cls, verdict: Verdict) -> "TooMany":
        """As long as the limiter says, and a second at least: clients come back at once after 0."""
        return cls(max(1, ceil(verdict.retry_after)))


async def count(request: Request, what: str) -> None:
    """Count a request of this address. Raises TooMany."""
    platform: Platform = request.state.platform
    most = platform.settings.token_requests_per_address
    verdict = await platform.limiter.take(
        f"requests:{what}:{network(request)}", Rate(most, most / 60)
    )
    if not verdict.admitted:
        raise TooMany.by(verdict)


async def failures(request: Request, platform: Platform, client: str, cost: int) -> Verdict:
    """Count a failure in this client's name, or with a cost of 0 only look."""
    return await platform.limiter.take(f"failed:{client}:{network(request)}", FAILURES, cost)


def network(request: Request) -> str:
    """What the caller's subscriber holds of addresses."""
    return network_of(request.client.host if request.client else "unknown")
