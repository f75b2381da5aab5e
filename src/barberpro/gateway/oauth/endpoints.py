"""The endpoints for clients: each takes one form, and answers in the form of RFC 6749 whatever happens."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from barberpro.platform import ids
from barberpro.platform.platform import Platform

from ..credentials import certificates
from ..credentials.rejected import Rejected
from ..identify.presented import certificate, presented
from . import inspection, pushing
from .authentication import TOKEN_PATH
from .form import Malformed, basic, form
from .gatekeeping import TooMany, failures
from .grants import GRANTS
from .reception import received
from .refusals import told
from .request import Shown, TokenRequest
from .server import Server
from .tokens import issuer

REVOCATION_PATH = "/oauth/revoke"
INTROSPECTION_PATH = "/oauth/introspect"
PUSHING_PATH = "/oauth/par"
OTHER_CREDENTIALS = {"client_secret", "client_assertion"}
WRONG = {400, 401}


def token(server: Server) -> Any:
    """Tokens, by whichever grant is asked for."""
    for grant in GRANTS:
        server.register_grant(grant)
    return server.token()


class Endpoint:
    """`POST` one form; `needs` is the parameter without which it makes no sense."""

    def __init__(self, path: str, decide: Callable[[Server], Any], *, needs: str) -> None:
        self._path = path
        self._decide = decide
        self._needs = needs
        self._received = received(self._answered, told, path.removeprefix("/oauth/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._received(Request(scope, receive))
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        platform: Platform = request.state.platform
        if request.method != "POST":
            raise Malformed("Use POST.", 405, {"Allow": "POST"})
        asked = await self._read(request, platform)
        return await self._decided(request, platform, asked)

    async def _decided(self, request: Request, platform: Platform, asked: TokenRequest) -> Response:
        client = asked.named_client
        if client is None or ids.prefix_of(client) != "cli":
            client = "unknown"
        verdict = await failures(request, platform, client, 0)
        if verdict.remaining < 1:
            raise TooMany.by(verdict)
        server = Server(platform, asked, request.state.request_id)
        response = await server.answer(lambda: self._decide(server))
        if response.status_code in WRONG:
            await failures(request, platform, client, 1)
        return response

    async def _read(self, request: Request, platform: Platform) -> TokenRequest:
        credentials = basic(request)
        pairs = await form(request)
        given = dict(pairs)
        if self._needs not in given:
            raise Malformed(f"Say which {self._needs}.")
        if credentials and not OTHER_CREDENTIALS.isdisjoint(given):
            raise Malformed("Authenticate once, by HTTP Basic.")
        if credentials and given.get("client_id", credentials.client) != credentials.client:
            raise Malformed("The client_id in the body is not the one in HTTP Basic.")
        proofs = request.headers.getlist("dpop")
        if len(proofs) > 1:
            raise Malformed("Send one DPoP header.")
        shown = Shown(credentials, proofs[0] if proofs else None, _thumbprint(request, platform))
        return TokenRequest(issuer(platform.settings) + self._path, pairs, shown)


def _thumbprint(request: Request, platform: Platform) -> str | None:
    """Of the certificate behind the connection, where there is a good one."""
    settings = platform.settings
    try:
        found = certificate(presented(request, b"", settings), settings.certificate_proxies)
        return None if found is None else certificates.thumbprint(found, platform.clock())
    except Rejected:
        return None


TOKEN = Endpoint(TOKEN_PATH, token, needs="grant_type")
REVOCATION = Endpoint(REVOCATION_PATH, inspection.revoke, needs="token")
INTROSPECTION = Endpoint(INTROSPECTION_PATH, inspection.introspect, needs="token")
PUSHING = Endpoint(PUSHING_PATH, pushing.push, needs="response_type")
