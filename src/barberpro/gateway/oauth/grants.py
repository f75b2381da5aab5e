"""The ways to a token: a client asks in its own name, with a user's code, or with a refresh token."""

from typing import Any

from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from sqlalchemy import Row
from sqlalchemy.util import await_

from barberpro.domains.identity.applications import Authentication, Grant
from barberpro.domains.identity.grants import codes, families, refreshing
from barberpro.domains.identity.grants.families import Why
from barberpro.domains.identity.users import service as users

from . import id_tokens
from .authentication import ALL, PROVEN
from .scopes import within
from .server import Refused, Server

Answer = Any
"""Status, body and headers, as Authlib has them: its own types say that a body is text."""
JSON: list[tuple[str, str]] = []


class ClientCredentials(ClientCredentialsGrant):
    """A client asks in its own name."""

    TOKEN_ENDPOINT_AUTH_METHODS = PROVEN
    server: Server

    def validate_token_request(self) -> None:
        client = self.server.authenticate(PROVEN)
        _check_grant(client, Grant.CLIENT)
        self.server.check_target()
        allowed = frozenset(client.scopes)
        self._scopes = frozenset((self.server.asked.given("scope") or "").split()) or allowed
        if not self._scopes <= allowed:
            raise Refused("invalid_scope")

    def create_token_response(self) -> Answer:
        """Authlib's own writes the whole token to its log."""
        return 200, self.server.response(self.server.issued(self._scopes, None)), JSON


class AuthorizationCode(AuthorizationCodeGrant):
    """A client has a code, and the verifier that belongs to it.

    Authlib's own looks the code up, issues a token and then deletes the code: two at once could both win.
    """

    TOKEN_ENDPOINT_AUTH_METHODS = ALL
    server: Server

    def validate_token_request(self) -> None:
        client = self.server.authenticate(ALL)
        _check_grant(client, Grant.CODE)
        self.server.check_target()
        names = ("code", "redirect_uri", "code_verifier")
        self._given = [self.server.asked.given(name) for name in names]
        if None in self._given:
            raise Refused("invalid_request")

    def create_token_response(self) -> Answer:
        server = self.server
        code, redirect_uri, verifier = map(str, self._given)
        outcome = await_(
            codes.redeem(
                server.tx,
                code,
                client=server.client.id,
                redirect_uri=redirect_uri,
                verifier=verifier,
                jkt=server.key,
            )
        )
        if isinstance(outcome, Why):
            raise Refused("invalid_grant", outcome)
        grant, nonce = outcome
        if server.key and server.client.authentication == Authentication.NONE:
            await_(families.bind(server.tx, grant, server.key))
        body = _for_user(server, grant, frozenset(grant.scopes), nonce)
        if Grant.REFRESH in server.client.grant_types:
            body["refresh_token"] = await_(refreshing.begin(server.tx, grant))
        return 200, body, JSON


class RefreshToken(RefreshTokenGrant):
    """A client renews what a user allowed. Authlib's own knows no reuse, and keeps the old token."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL
    server: Server

    def validate_token_request(self) -> None:
        client = self.server.authenticate(ALL)
        _check_grant(client, Grant.REFRESH)
        self.server.check_target()
        token = self.server.asked.given("refresh_token")
        if token is None:
            raise Refused("invalid_request")
        self._scopes = frozenset((self.server.asked.given("scope") or "").split())
        # Before the token is spent: who asks for too much may ask again for less.
        known = await_(refreshing.find(self.server.tx, token, client.id)) if self._scopes else None
        if known is not None and not self._scopes <= frozenset(known.scopes):
            raise Refused("invalid_scope")

    def create_token_response(self) -> Answer:
        server = self.server
        token = str(server.asked.given("refresh_token"))
        key = server.platform.sealer.derived("refresh tokens")
        outcome = await_(
            refreshing.renew(server.tx, token, client=server.client.id, jkt=server.key, key=key)
        )
        if isinstance(outcome, Why):
            raise Refused("invalid_grant", outcome)
        grant, successor = outcome
        body = _for_user(server, grant, self._scopes or frozenset(grant.scopes))
        return 200, {**body, "refresh_token": successor}, JSON


GRANTS = (ClientCredentials, AuthorizationCode, RefreshToken)


def _check_grant(client: Row[Any], grant: Grant) -> None:
    if grant not in client.grant_types:
        raise Refused("unauthorized_client")


def _for_user(
    server: Server, grant: Row[Any], scopes: frozenset[str], nonce: str | None = None
) -> dict[str, Any]:
    """Tokens for what the client and the user may still do now, of what was allowed."""
    rights = await_(users.rights(server.tx, grant.user_id))
    if not rights.is_active:
        raise Refused("invalid_grant", "user")
    left = within(scopes, server.client, rights)
    if not left:
        raise Refused("invalid_grant", "rights")
    token = server.issued(left, grant, locations=rights.locations)
    body = server.response(token)
    if "openid" in left:
        body["id_token"] = id_tokens.issue(server.platform, server.tx.now, grant, token, nonce)
    return body
