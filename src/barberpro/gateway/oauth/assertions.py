"""Clients that sign what they say: assertions by RFC 7523, in pure functions of text, keys and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from ..credentials.rejected import Rejected
from ..credentials.tokens import decoded, instant_of, json_object, signed, text_of

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = 4_096  # characters
LONGEST_JTI = 128
LONGEST_LIFE = 300  # seconds from now to the end of an assertion
EARLY_SECONDS = 30
LATE_SECONDS = 5
# Asymmetric only: none of these takes a public key for a secret.
KINDS: dict[str, tuple[str, str | None]] = {
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
    "PS256": ("RSA", None),
    "RS256": ("RSA", None),
}
LEAST_RSA_BITS = 2_048


@dataclass(frozen=True)
class Assertion:
    """An assertion that holds, but for whether it was used before."""

    client: str
    jti: str
    until: float
    """Unix time from which on it is refused anyway."""


def claimed(assertion: str) -> str:
    """Whose assertion this says it is; nothing is believed yet. Raises Rejected."""
    if len(assertion) > LONGEST:
        raise Rejected("assertion: too long")
    segments = assertion.split(".")
    if len(segments) != 3:
        raise Rejected("assertion: no compact JWS")
    return text_of(json_object(decoded(segments[1])), "sub")


def believed(
    assertion: str, keys: Mapping[str, Any], audiences: frozenset[str], now: float
) -> Assertion:
    """What the assertion says, where one of these keys (a JWK Set) signed it for us. Raises Rejected."""
    header = json_object(decoded(assertion.partition(".")[0]))
    if not header.keys() <= {"alg", "kid", "typ"}:
        raise Rejected("assertion: header parameters not allowed")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in KINDS:
        raise Rejected("assertion: another algorithm")
    claims = json_object(_payload(assertion, alg, header.get("kid"), keys))
    client = text_of(claims, "sub")
    if text_of(claims, "iss") != client:
        raise Rejected("assertion: issued by another")
    audience = claims.get("aud")
    aimed = audience if isinstance(audience, list) else [audience]
    # All of them, not one of them: what is meant for others too could be used here by those others.
    if not aimed or not all(isinstance(one, str) and one in audiences for one in aimed):
        raise Rejected("assertion: for another audience")
    ends = instant_of(claims, "exp")
    if not now - LATE_SECONDS < ends <= now + LONGEST_LIFE:
        raise Rejected("assertion: expired, or good for too long")
    begins = [instant_of(claims, name) for name in ("iat", "nbf") if name in claims]
    if any(moment > now + EARLY_SECONDS for moment in begins):
        raise Rejected("assertion: not valid yet")
    jti = text_of(claims, "jti")
    if not 1 <= len(jti) <= LONGEST_JTI:
        raise Rejected("assertion: without an id")
    return Assertion(client, jti, ends + LATE_SECONDS + 1)


def _payload(assertion: str, alg: str, kid: Any, keys: Mapping[str, Any]) -> bytes:
    """The payload, by the key that the header names, or by the only one there is."""
    kind, curve = KINDS[alg]
    fitting = [
        key
        for key in keys["keys"]
        if key["kty"] == kind
        and key.get("crv") == curve
        and key.get("alg", alg) == alg
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise Rejected("assertion: no key of the client, or no telling which")
    return signed(assertion, _key(fitting[0]), (alg,))


def _key(jwk: Mapping[str, Any]) -> ECKey | OKPKey | RSAKey:
    kinds = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
    try:
        key = kinds[jwk["kty"]].import_key({**jwk})
    except (JoseError, ValueError, TypeError, KeyError):
        raise Rejected("assertion: the client's key is none") from None
    if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
        raise Rejected("assertion: the client's key is too short")
    return key
