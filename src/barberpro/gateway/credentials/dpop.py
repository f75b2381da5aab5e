"""Proof of possession by RFC 9449: with each request a small JWT, signed by the key that a token is bound to."""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import urlsafe_b64encode

from .rejected import Rejected
from .tokens import decoded, instant_of, json_object, signed, text_of

KIND = "dpop+jwt"
# By RFC 9864: `EdDSA` does not say which curve.
ALGORITHMS = {"ES256": ("P-256", ECKey), "Ed25519": ("Ed25519", OKPKey)}
LONGEST = 4_096  # characters of a proof
LONGEST_JTI = 128
OLD_SECONDS = 60  # how old a proof may be
EARLY_SECONDS = 30  # how far the caller's clock may run ahead of ours


@dataclass(frozen=True)
class Proof:
    """A proof that holds, but for whether it was used before."""

    key: str
    """The thumbprint of its key by RFC 7638, in SHA-256."""
    jti: str
    until: float
    """Unix time from which on the proof is refused anyway, even by a process whose clock is behind."""


def proven(proof: str, *, method: str, url: str, now: float, token: str | None) -> Proof:
    """The proof of a request; with `token` it must name that token too. Raises Rejected."""
    if len(proof) > LONGEST:
        raise Rejected("proof: too long")
    header = json_object(decoded(proof.partition(".")[0]))
    if header.keys() != {"typ", "alg", "jwk"} or header["typ"] != KIND:
        raise Rejected("proof: another type or header")
    key = _key(header["alg"], header["jwk"])
    claims = json_object(signed(proof, key, (header["alg"],)))
    if text_of(claims, "htm") != method:
        raise Rejected("proof: for another method")
    if _place(text_of(claims, "htu")) != _place(url):
        raise Rejected("proof: for another URL")
    made = instant_of(claims, "iat")
    if not now - OLD_SECONDS <= made <= now + EARLY_SECONDS:
        raise Rejected("proof: of another time")
    if token is not None:
        ath = text_of(claims, "ath")
        if ath != token_hash(token):
            raise Rejected("proof: for another token")
    jti = text_of(claims, "jti")
    if not 1 <= len(jti) <= LONGEST_JTI:
        raise Rejected("proof: without an id")
    return Proof(key.thumbprint(), jti, made + OLD_SECONDS + EARLY_SECONDS)


def token_hash(token: str) -> str:
    """The `ath` of a token: its SHA-256 in base64url."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode()


def _key(alg: Any, jwk: Any) -> ECKey | OKPKey:
    if not isinstance(alg, str) or alg not in ALGORITHMS or not isinstance(jwk, dict):
        raise Rejected("proof: another algorithm, or no key")
    curve, kind = ALGORITHMS[alg]
    if "d" in jwk or jwk.get("crv") != curve or jwk.get("kty") != kind.key_type:
        raise Rejected("proof: not a public key for its algorithm")
    try:
        key = kind.import_key({n: jwk[n] for n in ("kty", "crv", "x", "y") if n in jwk})
        key.public_key  # noqa: B018 - fails where the point is not on the curve
    except (JoseError, ValueError, TypeError, KeyError):
        raise Rejected("proof: not a key") from None
    return key


def _place(url: str) -> tuple[str, str, int | None, str]:
    """A URL as RFC 9449 section 4.3 compares it: without query and fragment, normalized by its scheme."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Rejected("proof: not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise Rejected("proof: not a URL of a request")
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return (
        parts.scheme,
        parts.hostname or "",
        default if port is None else port,
        parts.path or "/",
    )
