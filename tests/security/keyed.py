"""What honest callers have: keys, proofs, certificates, and tokens bound to them."""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

URL = "https://gateway.example/graphql"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def proof(
    key: ECKey | OKPKey,
    now: float,
    token: str,
    *,
    header: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A DPoP proof for a POST to the graph; a change to `...` leaves a claim or header parameter out."""
    alg = "ES256" if isinstance(key, ECKey) else "Ed25519"
    head = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)} | dict(header or {})
    claims = {
        "htm": "POST",
        "htu": URL,
        "iat": int(now),
        "jti": uuid.uuid4().hex,
        "ath": b64url(hashlib.sha256(token.encode()).digest()),
    } | changes
    said = {name: value for name, value in claims.items() if value is not ...}
    shown = {name: value for name, value in head.items() if value is not ...}
    registry = jws.JWSRegistry(algorithms=["ES256", "Ed25519"], strict_check_header=False)
    return jws.serialize_compact(
        shown, json.dumps(said).encode(), key, algorithms=["ES256", "Ed25519"], registry=registry
    )


def certificate(now: datetime, *, days: int = 30) -> bytes:
    """A self-signed certificate in DER that is in force from an hour ago."""
    return x509.load_pem_x509_certificate(self_signed(now, days=days)[0]).public_bytes(Encoding.DER)


def self_signed(now: datetime, *, days: int = 30) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """The same in PEM, with its key; for localhost, and its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM), key


def x5t(der: bytes) -> str:
    return b64url(hashlib.sha256(der).digest())
