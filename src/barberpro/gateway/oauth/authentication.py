"""How clients prove who they are, at every endpoint for clients alike.

Each method is a function for Authlib, run in a greenlet: it `await_`s what it needs. What a client is registered with
decides, so that nobody can choose a weaker way.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2 import OAuth2Error
from sqlalchemy import Row
from sqlalchemy.util import await_

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Authentication
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

from ..credentials import dpop
from ..credentials.rejected import Rejected
from . import assertions
from .request import TokenRequest
from .tokens import issuer

ALL = [str(way) for way in Authentication]
PROVEN = [str(way) for way in Authentication if way is not Authentication.NONE]
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path


class UnprovenKey(OAuth2Error):
    """No DPoP proof where the client must show one, or one that does not hold."""

    error = "invalid_dpop_proof"


@dataclass(frozen=True)
class Outcome:
    """The client that was named, if there is one, and why it is not believed, if it is not."""

    client: Row[Any] | None
    reason: str | None = None


class Authenticator:
    """Decides for one request whether its sender is who it says."""

    def __init__(self, platform: Platform, request: TokenRequest) -> None:
        self._platform = platform
        self._request = request

    def outcome(self, method: str) -> Outcome:
        """Whether the client proved who it is by this method."""
        ways = {
            Authentication.BASIC: self._by_secret,
            Authentication.KEY: self._by_assertion,
            Authentication.CERTIFICATE: self._by_certificate,
            Authentication.NONE: self._unproven,
        }
        found = ways[Authentication(method)]()
        if found.client is None or found.reason is not None:
            return found
        if found.client.authentication != method:
            return Outcome(found.client, "method")
        return found if found.client.is_active else Outcome(found.client, "suspended")

    def proven_key(self) -> str | None:
        """The thumbprint of the DPoP key that the request proves, or None where it proves none."""
        proof = self._request.shown.proof
        if proof is None:
            return None
        try:
            now = self._platform.clock().timestamp()
            held = dpop.proven(proof, method="POST", url=self._request.url, now=now, token=None)
            await_(self._first(f"dpop:{held.key}:{held.jti}", held.until))
        except Rejected:
            raise UnprovenKey from None
        return held.key

    def _by_secret(self) -> Outcome:
        """By its secret. Known or not, it takes the same time to say no."""
        given = self._request.shown.basic
        if given is None:
            return Outcome(None)
        row = self._client(given.client)
        is_authentic = clients.is_authentic(row, given.secret, self._platform.clock())
        return Outcome(row, None if is_authentic else "secret")

    def _by_assertion(self) -> Outcome:
        """By an assertion that it signed with a key it registered."""
        assertion = self._request.given("client_assertion")
        if assertion is None or self._request.given("client_assertion_type") != assertions.KIND:
            return Outcome(None)
        row = None
        try:
            row = self._client(assertions.claimed(assertion))
            if row is None or row.public_keys is None:
                return Outcome(row, "assertion")
            if self._request.given("client_id") not in (None, row.id):
                return Outcome(row, "assertion")
            us = issuer(self._platform.settings)
            now = self._platform.clock().timestamp()
            audiences = frozenset({us, us + TOKEN_PATH})
            held = assertions.believed(assertion, row.public_keys, audiences, now)
            await_(self._first(f"assertion:{held.client}:{held.jti}", held.until))
        except Rejected:
            return Outcome(row, "assertion")
        return Outcome(row)

    def _by_certificate(self) -> Outcome:
        """By the certificate behind the connection, where its thumbprint was registered."""
        thumbprint, client = self._request.shown.certificate, self._request.given("client_id")
        if thumbprint is None or client is None:
            return Outcome(None)
        row = self._client(client)
        if row is None or row.authentication != Authentication.CERTIFICATE:
            return Outcome(None)
        return Outcome(row, None if thumbprint in row.certificates else "certificate")

    def _unproven(self) -> Outcome:
        """A public client only says who it is; PKCE and its redirect URI do the rest."""
        client = self._request.given("client_id")
        shown = self._request.shown.basic is not None or self._request.given("client_assertion")
        if client is None or shown:
            return Outcome(None)
        row = self._client(client)
        if row is None or row.authentication != Authentication.NONE:
            return Outcome(None)
        return Outcome(row)

    def _client(self, client: str) -> Row[Any] | None:
        if ids.prefix_of(client) != "cli":
            return None
        reader = Reader(self._platform.database, worker(""))
        rows = await_(reader.rows(clients.credentials(client)))
        return rows[0] if rows else None

    async def _first(self, what: str, until: float) -> None:
        if not await self._platform.once.first(what, datetime.fromtimestamp(until, UTC)):
            raise Rejected("used before")
