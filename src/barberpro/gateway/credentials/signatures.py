"""HTTP message signatures by RFC 9421, in one profile and no other.

A request carries one signature, labelled as the caller likes. It covers at least `@method`, `@authority`,
`@target-uri`, `content-digest` and `content-type`, and states `created`, `nonce`, `keyid` and `tag="barberpro"`. The
algorithm is the registered key's: a message cannot choose it. Structured fields must stand in their canonical form,
so what is signed is what was read, to the letter.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

from .rejected import Rejected

TAG = "barberpro"
REQUIRED = frozenset({"@method", "@authority", "@target-uri", "content-digest", "content-type"})
OLD_SECONDS = 300  # how long after it was made a signature is taken
EARLY_SECONDS = 30
LONGEST = 2_048  # characters of a header
MOST_COMPONENTS = 20

LABEL = r"[a-z*][a-z0-9_.*-]{0,63}"
TEXT = r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]){0,256}"'
INPUT = re.compile(rf"({LABEL})=(\(({TEXT}(?: {TEXT})*)\)((?:;[a-z]+=(?:\d{{1,12}}|{TEXT}))*))")
PARAMETER = re.compile(rf";([a-z]+)=(\d{{1,12}}|{TEXT})")
SIGNATURE = re.compile(rf"({LABEL})=:([A-Za-z0-9+/]+={{0,2}}):")
DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):")
NUMBERS, TEXTS = {"created", "expires"}, {"nonce", "keyid", "tag", "alg"}
NONCE = range(16, 129)  # characters


@dataclass(frozen=True)
class Message:
    """What a signature covers. The URL is the configured one, whatever Host said; header names are in lower case."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value.strip() for key, value in self.headers if key == name]


@dataclass(frozen=True)
class Signed:
    """A signature as it was read; nothing in it is believed yet but that it fits the body and the time."""

    keyid: str
    nonce: str
    text: bytes
    """What was signed: the signature base of section 2.5."""
    signature: bytes
    alg: str | None
    until: float
    """Unix time from which on the signature is refused anyway, even by a process whose clock is behind."""


def read(message: Message, now: float) -> Signed:
    """The message's signature, where it covers what it must and is of now. Raises Rejected."""
    found = INPUT.fullmatch(_single(message, "signature-input"))
    signature = SIGNATURE.fullmatch(_single(message, "signature"))
    if not found or not signature or found[1] != signature[1]:
        raise Rejected("signature: not one, or not in canonical form")
    components = [part.strip('"') for part in re.findall(TEXT, found[3])]
    if not set(components) >= REQUIRED or len(set(components)) != len(components):
        raise Rejected("signature: covers too little")
    if len(components) > MOST_COMPONENTS:
        raise Rejected("signature: covers too much")
    about = _parameters(found[4])
    until = _life(about, now)
    _check_digest(message)
    lines = [f'"{name}": {_component(message, name)}' for name in components]
    base = "\n".join([*lines, f'"@signature-params": {found[2]}'])
    return Signed(
        keyid=str(about["keyid"]),
        nonce=str(about["nonce"]),
        text=base.encode(),
        signature=_bytes(signature[2]),
        alg=about.get("alg"),
        until=until,
    )


def verify(signed: Signed, jwk: dict[str, str], algorithm: str) -> None:
    """Check the signature by a registered public key. Raises Rejected."""
    if signed.alg not in (None, algorithm) or len(signed.signature) != 64:
        raise Rejected("signature: another algorithm")
    key: Any = _public_key(jwk)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signed.signature, signed.text)
        else:  # r and s, 32 bytes each: section 3.3.4
            r, s = (int.from_bytes(half) for half in (signed.signature[:32], signed.signature[32:]))
            key.verify(utils.encode_dss_signature(r, s), signed.text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Rejected("signature: not by this key") from None


def _single(message: Message, name: str) -> str:
    values = message.all(name)
    if len(values) != 1 or len(values[0]) > LONGEST:
        raise Rejected(f"signature: {name} must stand once")
    return values[0]


def _parameters(text: str) -> dict[str, Any]:
    found = PARAMETER.findall(text)
    about = {name: value.strip('"') for name, value in found}
    if len(about) != len(found) or not about.keys() <= NUMBERS | TEXTS:
        raise Rejected("signature: parameters twice, or unknown")
    if any(value.startswith('"') is (name in NUMBERS) for name, value in found):
        raise Rejected("signature: a parameter of another kind")
    if not {"created", "nonce", "keyid", "tag"} <= about.keys() or about["tag"] != TAG:
        raise Rejected("signature: parameters missing, or for another purpose")
    if len(about["nonce"]) not in NONCE:
        raise Rejected("signature: nonce too short or too long")
    return about


def _life(about: dict[str, Any], now: float) -> float:
    created = int(about["created"])
    until = min(created + OLD_SECONDS, int(about.get("expires", created + OLD_SECONDS)))
    if not created - EARLY_SECONDS <= now < until:
        raise Rejected("signature: of another time")
    return until + EARLY_SECONDS


def _check_digest(message: Message) -> None:
    """The body is what Content-Digest (RFC 9530) says; of several digests every one we know."""
    stated = [
        DIGEST.fullmatch(part.strip()) for part in _single(message, "content-digest").split(",")
    ]
    if not all(stated):
        raise Rejected("signature: a digest that is not known")
    for found in filter(None, stated):
        actual = hashlib.new(found[1].replace("-", ""), message.body).digest()
        if not secrets.compare_digest(_bytes(found[2]), actual):
            raise Rejected("signature: another body")


def _component(message: Message, name: str) -> str:
    if name == "@method":
        return message.method
    if name == "@target-uri":
        return message.url
    if name == "@authority":
        return _authority(message.url)
    values = message.all(name)
    if name.startswith("@") or not values:
        raise Rejected("signature: covers what is not there")
    return ", ".join(values)


def _authority(url: str) -> str:
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].lower()
    return authority.removesuffix({"https": ":443", "http": ":80"}.get(scheme, ""))


def _public_key(jwk: dict[str, str]) -> Any:
    from joserfc.jwk import ECKey, OKPKey

    kind = OKPKey if jwk["kty"] == "OKP" else ECKey
    return kind.import_key(dict(jwk)).public_key


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Rejected("signature: not base64") from None
