"""Dynamic client registration (RFC 7591) and its management (RFC 7592), for callers who may register clients.

The initial access token is one of our access tokens with the scope `clients:register`. The new client is of the
caller's tenant, and may do nothing that the caller may not. The answer carries a registration access token, by which
the client's own developer reads the registration or ends it.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.domains.identity.errors import RedirectInvalid
from barberpro.platform import ids, scannable, text
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.errors import Failure
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal, worker

from .. import problems
from ..credentials.rejected import Rejected
from ..credentials.tokens import json_object
from ..identify import Identify, presented
from .form import Malformed, body_of
from .gatekeeping import counted
from .refusals import NO_STORE, refusal
from .tokens import issuer

REGISTRATION_PATH = "/oauth/register"
MANAGEMENT_PATH = REGISTRATION_PATH + "/{client}"
SCOPE = "clients:register"
TOKEN_PREFIX = "bpg_"  # noqa: S105 - says what follows, is none itself
LONGEST_TITLE = 80
NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
# Fetching what a stranger names is a door into our network, and a statement that we cannot check says nothing.
NOT_TAKEN = ("jwks_uri", "software_statement", "sector_identifier_uri", "request_uris")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="BarberPro"'}
log = structlog.get_logger(__name__)


class Unacceptable(Exception):
    """The metadata will not do. The arguments are the code of RFC 7591 section 3.2.2 and a sentence."""

    def __init__(self, error: str, says: str) -> None:
        super().__init__(error)
        self.error = error
        self.says = says


async def register(request: Request) -> Response:
    """Make a client of the caller's tenant."""
    return await _safely(request, _registered)


async def manage(request: Request) -> Response:
    """Show a registration, or end it, to whoever holds its token."""
    return await _safely(request, _managed)


async def _safely(request: Request, act: Callable[[Request], Awaitable[Response]]) -> Response:
    request.state.request_id = request_id = ids.new("req")
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            if not (await counted(request, request.state.platform, "register")).admitted:
                response: Response = refusal("temporarily_unavailable", status=429)
            else:
                response = await act(request)
        except Malformed as problem:
            response = refusal("invalid_request", problem.message, problem.status, problem.headers)
        except problems.Refusal:
            response = refusal("invalid_token", status=401, headers=CHALLENGE)
        except Unacceptable as problem:
            response = refusal(problem.error, problem.says)
        log.info("register.request", status=response.status_code)
        response.headers["x-request-id"] = request_id
        return response


async def _registered(request: Request) -> Response:
    platform: Platform = request.state.platform
    body = await body_of(request)
    caller = await Identify(platform)(presented(request, body, platform.settings))
    if SCOPE not in caller.scopes:
        return refusal("insufficient_scope", status=403, headers=CHALLENGE)
    application, scopes = _read(_metadata(request, body), caller)
    token = scannable.new(TOKEN_PREFIX)
    id_ = request.state.request_id
    try:
        async with transaction(platform.database, caller, platform.clock, id_) as tx:
            made, secret = await clients.register_application(
                tx,
                name=_name(application.title),
                scopes=scopes,
                locations=caller.locations,
                registered_only=caller.registered_only,
                application=application,
                registration_hash=scannable.digest(token),
            )
    except RedirectInvalid as failure:
        raise Unacceptable("invalid_redirect_uri", str(failure)) from None
    except Failure as failure:
        raise Unacceptable("invalid_client_metadata", str(failure)) from None
    shown = _shown(platform, made) | {"registration_access_token": token}
    if secret is not None:
        shown |= {"client_secret": secret, "client_secret_expires_at": 0}
    return JSONResponse(shown, 201, headers=NO_STORE)


async def _managed(request: Request) -> Response:
    platform: Platform = request.state.platform
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    client = request.path_params["client"]
    reader = Reader(platform.database, worker(""))
    rows = await reader.rows(clients.credentials(client)) if ids.prefix_of(client) == "cli" else []
    row = rows[0] if rows else None
    is_registrant = clients.is_registrant(row, token) and scheme.lower() == "bearer"
    if row is None or not is_registrant or not row.is_active:
        return refusal("invalid_token", status=401, headers=CHALLENGE)
    if request.method != "DELETE":
        return JSONResponse(_shown(platform, row), headers=NO_STORE)
    who = Principal(row.organization_id, client=row.id, client_name=row.name)
    id_ = request.state.request_id
    async with transaction(platform.database, who, platform.clock, id_) as tx:
        await clients.suspend_client(tx, row.id)
    await platform.revocations.announce()
    return Response(status_code=204, headers=NO_STORE)


def _metadata(request: Request, body: bytes) -> dict[str, Any]:
    media, _, _ = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != "application/json":
        raise Malformed("Send the metadata as application/json.")
    try:
        return json_object(body)
    except Rejected:
        raise Malformed("The body is not a JSON object with unique members.") from None


def _read(given: Mapping[str, Any], caller: Principal) -> tuple[Application, list[str]]:
    """What is to be registered. Members that we do not know are passed over, as RFC 7591 has it."""
    taken = [name for name in NOT_TAKEN if name in given]
    if taken:
        raise _unacceptable(f"{taken[0]} is not taken here.")
    try:
        how = Authentication(_text(given, "token_endpoint_auth_method") or Authentication.BASIC)
        grants = [Grant(one) for one in _texts(given, "grant_types", [Grant.CODE])]
    except ValueError:
        raise _unacceptable("There is no such way of authenticating, or no such grant.") from None
    if not set(_texts(given, "response_types", ["code"])) <= {"code"}:
        raise _unacceptable("The only response type is code.")
    grantable = caller.scopes - {SCOPE}
    scopes = (_text(given, "scope") or " ".join(sorted(grantable))).split()
    if not set(scopes) <= grantable:
        raise _unacceptable("The caller may not give every scope that is asked for.")
    public_keys = given.get("jwks")
    if public_keys is not None and not isinstance(public_keys, dict):
        raise _unacceptable("jwks must be an object.")
    application = Application(
        authentication=how,
        grants=grants,
        redirects=_texts(given, "redirect_uris", []),
        title=_title(_text(given, "client_name")),
        public_keys=public_keys,
        certificates=_texts(given, "tls_client_certificate_thumbprints", []),
        requires_dpop=given.get("dpop_bound_access_tokens") is True,
    )
    return application, scopes


def _shown(platform: Platform, row: Row[Any]) -> dict[str, Any]:
    """The registration as it stands."""
    us = issuer(platform.settings)
    shown = {
        "client_id": row.id,
        "client_id_issued_at": int(row.created_at.timestamp()),
        "client_name": row.title or row.name,
        "token_endpoint_auth_method": row.authentication,
        "grant_types": row.grant_types,
        "response_types": ["code"] if Grant.CODE in row.grant_types else [],
        "redirect_uris": row.redirect_uris,
        "scope": " ".join(row.scopes),
        "dpop_bound_access_tokens": row.requires_dpop,
        "registration_client_uri": f"{us}{REGISTRATION_PATH}/{row.id}",
    }
    if row.public_keys is not None:
        shown["jwks"] = row.public_keys
    return shown


def _name(title: str | None) -> str:
    """A name that no other client has: the title's letters, and some chance."""
    letters = (
        NOT_A_LETTER.sub("-", text.fold(title or "").replace("~", "")).strip("-")[:40].strip("-")
    )
    start = letters if letters[:1].isalpha() else f"app-{letters}".strip("-")
    return f"{start}-{secrets.token_hex(6)}"


def _title(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return text.name(given, limit=LONGEST_TITLE)
    except text.InvalidName:
        raise _unacceptable(
            f"client_name has 1 to {LONGEST_TITLE} letters that can be read."
        ) from None


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _unacceptable(f"{name} must be a string.")
    return value


def _texts(given: Mapping[str, Any], name: str, default: list[Any]) -> list[str]:
    value = given.get(name, default)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _unacceptable(f"{name} must be a list of strings.")
    return value


def _unacceptable(says: str) -> Unacceptable:
    return Unacceptable("invalid_client_metadata", says)
