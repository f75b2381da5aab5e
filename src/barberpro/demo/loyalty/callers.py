"""Who asks the service: checks the token that came along by the gateway's published keys (RFC 9068 section 4)."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from barberpro.platform.outside import Unreachable

SCOPE = "loyalty:read"
PATIENCE = 5.0  # seconds between two looks for keys

Jwks = Callable[[], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """The token does not show who asks."""


@dataclass(frozen=True)
class Caller:
    """For whom the gateway asks."""

    tenant: str
    """Empty where it asks for none: such a caller may see the schema, and nobody's entries."""
    locations: frozenset[str] | None


class Callers:
    """Knows the gateway's keys, and looks for new ones when it meets a token that none of them signed."""

    def __init__(self, issuer: str, audience: str, jwks: Jwks, now: Callable[[], datetime]) -> None:
        self._rules = jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._jwks = jwks
        self._keys = KeySet([])
        self._looked_at = -PATIENCE
        self._looking = asyncio.Lock()

    async def identified(self, authorization: str | None) -> Caller:
        """Who stands behind this header. Raises Refused."""
        kind, _, text = (authorization or "").partition(" ")
        if kind.lower() != "bearer":
            raise Refused("no bearer token")
        try:
            claims = self._claims(text)
        except (JoseError, ValueError):
            await self._look()
            try:
                claims = self._claims(text)
            except (JoseError, ValueError) as error:
                raise Refused(type(error).__name__) from None
        if SCOPE not in str(claims.get("scope")).split():
            raise Refused("without the scope")
        locations = claims.get("locations")
        within = None if locations is None else frozenset(map(str, locations))
        return Caller(str(claims.get("tenant", "")), within)

    def _claims(self, text: str) -> dict[str, Any]:
        token = jwt.decode(text, self._keys, algorithms=["ES256"])
        if token.header.get("typ") != "at+jwt":
            raise ValueError("another kind of token")
        self._rules.validate(token.claims)
        return token.claims

    async def _look(self) -> None:
        async with self._looking:
            if time.monotonic() - self._looked_at < PATIENCE:
                return
            self._looked_at = time.monotonic()
            with contextlib.suppress(Unreachable):  # then the keys that are known must do
                self._keys = KeySet.import_key_set(await self._jwks())  # type: ignore[arg-type]
