"""Authlib's authorization server, run for one request at a time.

Authlib is synchronous to the core. Here it runs in a greenlet on the event loop: its callbacks are
plain functions, and one that needs the database `await_`s it, without a thread. Once the client has
proved who it is, all that the request does stands in one transaction of that client's tenant.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, cast

import structlog
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from sqlalchemy import Row
from sqlalchemy.util import await_, greenlet_spawn
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

from barberpro.domains.identity import clients
from barberpro.domains.identity.events import TokenIssued, TokenRefused
from barberpro.platform import ids
from barberpro.platform.doors import Reader, Transaction, transaction
from barberpro.platform.events import publish
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal, worker

from .refusals import NO_STORE, refusal
from .request import BASIC, Applicant, TokenRequest
from .tokens import AccessToken, issue, issuer

log = structlog.get_logger(__name__)


class ClientCredentials(ClientCredentialsGrant):
    """A client asks in its own name."""

    TOKEN_ENDPOINT_AUTH_METHODS = [BASIC]
    server: "TokenServer"

    def create_token_response(self) -> tuple[int, Mapping[str, Any], Any]:
        """Authlib's own writes the whole token to its log."""
        token = self.generate_token(scope=self.server.granted, include_refresh_token=False)
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class TokenServer(AuthorizationServer):
    """Decides one request, and records what it decided."""

    granted = ""
    """The scopes that the token will carry, once they are decided."""

    def __init__(self, platform: Platform, request: TokenRequest, request_id: str) -> None:
        super().__init__()
        self._platform = platform
        self._request = request
        self._request_id = request_id
        self._work = AsyncExitStack()
        self._client: Row[Any]  # these three are there once the client is authenticated
        self._tx: Transaction | None = None
        self._issued: AccessToken
        self._afterwards: BackgroundTask | None = None
        self.register_client_auth_method(BASIC, self._authenticated)
        self.register_token_generator("default", cast(Any, self._token))
        self.register_grant(ClientCredentials)

    async def answer(self) -> JSONResponse:
        """The response to the request, once all it did is committed."""
        async with self._work:
            answered = await greenlet_spawn(self.create_token_response, self._request)
        return cast(JSONResponse, answered)

    # What Authlib asks of us.

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """The request as it came: it was read before."""
        return request

    def query_client(self, client_id: str) -> Any:
        """The client of this id, or None."""
        if ids.prefix_of(client_id) != "cli":
            return None
        reader = Reader(self._platform.database, worker(""))
        rows = await_(reader.rows(clients.credentials(client_id)))
        return Applicant(rows[0]) if rows else None

    def validate_requested_scope(self, scope: str | None) -> None:
        """Grant all of the client's scopes where none is asked for, else those asked for."""
        allowed = set(self._client.scopes)
        asked = set((scope or "").split()) or allowed
        if not asked <= allowed:
            raise InvalidScopeError
        audience = issuer(self._platform.settings)
        if any(target != audience for target in self._request.parameters.datalist["resource"]):
            raise OAuth2Error(error="invalid_target")
        self.granted = " ".join(sorted(asked))

    def save_token(self, token: Any, request: Any) -> None:
        """Leave in the log that there is a token; the token itself is kept nowhere."""
        event = TokenIssued(
            subject=self._client.id,
            jti=self._issued.jti,
            scopes=self._issued.scopes,
            expires_at=self._issued.expires_at,
        )
        await_(publish(self._transaction, event))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:
        return JSONResponse(body, status, headers=NO_STORE)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:
        code = error.error or "invalid_request"
        if self._tx is not None:
            await_(publish(self._tx, TokenRefused(subject=self._client.id, reason=code)))
        log.info("token.refused", reason=code, client=self._named())
        response = refusal(code)
        response.background = self._afterwards
        return response

    # Who asks, and what they get.

    def _authenticated(self, query_client: Any, request: TokenRequest) -> Applicant | None:
        """The client whose secret was given. Known or not, it takes the same time to say no."""
        given = request.credentials
        if given is None:
            return None
        applicant: Applicant | None = query_client(given.client)
        row = applicant.row if applicant else None
        is_authentic = clients.is_authentic(row, given.secret)
        if row is None:
            return None
        if not is_authentic or not row.is_active:
            # Only once the answer is out: a stranger's clock must not tell which clients exist.
            reason = "suspended" if is_authentic else "secret"
            self._afterwards = BackgroundTask(self._record_refusal, row, reason)
            return None
        self._client = row
        self._tx = await_(self._work.enter_async_context(self._opened(row)))
        return applicant

    def _token(self, *, scope: str, **_: Any) -> dict[str, Any]:
        platform = self._platform
        now = self._transaction.now
        self._issued = issue(platform.keys, platform.settings, now, self._client, scope.split())
        return {
            "access_token": self._issued.text,
            "token_type": "Bearer",
            "expires_in": self._issued.seconds,
            "scope": scope,
        }

    async def _record_refusal(self, row: Row[Any], reason: str) -> None:
        async with self._opened(row) as tx:
            await publish(tx, TokenRefused(subject=row.id, reason=reason))

    @property
    def _transaction(self) -> Transaction:
        assert self._tx is not None, "no client is authenticated yet"  # noqa: S101
        return self._tx

    def _opened(self, row: Row[Any]) -> AbstractAsyncContextManager[Transaction]:
        who = Principal(row.organization_id, client=row.id, client_name=row.name)
        platform = self._platform
        return transaction(platform.database, who, platform.clock, self._request_id)

    def _named(self) -> str | None:
        """The client that the request named, where that can be a client's id at all."""
        given = self._request.credentials
        return given.client if given and ids.prefix_of(given.client) == "cli" else None
