"""Who is signed in: the session that a browser's cookie names.

The cookie is `<organization>.<secret>`: the organization says behind which door to look, the secret is what counts.
"""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from barberpro.domains.identity.users import sessions
from barberpro.platform import ids
from barberpro.platform.doors import Reader, Transaction, transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from . import csrf

COOKIE = "session"
LIFE = int(sessions.LIFE.total_seconds())


@dataclass(frozen=True)
class SignedIn:
    """A user in front of a browser."""

    user: str
    organization: str
    at: datetime
    """When they signed in."""
    amr: tuple[str, ...]
    """How, in the words of RFC 8176."""
    session: str


async def signed_in(request: Request) -> SignedIn | None:
    """Who is signed in and active; None where nobody is, or not any more."""
    platform: Platform = request.state.platform
    organization, _, secret = request.cookies.get(csrf.name(request, COOKIE), "").partition(".")
    if ids.prefix_of(organization) != "org":
        return None
    now = platform.clock()
    found = await sessions.find(Reader(platform.database, worker(organization)), secret, now)
    if found is None:
        return None
    if now - found.seen_at > sessions.NOTED:
        who = worker(organization)
        async with transaction(platform.database, who, platform.clock, "session") as tx:
            await sessions.note(tx, found.id)
    return SignedIn(
        user=found.user_id,
        organization=organization,
        at=found.created_at,
        amr=tuple(found.amr),
        session=found.id,
    )


async def start(tx: Transaction, before: SignedIn | None, user: str, amr: tuple[str, ...]) -> str:
    """Sign a user in; the value for the cookie. The session that the browser had before ends, and is never taken over.

    Ask for `before` before the transaction: `signed_in` may write.
    """
    if before is not None and before.organization == tx.principal.tenant:
        await sessions.end(tx, before.session)
    _, secret = await sessions.begin(tx, user, amr)
    return f"{tx.principal.tenant}.{secret}"


def remember(request: Request, response: Response, value: str) -> None:
    """Give the browser its session, and let its forms begin anew."""
    csrf.set_cookie(request, response, COOKIE, value, LIFE)
    csrf.set_cookie(request, response, csrf.COOKIE, "", 0)


def forget(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    csrf.set_cookie(request, response, COOKIE, "", 0)
    csrf.set_cookie(request, response, csrf.COOKIE, "", 0)
