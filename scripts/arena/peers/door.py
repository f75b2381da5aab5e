"""What every peer has at its door, so that none is cheaper by leaving it out: the token check, and a line in the log.

Tokens are the gateway's own. A signature that was good is believed for a minute, as the gateway believes it.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response

KEPT = 60.0  # seconds that a good signature is believed without another look
MOST_KEPT = 4_096
ISSUER = os.environ.get("ARENA_ISSUER", "")
JWKS = os.environ.get("ARENA_JWKS", "")
"""A file with the gateway's public keys."""


@dataclass(frozen=True)
class Caller:
    """For whom a token speaks, and what it may do."""

    tenant: str
    client: str
    scopes: frozenset[str]
    until: float


class Unknown(Exception):
    """The request shows no token of ours, or not one for this."""


class Tokens:
    """Checks access tokens, each signature once a minute."""

    def __init__(self) -> None:
        self._keys = KeySet.import_key_set(orjson.loads(Path(JWKS).read_bytes()))
        self._known: dict[str, Caller] = {}

    def caller(self, authorization: str, needs: frozenset[str]) -> Caller:
        """Who calls, if they may do what this needs."""
        caller = self._known.get(authorization)
        if caller is None or time.time() >= caller.until:
            caller = self._checked(authorization)
        if not needs <= caller.scopes:
            raise Unknown
        return caller

    def _checked(self, authorization: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        now = time.time()
        try:
            claims = jwt.decode(token, self._keys, algorithms=["ES256"]).claims
        except (JoseError, ValueError) as error:
            raise Unknown from error
        if scheme != "Bearer" or claims["iss"] != ISSUER or claims["aud"] != ISSUER:
            raise Unknown
        if now >= claims["exp"]:
            raise Unknown
        scopes = frozenset(claims["scope"].split())
        until = min(now + KEPT, claims["exp"])
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        caller = Caller(claims["tenant"], claims["client_name"], scopes, until)
        self._known[authorization] = caller
        return caller


Answer = Callable[[dict[str, Any], Caller], Awaitable[bytes]]


def endpoint(
    tokens: Tokens, operation: str, needs: frozenset[str], answer: Answer
) -> Callable[[Request], Awaitable[Response]]:
    """A Starlette endpoint that takes an operation's variables as JSON and gives its answer's bytes."""

    async def called(request: Request) -> Response:
        began = time.perf_counter()
        try:
            caller = tokens.caller(request.headers.get("authorization", ""), needs)
        except Unknown:
            return Response(b'{"error":"UNAUTHENTICATED"}', 401, media_type="application/json")
        body = await answer(orjson.loads(await request.body()), caller)
        tell(operation, caller, began)
        return Response(body, media_type="application/json")

    return called


def tell(operation: str, caller: Caller, began: float) -> None:
    """A line of JSON about a request that was answered."""
    line = {
        "time": time.time(),
        "event": "request",
        "request_id": secrets.token_hex(8),
        "operation": operation,
        "client": caller.client,
        "tenant": caller.tenant,
        "status": 200,
        "milliseconds": round((time.perf_counter() - began) * 1_000, 2),
    }
    sys.stderr.buffer.write(orjson.dumps(line) + b"\n")
    sys.stderr.buffer.flush()
