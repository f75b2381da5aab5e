"""A CMS SignedData read and verified (RFC 5652, 5), in DER with one signer and SHA-256: what WSAA is asked with.

cryptography signs such messages and does not verify them.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from barberpro.domains.billing.arca.soap import Fault

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SEQUENCE, SET, OCTETS, OID = 0x30, 0x31, 0x04, 0x06
TAGGED_0 = 0xA0


class Node(NamedTuple):
    """One DER value: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def content_of(der: bytes, authority: x509.Certificate, now: datetime) -> tuple[bytes, int]:
    """What was signed, and the CUIT of the signer. Raises Fault with WSAA's code for what is wrong."""
    try:
        content, attached, attributes, signature = _parts(der)
        certificate = x509.load_der_x509_certificate(attached)
    except (ValueError, IndexError) as error:
        raise Fault("cms.bad", "El CMS no es valido") from error
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise Fault("cms.cert.untrusted", "Certificado no emitido por AC de confianza") from error
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Fault("cms.cert.expired", "Certificado expirado")
    _verify(certificate, content, attributes, signature)
    return content, _cuit(certificate)


def _parts(der: bytes) -> tuple[bytes, bytes, Node, bytes]:
    """The content, the first certificate, the signed attributes and the signature."""
    kind, wrapped = nodes(_only(der, SEQUENCE).content)
    if kind.content != SIGNED_DATA:
        raise ValueError("not SignedData")
    data = nodes(_only(wrapped.content, SEQUENCE).content)
    encapsulated = nodes(data[2].content)
    content = _only(encapsulated[1].content, OCTETS).content
    certificates = data[3]
    if certificates.tag != TAGGED_0:
        raise ValueError("no certificate")
    signer = nodes(_only(data[-1].content, SEQUENCE).content)
    attributes, signature = signer[3], signer[5]
    if attributes.tag != TAGGED_0 or signature.tag != OCTETS:
        raise ValueError("no signed attributes")
    return content, nodes(certificates.content)[0].whole, attributes, signature.content


def _verify(
    certificate: x509.Certificate, content: bytes, attributes: Node, signature: bytes
) -> None:
    invalid = Fault("cms.sign.invalid", "Firma invalida o algoritmo no soportado")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise invalid
    try:
        listed = [nodes(each.content) for each in nodes(attributes.content)]
        [digest] = [
            _only(values.content, OCTETS) for oid, values in listed if oid.content == MESSAGE_DIGEST
        ]
        # Signed as a SET, though sent under a tag of its own (RFC 5652, 5.4).
        key.verify(signature, bytes([SET]) + attributes.whole[1:], padding.PKCS1v15(), SHA256())
    except (ValueError, IndexError, InvalidSignature) as error:
        raise invalid from error
    if not hmac.compare_digest(digest.content, hashlib.sha256(content).digest()):
        raise invalid


def _cuit(certificate: x509.Certificate) -> int:
    for name in certificate.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER):
        digits = str(name.value).removeprefix("CUIT ")
        if digits.isascii() and digits.isdigit():
            return int(digits)
    raise Fault("cms.cert.invalid", "El certificado no tiene CUIT")


def nodes(der: bytes) -> list[Node]:
    """The values that follow one another. Raises ValueError or IndexError for what is not DER."""
    found: list[Node] = []
    at = 0
    while at < len(der):
        begin, tag, length = at, der[at], der[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("not of definite length")
            length = int.from_bytes(der[at : at + size])
            at += size
        end = at + length
        if end > len(der):
            raise ValueError("cut short")
        found.append(Node(tag, der[at:end], der[begin:end]))
        at = end
    return found


def _only(der: bytes, tag: int) -> Node:
    [node] = nodes(der)
    if node.tag != tag:
        raise ValueError(f"{node.tag} stands for {tag}")
    return node
