"""The certificate behind a connection: from TLS, or from the header of a proxy that ended TLS (RFC 9440)."""

import base64
import binascii
import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network

from cryptography import x509
from joserfc.util import urlsafe_b64encode

from .rejected import Rejected

HEADER = "client-cert"
LONGEST = 8_192  # characters of the header


def of_proxy(headers: Sequence[str], peer: str, proxies: Collection[str]) -> bytes | None:
    """The certificate (DER) that a proxy of ours hands on; from anyone else the header says nothing.

    The proxy must drop the header where a caller sent it: RFC 9440 section 4.
    """
    if not headers or not _is_proxy(peer, proxies):
        return None
    (value,) = headers if len(headers) == 1 else ("",)
    if len(value) > LONGEST or len(value) < 2 or value[0] != ":" or value[-1] != ":":
        raise Rejected("certificate: not as RFC 9440 has it")
    try:
        return base64.b64decode(value[1:-1], validate=True)
    except binascii.Error:
        raise Rejected("certificate: not base64") from None


def thumbprint(certificate: bytes, now: datetime) -> str:
    """Its SHA-256 in base64url, `x5t#S256` of RFC 8705, where it is a certificate and in force now."""
    try:
        read = x509.load_der_x509_certificate(certificate)
    except ValueError:
        raise Rejected("certificate: none") from None
    if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
        raise Rejected("certificate: not in force")
    return urlsafe_b64encode(hashlib.sha256(certificate).digest()).decode()


def _is_proxy(peer: str, proxies: Collection[str]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(proxy) for proxy in proxies)
