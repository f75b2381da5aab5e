"""How often someone may try to be somebody: it slows down who guesses, and never says whether there is an account.

A success is counted like a failure: whoever asks at once many times would otherwise have them all decided before the
first one counts. A browser that the account was signed in with before (`known.py`) has a budget of its own, for what
others guess would else keep the account's owner out. They are known as well after choosing a password by a link: so a
fresh link lets in whoever has no such browser while others guess.
"""

import hashlib

from starlette.requests import Request

from barberpro.platform.limits import Rate
from barberpro.platform.platform import Platform

from . import known
from .gatekeeping import TooMany, network
from .steps import Step

FROM_HERE = Rate(10, 1 / 30)
"""For one account from one network, or from one browser that it was signed in with before."""
FROM_ANYWHERE = Rate(100, 1 / 10)
"""For one account from all other browsers together: 8,640 guesses a day at most, whoever joins in."""
NETWORK = Rate(60, 0.5)
"""For all accounts from one network."""
CODES = Rate(5, 1 / 30)
"""For the codes of one user, of which three in a million are right: less than one day in a hundred is guessed."""


def account(organization: str, email: str) -> str:
    """What stands for an account, whether or not there is one: keys are seen in Redis, and hold no address."""
    return hashlib.sha256(f"{organization}|{email[:254].casefold()}".encode()).hexdigest()


async def password(request: Request, tried: str) -> int:
    """Count one attempt at an `account`; how many seconds it has to wait, 0 where it may go on."""
    browser = known.browser(request, tried)
    if browser is not None:
        return await _take(request, "login", f"{tried}:{browser}", FROM_HERE)
    here = network(request)
    for kind, whose, rate in (
        ("login-network", here, NETWORK),
        ("login", f"{tried}:{here}", FROM_HERE),
        ("login", tried, FROM_ANYWHERE),
    ):
        wait = await _take(request, kind, whose, rate)
        if wait:
            return wait
    return 0


async def code(request: Request, step: Step) -> int:
    """The same of one attempt at a code of this step's user, who has shown their password."""
    browser = known.browser(request, step.account)
    whose = f"{step.user}:{browser}" if browser else step.user
    return await _take(request, "second-factor", whose, CODES)


async def confirmation(request: Request, session: str) -> int:
    """The same of one attempt at the password of whoever is signed in, by their session."""
    return await _take(request, "confirmation", session, CODES)


async def link(request: Request) -> None:
    """Count one attempt with an invitation from this network. Raises TooMany."""
    platform: Platform = request.state.platform
    verdict = await platform.limiter.take(f"invitation:{network(request)}", NETWORK)
    if not verdict.admitted:
        raise TooMany.by(verdict)


async def _take(request: Request, kind: str, whose: str, rate: Rate) -> int:
    platform: Platform = request.state.platform
    verdict = await platform.limiter.take(f"{kind}:{whose}", rate)
    if verdict.admitted:
        return 0
    platform.refusals.note(None, "too_many", {"endpoint": kind})
    return TooMany.by(verdict).wait
