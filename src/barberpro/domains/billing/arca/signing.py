"""The request for a ticket, signed: WSAA's `loginTicketRequest` in a CMS SignedData (manual of WSAA, section 3)."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from secrets import randbits

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from .port import Certificate

ARGENTINA = timezone(timedelta(hours=-3))
"""Argentina has had no other offset since 2009; ARCA's own times carry this one."""
SERVICE = "wsfe"

# A clock some minutes fast must not put the request into ARCA's future; a day is the most for both.
EARLIER = timedelta(minutes=10)
LONGEST = timedelta(minutes=10)


def login_request(now: datetime) -> bytes:
    """The request's XML. Who asks stands in the certificate, so source and destination are left out."""
    local = now.astimezone(ARGENTINA)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><loginTicketRequest version="1.0"><header>'
        f"<uniqueId>{randbits(31)}</uniqueId>"
        f"<generationTime>{_time(local - EARLIER)}</generationTime>"
        f"<expirationTime>{_time(local + LONGEST)}</expirationTime>"
        f"</header><service>{SERVICE}</service></loginTicketRequest>"
    ).encode()


def signed(content: bytes, certificate: Certificate) -> str:
    """The content in a CMS with the certificate attached, base64. Raises ValueError for PEM that cannot be read."""
    key = load_pem_private_key(certificate.key, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("WSAA takes RSA keys only.")
    cms = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(x509.load_pem_x509_certificate(certificate.certificate), key, SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    return base64.b64encode(cms).decode()


def _time(local: datetime) -> str:
    return local.isoformat(timespec="seconds")
