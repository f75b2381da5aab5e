"""Tells a service who asks: a token of ours, for that service alone and for a minute.

Its shape is that of RFC 9068; `act` (RFC 8693 section 4.1) says that we ask in the caller's name. The caller's own
token is never passed on: a service could use it against us. It carries only the scopes of the field that is asked for.
"""

from collections.abc import Iterable
from typing import Any

from ..clock import Clock
from ..ids import new
from ..keys import KeyRing
from ..principal import Principal

SECONDS = 60
KIND = "at+jwt"


class Identity:
    """Makes the tokens; services check them by our JWK Set."""

    def __init__(self, issuer: str, keys: KeyRing, clock: Clock) -> None:
        self._issuer = issuer
        self._keys = keys
        self._clock = clock

    def token(self, caller: Principal, audience: str, scopes: Iterable[str]) -> str:
        """For one call on behalf of this caller."""
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": audience,
            "sub": caller.actor,
            "act": {"sub": self._issuer},
            "client_id": caller.client,
            "scope": " ".join(sorted(scopes)),
            "iat": now,
            "exp": now + SECONDS,
            "jti": new("tok"),
        }
        if caller.tenant:  # who asks for the schema alone, speaks for none
            claims["tenant"] = caller.tenant
        if caller.locations is not None:
            claims["locations"] = sorted(caller.locations)
        return self._keys.sign(claims, KIND)
