"""Dynamic client registration (RFC 7591) and its management (RFC 7592), for callers who may register clients.

The initial access token is one of our access tokens with the scope `clients:register`. The new client is of the
caller's tenant, and may do nothing that the caller may not. The answer carries a registration access token, by which
the client's own developer reads the registration or ends it.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.domains.identity.errors import RedirectInvalid
from barberpro.platform import ids, scannable, text
from barberpro.platform.doors import Reader
from barberpro.platform.errors import Failure
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal, worker

from ..credentials.rejected import Rejected
from ..credentials.tokens import json_object
from ..identify import Identify, presented
from .form import Malformed, body_of
from .reception import Act, opening, received
from .refusals import NO_STORE, refusal, told
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


class Unacceptable(Exception):
    """The metadata will not do. The arguments are the code of RFC 7591 section 3.2.2 and a sentence."""

    def __init__(self, error: str, says: str) -> None:
        super().__init__(error)
        self.error = error
        self.says = says


def routes() -> list[Route]:
    """`/oauth/register`, and each registration under it."""
    register, manage = (
        received(_acceptable(act), told, "register") for act in (_registered, _managed)
    )
    return [
        Route(REGISTRATION_PATH, register, methods=["POST"]),
        Route(MANAGEMENT_PATH, manage, methods=["GET", "DELETE"]),
    ]


def _acceptable(act: Act) -> Act:
    async def answered(request: Request) -> Response:
        try:
            return await act(request)
        except Unacceptable as problem:
            return refusal(problem.error, problem.says)

    return answered


async def _registered(request: Request) -> Response:
    """Make a client of the caller's tenant."""
    platform: Platform = request.state.platform
    body = await body_of(request)
    identify: Identify = request.state.identify
    caller = await identify(presented(request, body, platform.settings))
    if SCOPE not in caller.scopes:
        platform.refusals.note(caller, "insufficient_scope", {"endpoint": "register"})
        return refusal("insufficient_scope", status=403, headers=CHALLENGE)
    application, scopes = _read(_metadata(request, body), caller)
    token = scannable.new(TOKEN_PREFIX)
    try:
        async with opening(request, caller) as tx:
            made, secret = await clients.register_application(
                tx,
                name=_name(application.title),
                scopes=scopes,
                locations=caller.locations,
                document_mode=caller.document_mode,
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
    """Show a registration, or end it, to whoever holds its token."""
    platform: Platform = request.state.platform
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    client = request.path_params["client"]
    reader = Reader(platform.database, worker(""))
    rows = await reader.rows(clients.credentials(client)) if ids.prefix_of(client) == "cli" else []
    row = rows[0] if rows else None
    is_registrant = clients.is_registrant(row, token) and scheme.lower() == "bearer"
    if row is None or not is_registrant or not row.is_active:
        platform.refusals.note(None, "invalid_token", {"endpoint": "register"})
        return refusal("invalid_token", status=401, headers=CHALLENGE)
    if request.method != "DELETE":
        return JSONResponse(_shown(platform, row), headers=NO_STORE)
    who = Principal(row.organization_id, client=row.id, client_name=row.name)
    async with opening(request, who) as tx:
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
