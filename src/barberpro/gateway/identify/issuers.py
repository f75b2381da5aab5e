"""Issuers other than ourselves, whom an operator named: where their keys are, and how long they are believed.

Keys are found by discovery (RFC 8414, then OpenID Connect) and kept for five minutes. An unknown key id asks again, at
most every 30 seconds; an issuer that cannot be reached is believed by the keys it last showed for an hour more. Only a
request with an unknown key waits for an issuer, and not for long: one that is slow slows nobody whose key is known.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from barberpro.platform.clock import Clock
from barberpro.platform.outside import Outside, Unreachable
from barberpro.platform.platform import Platform
from barberpro.platform.settings import ExternalIssuer

from ..credentials.tokens import ClaimNames, PublicKey, Rules
from ..oauth.tokens import issuer as ourselves
from ..oauth.verifier import Issuer

FRESH = timedelta(minutes=5)
STALE = timedelta(
    hours=1
)  # how long keys are believed beyond that, while the issuer cannot be reached
PATIENCE = timedelta(seconds=30)  # between two looks
WAIT = 3.0  # seconds that a request with an unknown key waits for the issuer
MOST_KEYS = 50
KINDS: dict[str, type[PublicKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
FEWEST_RSA_BITS = 2_048

Fetch = Callable[[str], Awaitable[dict[str, Any]]]

log = structlog.get_logger(__name__)


def others(platform: Platform) -> dict[str, Issuer]:
    """The issuers of the settings, by name."""
    us = ourselves(platform.settings)
    return {given.issuer: _issuer(given, us, platform.clock) for given in platform.settings.issuers}


def _issuer(given: ExternalIssuer, us: str, clock: Clock) -> Issuer:
    rules = Rules(
        issuer=given.issuer,
        audience=given.audience or us,
        algorithms=tuple(given.algorithms),
        is_ours=False,
        claims=ClaimNames(**given.claims.model_dump()),
    )
    home = urlsplit(given.issuer).hostname or ""
    hosts = frozenset({home, *given.jwks_hosts})
    outside = Outside(hosts if given.allow_private_network else frozenset())
    keys = RemoteKeys(given.issuer, clock, lambda url: outside.document(url, hosts))
    return Issuer(rules, keys, frozenset(given.tenants))


class RemoteKeys:
    """The public keys of an issuer, as it publishes them."""

    def __init__(self, issuer: str, clock: Clock, fetch: Fetch) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetch = fetch
        self._keys: dict[str, PublicKey] = {}
        self._read_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._looking: asyncio.Task[None] | None = None

    async def public_key(self, kid: str) -> PublicKey | None:
        """The key of this id, or None. Asks the issuer where the key is not known, or was read too long ago."""
        if not self._is_within(FRESH) or kid not in self._keys:
            looking = self._look()
            is_believed = kid in self._keys and self._is_within(FRESH + STALE)
            if looking is not None and not is_believed:
                await asyncio.wait({looking}, timeout=WAIT)
        return self._keys.get(kid) if self._is_within(FRESH + STALE) else None

    def _is_within(self, span: timedelta) -> bool:
        return self._read_at is not None and timedelta(0) <= self._clock() - self._read_at < span

    def _look(self) -> asyncio.Task[None] | None:
        """The look that goes on, or a new one; None where it is too soon."""
        if self._looking is not None and not self._looking.done():
            return self._looking
        now = self._clock()
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < PATIENCE:
            return None
        self._looked_at = now
        self._looking = asyncio.create_task(self._read(now))
        return self._looking

    async def _read(self, now: datetime) -> None:
        try:
            jwks = await self._fetch(await self._place())
            self._keys, self._read_at = imported(jwks), now
        except Unreachable as error:
            log.warning("issuer.unreachable", issuer=self._issuer, reason=str(error))

    async def _place(self) -> str:
        """Where the issuer's keys are. The document must be of this issuer, to the letter (RFC 8414 section 3.3)."""
        error = Unreachable("no place to look")
        for url in places(self._issuer):
            try:
                document = await self._fetch(url)
            except Unreachable as failed:
                error = failed
                continue
            if document.get("issuer") != self._issuer:
                raise Unreachable("metadata of another issuer")
            if not isinstance(document.get("jwks_uri"), str):
                raise Unreachable("metadata without keys")
            return document["jwks_uri"]
        raise error


def places(issuer: str) -> tuple[str, str]:
    """Where RFC 8414 and OpenID Connect Discovery put an issuer's metadata."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    )


def imported(jwks: dict[str, Any]) -> dict[str, PublicKey]:
    """The public signature keys of a JWK Set by their ids; what is not one, or too weak, is left out."""
    listed = jwks.get("keys")
    if not isinstance(listed, list):
        raise Unreachable("not a JWK Set")
    found: dict[str, PublicKey] = {}
    for jwk in listed[:MOST_KEYS]:
        key = _imported(jwk) if isinstance(jwk, dict) else None
        if key is not None and isinstance(jwk.get("kid"), str):
            found[jwk["kid"]] = key
    return found


def _imported(jwk: dict[str, Any]) -> PublicKey | None:
    kind = KINDS.get(str(jwk.get("kty")))
    if kind is None or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    public = ("kty", "crv", "x", "y", "n", "e")
    try:
        key = kind.import_key({name: jwk[name] for name in public if name in jwk})
        bits = getattr(key.public_key, "key_size", None)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, RSAKey) and (bits or 0) < FEWEST_RSA_BITS else key
