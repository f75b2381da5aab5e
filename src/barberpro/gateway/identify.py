"""From the headers of a request to the principal it speaks for.

A signature is checked once and remembered by the token's digest; what the client may do *now* is
read from the database every few seconds, so that suspending a client, or taking a scope from it,
is felt while its tokens are still good.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal, worker

from .oauth.tokens import issuer
from .oauth.verifier import Claims, TokenRejected, Verifier
from .problems import Code, Refusal

REMEMBERED = 4_096  # tokens, and clients
TOKEN_KEPT = 60.0  # seconds that a checked signature is trusted without another look
STANDING_KEPT = timedelta(seconds=5)  # and how late a change of the client may be noticed
CHALLENGE = 'Bearer realm="BarberPro"'

log = structlog.get_logger(__name__)


class Identify:
    """Knows callers by their access tokens."""

    def __init__(self, platform: Platform) -> None:
        us = issuer(platform.settings)
        self._clock = platform.clock
        self._verifier = Verifier(platform.keys, us, us, platform.clock)
        self._standings = Standings(platform.database, platform.clock)
        self._checked: OrderedDict[bytes, Checked] = OrderedDict()

    async def __call__(self, headers: Mapping[str, str]) -> Principal:
        """Who is calling. Raises a Refusal of 401 that never says what was wrong with a token."""
        token = _bearer(headers)
        try:
            claims = await self._claims(token)
            client = await self._standings.of(claims.client)
            if client is None or client.organization_id != claims.tenant:
                raise TokenRejected("unknown client")
            if not client.is_active:
                raise TokenRejected("suspended client")
        except TokenRejected as rejected:
            log.info("bearer.rejected", reason=str(rejected))
            raise unauthenticated("invalid_token") from None
        return Principal(
            tenant=claims.tenant,
            client=claims.client,
            client_name=client.name,
            scopes=claims.scopes.intersection(client.scopes),
            locations=_narrower(claims.locations, client.locations),
            registered_only=client.registered_only,
        )

    async def _claims(self, token: str) -> Claims:
        """What the token says, checked now or within the last minute."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._checked.get(digest)
        now = self._clock().timestamp()
        if known and known.at <= now < known.until:
            self._checked.move_to_end(digest)
            return known.claims
        claims = await self._verifier.verified(token)
        until = min(now + TOKEN_KEPT, claims.usable_until)
        self._checked[digest] = Checked(claims, now, until)
        _forget_oldest(self._checked)
        return claims


@dataclass(frozen=True)
class Checked:
    """A token whose signature was good, and from when to when that is believed."""

    claims: Claims
    at: float
    until: float


class Standings:
    """What each client may do, at most five seconds ago."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[str, Standing] = OrderedDict()

    async def of(self, client: str) -> Row[Any] | None:
        """The client's row, or None where there is no such client. Callers at once share a read."""
        standing = self._known.get(client)
        if standing is None:
            standing = self._known[client] = Standing()
            _forget_oldest(self._known)
        self._known.move_to_end(client)
        if standing.is_fresh(self._clock()):
            return standing.row
        async with standing.reading:
            now = self._clock()
            if not standing.is_fresh(now):
                rows = await Reader(self._database, worker("")).rows(clients.standing(client))
                standing.row, standing.read_at = (rows[0] if rows else None), now
        return standing.row


@dataclass
class Standing:
    """One client's row and when it was read."""

    row: Row[Any] | None = None
    read_at: datetime | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_fresh(self, now: datetime) -> bool:
        """False too where the clock was set back: what was read is of a time yet to come."""
        return self.read_at is not None and timedelta(0) <= now - self.read_at < STANDING_KEPT


def unauthenticated(error: str | None = None) -> Refusal:
    """401 with RFC 6750's challenge; `error` only where a token was given."""
    challenge = f'{CHALLENGE}, error="{error}"' if error else CHALLENGE
    message = (
        "The access token is not valid. Get a new one from /oauth/token."
        if error
        else "Send an access token: Authorization: Bearer …"
    )
    return Refusal(Code.UNAUTHENTICATED, 401, message, {"WWW-Authenticate": challenge})


def _bearer(headers: Mapping[str, str]) -> str:
    """The token of the one Authorization header."""
    given = [value for name, value in headers.items() if name.lower() == "authorization"]
    if not given:
        raise unauthenticated()
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise unauthenticated()
    if len(given) > 1:
        raise unauthenticated("invalid_token")
    return token.strip(" ")


def _narrower(token: frozenset[str] | None, client: list[str] | None) -> frozenset[str] | None:
    """Locations that both allow; None allows all."""
    if client is None:
        return token
    return frozenset(client) if token is None else token.intersection(client)


def _forget_oldest(known: OrderedDict[Any, Any]) -> None:
    while len(known) > REMEMBERED:
        known.popitem(last=False)
