"""Whose tokens are believed, and by which keys: our own, and those of issuers that an operator named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from barberpro.platform.clock import Clock
from barberpro.platform.keys import ALGORITHM, KeyRing

from ..credentials.rejected import Rejected
from ..credentials.tokens import Claims, PublicKey, Rules, believed, opened


class Keys(Protocol):
    """The public keys of an issuer."""

    async def public_key(self, kid: str) -> PublicKey | None:
        """The key of this id, or None where the issuer has none."""
        ...


@dataclass(frozen=True)
class Issuer:
    """What its tokens must be, and the keys that sign them."""

    rules: Rules
    keys: Keys
    tenants: frozenset[str] | None = None
    """For whom it may speak; None is all, and for ourselves only."""


class Verifier:
    """Checks tokens of these issuers, by their names."""

    def __init__(self, issuers: Mapping[str, Issuer], clock: Clock) -> None:
        self._issuers = issuers
        self._clock = clock

    async def verified(self, token: str) -> Claims:
        """What the token says. Raises Rejected."""
        envelope = opened(token)
        issuer = self._issuers.get(envelope.issuer)
        if issuer is None:
            raise Rejected("unknown issuer")
        if envelope.alg not in issuer.rules.algorithms:
            raise Rejected("another algorithm")  # before any key is fetched for it
        key = await issuer.keys.public_key(envelope.kid)
        if key is None:
            raise Rejected("unknown key")
        claims = believed(token, envelope, key, issuer.rules, self._clock().timestamp())
        if issuer.tenants is not None and claims.tenant not in issuer.tenants:
            raise Rejected("a tenant that this issuer does not speak for")
        return claims


def ourselves(keys: KeyRing, name: str) -> Issuer:
    """We as issuer, under our public URL, for ourselves as the only audience."""
    return Issuer(Rules(name, name, (ALGORITHM,)), keys)
