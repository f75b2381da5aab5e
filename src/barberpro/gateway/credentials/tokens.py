"""Tells access tokens (RFC 9068) from everything else that is shaped like one.

The library checks the signature; all that it leaves open is decided here: which header parameters and algorithm may
stand in a token, that type and key are named, that no JSON member stands twice, and how far two clocks may differ.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from .rejected import Rejected

LONGEST = 8_192  # bytes of a token
KIND = "at+jwt"
# No other header parameter is of use to us; jwk, jku, x5u, crit and b64 do harm.
HEADER = {"typ", "alg", "kid"}
HARMLESS = {"x5t", "x5t#S256"}  # what others' issuers add
EARLY_SECONDS = 30  # how far the issuer's clock may run ahead of ours
LATE_SECONDS = 5  # how long after its end a token still counts
LONGEST_SECONDS = 7_200 - EARLY_SECONDS
"""How long a token counts from when it was issued, whatever it says: revocations are remembered for two hours."""
MFA = "mfa"  # of RFC 8176: more than one factor was shown
FAR_FUTURE = 10**11  # Unix time of the year 5138; beyond it is infinity, and NaN is nowhere

SURROGATE = re.compile("[\ud800-\udfff]")

PublicKey = ECKey | RSAKey | OKPKey


@dataclass(frozen=True)
class ClaimNames:
    """Where an issuer's tokens say what. `locations` may be left out of a token, and `user` names its subject."""

    tenant: str = "tenant"
    client: str = "client_id"
    scope: str = "scope"
    user: str = "sub"
    locations: str = "locations"


@dataclass(frozen=True)
class Rules:
    """What a token of one issuer must be."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    is_ours: bool = True
    """Our own tokens have one audience and no header parameter that we do not write."""
    claims: ClaimNames = field(default_factory=ClaimNames)


@dataclass(frozen=True)
class Claims:
    """What a token says, once it is believed."""

    issuer: str
    client: str
    """The client's id; its name where the issuer is another."""
    tenant: str
    scopes: frozenset[str]
    locations: frozenset[str] | None
    issued_at: float
    usable_until: float
    """Unix time, with the tolerance in it."""
    kid: str | None = None
    """The key that signed it."""
    jti: str | None = None
    user: str | None = None
    grant: str | None = None
    amr: tuple[str, ...] = ()
    dpop_key: str | None = None
    """The thumbprint of the key that must show itself with this token (RFC 9449)."""
    certificate: str | None = None
    """The thumbprint of the certificate that must stand behind the connection (RFC 8705)."""


@dataclass(frozen=True)
class Envelope:
    """What a token says before anything is believed: whom to ask, and by which key."""

    issuer: str
    kid: str
    alg: str
    parameters: frozenset[str]


def opened(token: str) -> Envelope:
    """Read the header, and who claims to have issued the token; the signature is not yet checked."""
    if len(token) > LONGEST:
        raise Rejected("too long")
    head, _, rest = token.partition(".")
    header = json_object(decoded(head))
    if header.get("typ") != KIND or not isinstance(header.get("kid"), str):
        raise Rejected("another type, or no key named")
    claims = json_object(decoded(rest.partition(".")[0]))
    return Envelope(
        text_of(claims, "iss"), header["kid"], str(header.get("alg")), frozenset(header)
    )


def believed(token: str, envelope: Envelope, key: PublicKey, rules: Rules, now: float) -> Claims:
    """What the token says, where this key signed it and these rules hold. Raises Rejected."""
    allowed = HEADER if rules.is_ours else HEADER | HARMLESS
    if not HEADER <= envelope.parameters <= allowed:
        raise Rejected("header parameters missing or not allowed")
    if envelope.alg not in rules.algorithms:
        raise Rejected("another algorithm")
    claims = json_object(signed(token, key, rules.algorithms))
    if claims.get("iss") != rules.issuer:
        raise Rejected("another issuer")
    if not _is_for(claims.get("aud"), rules):
        raise Rejected("for another audience")
    issued_at, usable_until = _life(claims, now)
    return replace(_read(claims, rules, issued_at, usable_until), kid=envelope.kid)


def signed(token: str, key: PublicKey, algorithms: tuple[str, ...]) -> bytes:
    """The payload of a compact JWS that this key signed by one of these algorithms."""
    try:
        registry = jws.JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
        return jws.deserialize_compact(token, key, registry=registry).payload or b""
    except (JoseError, ValueError) as error:
        raise Rejected(type(error).__name__) from None


def _is_for(audience: Any, rules: Rules) -> bool:
    if isinstance(audience, list) and not rules.is_ours:
        return rules.audience in audience
    return audience == rules.audience


def _life(claims: Mapping[str, Any], now: float) -> tuple[float, float]:
    ends = instant_of(claims, "exp") + LATE_SECONDS
    usable_until = min(ends, instant_of(claims, "iat") + LONGEST_SECONDS)
    if now >= usable_until:
        raise Rejected("expired")
    begins = [instant_of(claims, name) for name in ("iat", "nbf") if name in claims]
    if now < max(begins) - EARLY_SECONDS:
        raise Rejected("not valid yet")
    return instant_of(claims, "iat"), usable_until


def _read(claims: Mapping[str, Any], rules: Rules, issued_at: float, usable_until: float) -> Claims:
    names = rules.claims
    client = text_of(claims, names.client)
    if rules.is_ours:
        text_of(claims, "client_name")
        text_of(claims, "scope")  # others may list their scopes
    subject = text_of(claims, names.user)
    confirmation = claims.get("cnf", {})
    if not isinstance(confirmation, dict) or not confirmation.keys() <= {"jkt", "x5t#S256"}:
        raise Rejected("bound to something that is not known here")
    return Claims(
        issuer=rules.issuer,
        client=client,
        tenant=text_of(claims, names.tenant),
        scopes=frozenset(_words(claims, names.scope)),
        locations=_locations(claims, names.locations),
        issued_at=issued_at,
        usable_until=usable_until,
        jti=_optional(claims, "jti"),
        user=None if subject == client else subject,
        grant=_optional(claims, "gid"),
        amr=tuple(_words(claims, "amr")) if "amr" in claims else (),
        dpop_key=_optional(confirmation, "jkt"),
        certificate=_optional(confirmation, "x5t#S256"),
    )


def decoded(segment: str) -> bytes:
    """The bytes of a segment in base64url."""
    try:
        return urlsafe_b64decode(segment.encode("ascii"))
    except ValueError:
        raise Rejected("not base64url") from None


def json_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which no member stands twice: two readers could each believe another one."""
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Rejected("not a JSON object with unique members") from None
    if not isinstance(value, dict):
        raise Rejected("not a JSON object")
    return value


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member stands twice")
    return found


def instant_of(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Rejected(f"{name} is not a number")
    if not 0 <= value < FAR_FUTURE:
        raise Rejected(f"{name} is not a time")
    return value


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """A member that must be there, and text: JSON can write halves of characters, which are none."""
    value = claims.get(name)
    if not isinstance(value, str) or SURROGATE.search(value):
        raise Rejected(f"{name} is not text")
    return value


def _optional(claims: Mapping[str, Any], name: str) -> str | None:
    return text_of(claims, name) if name in claims else None


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """Words with spaces between them, or a list of them."""
    value = claims.get(name)
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Rejected(f"{name} is not a list of words")
    return words


def _locations(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Rejected("locations is not a list of ids")
    return frozenset(value)
