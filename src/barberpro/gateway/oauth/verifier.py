"""Tells our access tokens from everything else that is shaped like one.

The library checks the signature; all that it leaves open is decided here: which header parameters
and algorithm may stand in a token, that type and key are named, that no JSON member stands twice,
and how far two clocks may differ.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from barberpro.platform.clock import Clock
from barberpro.platform.keys import ALGORITHM, KeyRing

from .tokens import KIND

LONGEST = 8_192  # bytes of a token
HEADER = {
    "typ",
    "alg",
    "kid",
}  # no other parameter is of use to us; jwk, jku, x5u, crit, b64 do harm
EARLY_SECONDS = 30  # how far the issuer's clock may run ahead of ours
LATE_SECONDS = 5  # how long after its end a token still counts
FAR_FUTURE = 10**11  # Unix time of the year 5138; beyond it is infinity, and NaN is nowhere
REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM])  # whatever a header asks for


class TokenRejected(Exception):
    """Not one of our tokens, or not any more. The reason is for our log, never for the caller."""


@dataclass(frozen=True)
class Claims:
    """What a token that we issued says."""

    client: str
    client_name: str
    tenant: str
    scopes: frozenset[str]
    locations: frozenset[str] | None
    usable_until: float
    """Unix time, with the tolerance in it."""


class Verifier:
    """Checks tokens of one issuer for one audience."""

    def __init__(self, keys: KeyRing, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    async def verified(self, token: str) -> Claims:
        """What the token says. Raises TokenRejected."""
        if len(token) > LONGEST:
            raise TokenRejected("too long")
        kid = _kid(_json_object(_decoded(token.partition(".")[0])))
        key = await self._keys.public_key(kid)
        if key is None:
            raise TokenRejected("unknown key")
        try:
            signed = jws.deserialize_compact(token, key, registry=REGISTRY)
        except (JoseError, ValueError) as error:
            raise TokenRejected(type(error).__name__) from None
        return self._checked(_json_object(signed.payload or b""))

    def _checked(self, claims: Mapping[str, Any]) -> Claims:
        if claims.get("iss") != self._issuer:
            raise TokenRejected("another issuer")
        if claims.get("aud") != self._audience:
            raise TokenRejected("for another audience")
        now = self._clock().timestamp()
        usable_until = _instant(claims, "exp") + LATE_SECONDS
        if now >= usable_until:
            raise TokenRejected("expired")
        begins = [_instant(claims, name) for name in ("iat", "nbf") if name in claims]
        if "iat" not in claims or now < max(begins) - EARLY_SECONDS:
            raise TokenRejected("not valid yet")
        return Claims(
            client=_text(claims, "client_id"),
            client_name=_text(claims, "client_name"),
            tenant=_text(claims, "tenant"),
            scopes=frozenset(_text(claims, "scope").split()),
            locations=_locations(claims),
            usable_until=usable_until,
        )


def _kid(header: Mapping[str, Any]) -> str:
    """The key that the header names, once the header is all that it should be and no more."""
    if header.keys() != HEADER:
        raise TokenRejected("header parameters missing or not allowed")
    if header["typ"] != KIND or not isinstance(header["kid"], str):
        raise TokenRejected("another type")
    return header["kid"]


def _decoded(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment.encode("ascii"))
    except ValueError:
        raise TokenRejected("not base64url") from None


def _json_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which no member stands twice: two readers could each believe another one."""
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise TokenRejected("not a JSON object with unique members") from None
    if not isinstance(value, dict):
        raise TokenRejected("not a JSON object")
    return value


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member stands twice")
    return found


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRejected(f"{name} is not a number")
    if not 0 <= value < FAR_FUTURE:
        raise TokenRejected(f"{name} is not a time")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise TokenRejected(f"{name} is not text")
    return value


def _locations(claims: Mapping[str, Any]) -> frozenset[str] | None:
    if "locations" not in claims:
        return None
    value = claims["locations"]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TokenRejected("locations is not a list of ids")
    return frozenset(value)
