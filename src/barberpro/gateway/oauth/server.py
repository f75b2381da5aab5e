"""Authlib's authorization server, run for one request at a time.

Authlib is synchronous to the core. Here it runs in a greenlet on the event loop: its callbacks are
plain functions, and one that needs the database `await_`s it, without a thread. Once the client has
proved who it is, all that the request does stands in one transaction of that client's tenant.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import OAuth2Error
from sqlalchemy import Row
from sqlalchemy.util import await_, greenlet_spawn
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from barberpro.domains.identity.applications import Authentication
from barberpro.domains.identity.events import TokenIssued, TokenRefused
from barberpro.platform import ids
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.events import publish
from barberpro.platform.keys import BEFORE_SIGNING
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

from .authentication import ALL, Authenticator, Outcome, UnprovenKey
from .refusals import NO_STORE, refusal
from .request import Applicant, TokenRequest
from .tokens import AccessToken, issue, issuer

log = structlog.get_logger(__name__)


class Refused(OAuth2Error):
    """A refusal of ours: the caller is told `error`, the log also why."""

    def __init__(self, error: str, why: str | None = None) -> None:
        super().__init__()
        self.error = error
        self.why = why or error


class Server(AuthorizationServer):
    """Decides one request of a client, and records what it decided."""

    def __init__(self, platform: Platform, request: TokenRequest, request_id: str) -> None:
        super().__init__()
        self.platform = platform
        self.asked = request
        self.client: Row[Any]  # these three are there once the client is authenticated
        self._issues = False
        self.key: str | None = None
        """The thumbprint of the DPoP key that the request proved."""
        self._tx: Transaction | None = None
        self._request_id = request_id
        self._work = AsyncExitStack()
        self._afterwards: BackgroundTask | None = None
        self._proofs = Authenticator(platform, request)
        for method in ALL:
            self.register_client_auth_method(method, partial(self._authenticated, method))

    async def answer(self, decide: Callable[[], Any]) -> Response:
        """The response that `decide` leads to, once all it did is committed."""
        async with self._work:
            answered = await greenlet_spawn(self._decided, decide)
        if self._tx is not None and self._tx.revoked:
            await self.platform.revocations.announce()
        return cast(Response, answered)

    def token(self) -> Any:
        """Answer at the token endpoint. Only where a token is issued must a key be proved (RFC 9449)."""
        self._issues = True
        await_(self.platform.keys.look_again(BEFORE_SIGNING))  # while no connection is held
        return self.create_token_response(self.asked)

    def authenticate(self, methods: list[str]) -> Row[Any]:
        """The client, where it proved who it is in one of these ways."""
        self.authenticate_client(self.asked, methods, "any")
        return self.client

    @property
    def tx(self) -> Transaction:
        """The transaction of the client's tenant."""
        assert self._tx is not None, "no client is authenticated yet"  # noqa: S101
        return self._tx

    def issued(
        self, scopes: frozenset[str], grant: Row[Any] | None, **narrowed: Any
    ) -> AccessToken:
        """A token for the client, in its own name or by a user's grant; the log learns of it."""
        bound = self._confirmation()
        about: dict[str, Any] = {}
        if grant is not None:
            about = {"user": grant.user_id, "grant": grant.id, "amr": tuple(grant.amr)}
        token = issue(
            self.platform.keys,
            self.platform.settings,
            self.tx.now,
            self.client,
            scopes,
            confirmation=bound,
            **about,
            **narrowed,
        )
        event = TokenIssued(
            subject=self.client.id,
            jti=token.jti,
            scopes=token.scopes,
            expires_at=token.expires_at,
            user=grant.user_id if grant else None,
            grant=grant.id if grant else None,
        )
        await_(publish(self.tx, event))
        return token

    def response(self, token: AccessToken) -> dict[str, Any]:
        """What RFC 6749 section 5.1 says of a token; the token itself is kept nowhere."""
        return {
            "access_token": token.text,
            "token_type": "DPoP" if self.key else "Bearer",
            "expires_in": token.seconds,
            "scope": " ".join(token.scopes),
        }

    def check_target(self) -> None:
        """We issue tokens for ourselves only (RFC 8707)."""
        audience = issuer(self.platform.settings)
        if any(target != audience for target in self.asked.parameters.datalist.get("resource", [])):
            raise Refused("invalid_target")

    # What Authlib asks of us.

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        """The request as it came: it was read before."""
        return request

    def query_client(self, client_id: str) -> Any:
        """Clients are found by the ways they prove who they are."""
        return None

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:
        return JSONResponse(body, status, headers=NO_STORE)

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:
        code = error.error or "invalid_request"
        reason = error.why if isinstance(error, Refused) else code
        if self._tx is not None:
            await_(publish(self._tx, TokenRefused(subject=self.client.id, reason=reason)))
        elif self._afterwards is None:
            self.platform.refusals.note(None, code, {"endpoint": urlsplit(self.asked.url).path})
        log.info("token.refused", reason=reason, client=self._named())
        response = refusal(code)
        response.background = self._afterwards
        return response

    # Who asks.

    def _decided(self, decide: Callable[[], Any]) -> Any:
        try:
            return decide()
        except OAuth2Error as error:
            return self.handle_error_response(self.asked, error)

    def _authenticated(
        self, method: str, _query_client: Any, _request: OAuth2Request
    ) -> Applicant | None:
        """The client, where it proved who it is by this method."""
        outcome = self._proofs.outcome(method)
        row = outcome.client
        if row is None:
            return None
        if outcome.reason is not None:
            # Only once the answer is out: a stranger's clock must not tell which clients exist.
            self._afterwards = BackgroundTask(self._record_refusal, row, outcome)
            return None
        self.key = self._proofs.proven_key()
        if self._issues and row.requires_dpop and self.key is None:
            raise UnprovenKey
        self.client = row
        self._tx = await_(self._work.enter_async_context(self._opened(row)))
        return Applicant(row)

    def _confirmation(self) -> dict[str, str] | None:
        """What the token is bound to: the key that was proved, else the certificate."""
        if self.key is not None:
            return {"jkt": self.key}
        thumbprint = self.asked.shown.certificate
        is_shown = self.client.authentication == Authentication.CERTIFICATE
        return {"x5t#S256": thumbprint} if is_shown and thumbprint else None

    async def _record_refusal(self, row: Row[Any], outcome: Outcome) -> None:
        async with self._opened(row) as tx:
            await publish(tx, TokenRefused(subject=row.id, reason=str(outcome.reason)))

    def _opened(self, row: Row[Any]) -> AbstractAsyncContextManager[Transaction]:
        who = Principal(row.organization_id, client=row.id, client_name=row.name)
        platform = self.platform
        return transaction(platform.database, who, platform.clock, self._request_id)

    def _named(self) -> str | None:
        """The client that the request named, where that can be a client's id at all."""
        named = self.asked.named_client
        return named if named and ids.prefix_of(named) == "cli" else None
