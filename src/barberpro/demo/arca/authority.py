"""The simulator's certificate authority and the key its tickets are signed by, kept in a directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from barberpro.domains.billing.arca.port import Certificate

YEARS = timedelta(days=730)  # as ARCA's certificates last
BEGUN = timedelta(days=365)


@dataclass(frozen=True)
class Authority:
    """Its own certificate and key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def kept(cls, directory: Path, now: datetime) -> Authority:
        """The authority of a directory, made where there is none."""
        path = directory / "arca-simulator-ca.pem"
        if path.exists():
            pem = path.read_bytes()
            key = load_pem_private_key(pem, password=None)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError(f"{path} holds no RSA key")
            return cls(x509.load_pem_x509_certificate(pem), key)
        directory.mkdir(parents=True, exist_ok=True)
        made = cls.made(now)
        path.touch(mode=0o600)
        path.write_bytes(_key_pem(made.key) + made.certificate.public_bytes(Encoding.PEM))
        return made

    @classmethod
    def made(cls, now: datetime) -> Authority:
        """A new authority, valid from a year ago for twenty."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = _name("ARCA simulator", "33693450239")
        certificate = (
            _builder(name, name, key, now - BEGUN, now + 10 * YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, SHA256())
        )
        return cls(certificate, key)

    def issue(self, cuit: int, now: datetime, *, until: datetime | None = None) -> Certificate:
        """A certificate that represents one CUIT, as ARCA's self-service gives it out for testing."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = _name("barberpro", str(cuit))
        begun = now - BEGUN
        certificate = _builder(
            subject, self.certificate.subject, key, begun, until or now + YEARS
        ).sign(self.key, SHA256())
        return Certificate(certificate.public_bytes(Encoding.PEM), _key_pem(key))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(common: str, cuit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"CUIT {cuit}"),
        ]
    )


def _key_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
