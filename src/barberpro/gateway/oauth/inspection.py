"""Revocation (RFC 7009) and introspection (RFC 7662): what becomes of a token, and what stands in it."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.util import await_
from starlette.responses import JSONResponse, Response

from barberpro.domains.identity import clients
from barberpro.domains.identity.events import TokenRevoked
from barberpro.domains.identity.grants import families, refreshing
from barberpro.domains.identity.users import service as users
from barberpro.platform.clock import Clock
from barberpro.platform.events import publish
from barberpro.platform.revocations import revoke as void

from ..credentials.rejected import Rejected
from ..credentials.tokens import LATE_SECONDS, MFA, Claims
from .authentication import ALL, PROVEN
from .refusals import NO_STORE
from .scopes import within
from .server import Refused, Server
from .tokens import issuer
from .verifier import Verifier, ourselves

INSPECTOR = "tokens:introspect"
"""The scope of a client that may look at its whole organization's access tokens."""
INACTIVE = {"active": False}


def revoke(server: Server) -> Response:
    """Void a token of the calling client. Whatever it was, the answer is the same."""
    client = server.authenticate(ALL)
    token = _token(server)
    found = await_(refreshing.find(server.tx, token, client.id))
    if found is not None:
        await_(families.revoke(server.tx, found.grant_id, "client"))
        return Response(status_code=200, headers=NO_STORE)
    claims = await_(_claims(server, token))
    if claims is not None and claims.client == client.id and claims.jti is not None:
        await_(_void(server, claims.jti))
    return Response(status_code=200, headers=NO_STORE)


def introspect(server: Server) -> Response:
    """What a token says, to who may know: its own client, and clients with `tokens:introspect` of its tenant."""
    client = server.authenticate(PROVEN)
    token = _token(server)
    found = await_(refreshing.find(server.tx, token, client.id))
    if found is not None:
        return _answer(await_(_of_refresh_token(server, found)))
    claims = await_(_claims(server, token))
    if claims is None or not _may_see(client, claims):
        return _answer(INACTIVE)
    return _answer(await_(_of_access_token(server, claims)))


def _may_see(client: Row[Any], claims: Claims) -> bool:
    if claims.tenant != client.organization_id:
        return False
    return claims.client == client.id or INSPECTOR in client.scopes


def _token(server: Server) -> str:
    token = server.asked.given("token")
    if token is None:
        raise Refused("invalid_request")
    return token


def _answer(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers=NO_STORE)


async def _void(server: Server, jti: str) -> None:
    await void(server.tx, jti, server.tx.now + families.TOKEN_OUTLIVES)
    await publish(server.tx, TokenRevoked(subject=server.client.id, jti=jti))


async def _claims(server: Server, token: str) -> Claims | None:
    """What one of our access tokens says, or None where it is none, or none any more."""
    us = issuer(server.platform.settings)
    clock: Clock = server.platform.clock
    verifier = Verifier({us: ourselves(server.platform.keys, us)}, clock)
    try:
        return await verifier.verified(token)
    except Rejected:
        return None


async def _of_refresh_token(server: Server, found: Row[Any]) -> dict[str, Any]:
    if not refreshing.is_live(found, server.tx.now):
        return INACTIVE
    rights = await users.rights(server.tx, found.user_id)
    scopes = within(frozenset(found.scopes), server.client, rights)
    if not rights.is_active or not scopes:
        return INACTIVE
    return {
        "active": True,
        "client_id": server.client.id,
        "scope": " ".join(sorted(scopes)),
        "sub": found.user_id,
        "exp": int(min(found.expires_at, found.grant_expires_at).timestamp()),
        "iss": issuer(server.platform.settings),
    }


async def _of_access_token(server: Server, claims: Claims) -> dict[str, Any]:
    """Active only as far as the gateway would take it: its client may have lost scopes, or all."""
    revocations = server.platform.revocations
    await revocations.refresh()
    if revocations.voids(0, claims.kid, claims.jti, claims.grant):
        return INACTIVE
    if revocations.voids(claims.issued_at, claims.user, claims.client):
        return INACTIVE
    client = await server.tx.row(clients.standing(claims.client))
    if client is None or not client.is_active:
        return INACTIVE
    if client.requires_dpop and not (claims.dpop_key or claims.certificate):
        return INACTIVE
    scopes = claims.scopes.intersection(client.scopes)
    if claims.user is not None:
        rights = await users.rights(server.tx, claims.user)
        if not rights.is_active or (rights.requires_second_factor and MFA not in claims.amr):
            return INACTIVE
        scopes = within(claims.scopes, client, rights)
    bound = {"jkt": claims.dpop_key, "x5t#S256": claims.certificate}
    confirmation = {name: value for name, value in bound.items() if value}
    body = {
        "active": True,
        "client_id": claims.client,
        "sub": claims.user or claims.client,
        "scope": " ".join(sorted(scopes)),
        "token_type": "DPoP" if claims.dpop_key else "Bearer",
        "iss": claims.issuer,
        "aud": claims.issuer,
        "iat": int(claims.issued_at),
        "exp": int(claims.usable_until - LATE_SECONDS),
        "tenant": claims.tenant,
        "jti": claims.jti,
    }
    return {**body, "cnf": confirmation} if confirmation else body
