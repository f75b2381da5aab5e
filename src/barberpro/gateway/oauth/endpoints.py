"""The authorization server's endpoints: tokens, and what others need to know to use them."""

import asyncio
import math

import structlog
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from barberpro.platform import ids
from barberpro.platform.limiter import Rate, Verdict
from barberpro.platform.platform import Platform

from ..receive import network_of
from .form import Malformed, basic, form
from .refusals import refusal
from .request import BASIC, GRANTS, TokenRequest
from .server import TokenServer
from .tokens import issuer

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
JWKS_PATH = "/.well-known/jwks.json"
METADATA_PATH = "/.well-known/oauth-authorization-server"
TOO_MANY = "Too many requests from this address. Wait as long as Retry-After says."
OTHER_CREDENTIALS = {"client_secret", "client_assertion"}
log = structlog.get_logger(__name__)


def routes() -> list[Route]:
    """The routes of the authorization server; they find the platform in `request.state`."""
    return [
        Route(TOKEN_PATH, TokenEndpoint()),
        Route(METADATA_PATH, metadata),
        Route(JWKS_PATH, keys),
    ]


async def metadata(request: Request) -> JSONResponse:
    """What RFC 8414 has an authorization server tell about itself."""
    base = issuer(request.state.platform.settings)
    document = AuthorizationServerMetadata(
        issuer=base,
        token_endpoint=base + TOKEN_PATH,
        jwks_uri=base + JWKS_PATH,
        response_types_supported=[],
        grant_types_supported=list(GRANTS),
        token_endpoint_auth_methods_supported=[BASIC],
    )
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=3600"})


async def keys(request: Request) -> JSONResponse:
    """The public keys that check our tokens, those of other processes included."""
    ring = request.state.platform.keys
    await ring.look_again()
    return JSONResponse(
        ring.public_jwks(),
        headers={"Cache-Control": "public, max-age=300"},
        media_type="application/jwk-set+json",
    )


class TokenEndpoint:
    """`POST /oauth/token`. Every answer, also to another method, has the form of RFC 6749."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = ids.new("req")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = await self._safely(request, request_id)
            response.headers["x-request-id"] = request_id
            log.info("token.request", status=response.status_code)
            await response(scope, receive, send)

    async def _safely(self, request: Request, request_id: str) -> JSONResponse:
        platform: Platform = request.state.platform
        try:
            verdict = await self._counted(request, platform)
            if not verdict.admitted:
                wait = {"Retry-After": str(math.ceil(verdict.retry_after))}
                return refusal("temporarily_unavailable", TOO_MANY, 429, wait)
            async with asyncio.timeout(platform.settings.deadline_seconds):
                if request.method != "POST":
                    raise Malformed("Use POST.", 405, {"Allow": "POST"})
                wanted = await self._read(request, platform)
                return await TokenServer(platform, wanted, request_id).answer()
        except Malformed as problem:
            return refusal("invalid_request", problem.message, problem.status, problem.headers)
        except TimeoutError:
            return refusal("temporarily_unavailable", status=503, headers={"Retry-After": "1"})
        except Exception:
            log.exception("defect")
            return refusal("server_error", status=500)

    async def _counted(self, request: Request, platform: Platform) -> Verdict:
        most = platform.settings.token_requests_per_address
        address = request.client.host if request.client else "unknown"
        return await platform.limiter.take(f"token:{network_of(address)}", Rate(most, most / 60))

    async def _read(self, request: Request, platform: Platform) -> TokenRequest:
        credentials = basic(request)
        pairs = await form(request)
        given = dict(pairs)
        if "grant_type" not in given:
            raise Malformed("Say which grant_type.")
        if credentials and not OTHER_CREDENTIALS.isdisjoint(given):
            raise Malformed("Authenticate once, by HTTP Basic.")
        if credentials and given.get("client_id", credentials.client) != credentials.client:
            raise Malformed("The client_id in the body is not the one in HTTP Basic.")
        return TokenRequest(issuer(platform.settings) + TOKEN_PATH, pairs, credentials)
