"""How often someone may try to be somebody: it slows down who guesses, and never says whether there is an account.

A success is counted like a failure: whoever asks at once many times would otherwise have them all decided before the
first one counts.
"""

import hashlib

from starlette.requests import Request

from barberpro.platform.limiter import Limiter, Rate, Verdict
from barberpro.platform.platform import Platform

from ..receive import network_of

FROM_HERE = Rate(10, 1 / 30)
"""For one account from one network."""
FROM_ANYWHERE = Rate(100, 1 / 10)
"""For one account from everywhere: 8,640 guesses a day at most, whoever joins in."""
NETWORK = Rate(60, 0.5)
"""For all accounts from one network."""
CODES = Rate(5, 1 / 30)
"""For the codes of one user, of which three in a million are right: less than one day in a hundred is guessed."""


async def password(request: Request, organization: str, email: str) -> Verdict:
    """Count one attempt with this address, whether or not anyone has it."""
    limiter = _limiter(request)
    # The address itself stands in no key: keys are seen in Redis.
    account = hashlib.sha256(f"{organization}|{email[:254].casefold()}".encode()).hexdigest()
    network = network_of(request.client.host if request.client else "unknown")
    verdict = Verdict(True, 1, 0.0, 0.0)
    for key, rate in (
        (f"login-network:{network}", NETWORK),
        (f"login:{account}:{network}", FROM_HERE),
        (f"login:{account}", FROM_ANYWHERE),
    ):
        verdict = await limiter.take(key, rate)
        if not verdict.admitted:
            break
    return verdict


async def code(request: Request, user: str) -> Verdict:
    """Count one attempt at a code of this user, who has shown their password."""
    return await _limiter(request).take(f"second-factor:{user}", CODES)


async def link(request: Request) -> Verdict:
    """Count one attempt with an invitation from this network."""
    network = network_of(request.client.host if request.client else "unknown")
    return await _limiter(request).take(f"invitation:{network}", NETWORK)


def _limiter(request: Request) -> Limiter:
    platform: Platform = request.state.platform
    return platform.limiter
