"""What a browser carries between the password and the second factor, sealed, for half an hour, in the same browser."""

import hashlib
from dataclasses import asdict, dataclass

from starlette.requests import Request

from barberpro.platform.platform import Platform

from . import csrf, tickets

ACCOUNT_PATH = "/oauth/account"
KIND = "step"


@dataclass(frozen=True)
class Step:
    """A user who has shown their password, or is signed in and sets up a second factor."""

    user: str
    organization: str
    mark: str
    """Of the password that was shown: with another one, the step is void."""
    back: str
    account: str
    """What their password was tried as (`attempts.account`)."""
    leads_to: tuple[str, ...] = ()
    """The redirect URIs of the client that they came for."""
    has_factor: bool = True
    secret: str | None = None
    """Of the second factor that is being set up."""


def sealed(request: Request, step: Step) -> str:
    """The ticket for the form."""
    platform: Platform = request.state.platform
    facts = {KIND: asdict(step), "browser": _browser(csrf.guarded(request)[0])}
    return tickets.sealed(platform.sealer, platform.clock(), facts)


def opened(request: Request, ticket: str) -> Step | None:
    """What the ticket says; None of another kind, from another browser, or too old."""
    platform: Platform = request.state.platform
    try:
        facts = tickets.opened(platform.sealer, platform.clock(), ticket)
    except tickets.Unreadable:
        return None
    guard = request.cookies.get(csrf.name(request, csrf.COOKIE), "")
    if KIND not in facts or facts["browser"] != _browser(guard):
        return None
    said = facts[KIND]
    return Step(**{**said, "leads_to": tuple(said["leads_to"])})


def _browser(guard: str) -> str:
    return hashlib.sha256(guard.encode()).hexdigest()
