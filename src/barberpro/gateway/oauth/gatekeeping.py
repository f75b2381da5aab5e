"""How often an address may ask, and how often it may be wrong in a client's name."""

from starlette.requests import Request

from barberpro.platform.limiter import Rate, Verdict
from barberpro.platform.platform import Platform

from ..receive import network_of

MOST_FAILURES = 30
"""Wrong proofs of one client from one address, then one every two seconds.

By client *and* address: who is wrong on purpose shuts out nobody but themselves.
"""
FAILURES = Rate(MOST_FAILURES, 0.5)


async def counted(request: Request, platform: Platform, what: str) -> Verdict:
    """Count a request of this address."""
    most = platform.settings.token_requests_per_address
    return await platform.limiter.take(f"{what}:{_network(request)}", Rate(most, most / 60))


async def failures(request: Request, platform: Platform, client: str, cost: int) -> Verdict:
    """Count a failure in this client's name, or with a cost of 0 only look."""
    return await platform.limiter.take(f"failed:{client}:{_network(request)}", FAILURES, cost)


def _network(request: Request) -> str:
    return network_of(request.client.host if request.client else "unknown")
