"""The form of a signed head: a checkpoint of the transparency-log ecosystem, which other tools read. No I/O.

Origin, size and root (c2sp.org/tlog-checkpoint) in a note signed with Ed25519 (c2sp.org/signed-note); witnesses can put
their signatures below ours. We ask more than these do in one point: the origin must be the name of the key, which they
only recommend. The signing key derives from the master key and is stored nowhere.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..crypto import Sealer
from ..errors import Misconfigured
from ..settings import Settings

PURPOSE = "audit heads"
ED25519 = b"\x01"
DASH = "\N{EM DASH} "
SIZE = re.compile("0|[1-9][0-9]*")
UNFIT = re.compile(r"[\s+]")
"""What no name of a key may hold."""
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
LONGEST_NOTE = 64 * 1024
"""Characters: room for far more than the 16 signatures that each reader has to take."""


class BadHead(Exception):
    """A head that is malformed, or that none of the known keys signed."""


@dataclass(frozen=True)
class Head:
    """The log as it stood: so many leaves under this root."""

    size: int
    root: bytes
    note: str
    """The signed note, whole."""


@dataclass(frozen=True)
class Verifier:
    """A public key and the name of the log that it signs for."""

    name: str
    key: bytes

    @property
    def kid(self) -> bytes:
        """Four bytes that a signature names its key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        """The form in which such keys are handed out: `name+kid+key`."""
        return f"{self.name}+{self.kid.hex()}+{_base64(ED25519 + self.key)}"

    @classmethod
    def parsed(cls, text: str) -> "Verifier":
        name, _, encoded = (*text.strip().split("+", 2), "", "")[:3]
        key = _decoded(encoded)
        found = cls(name, key[1:])
        if key[:1] != ED25519 or len(key) != 33 or str(found) != text.strip():
            raise BadHead(f"{text.strip()!r} is not a public key of a log")
        return found

    def opened(self, note: str) -> Head:
        """The head that this key signed. Raises BadHead."""
        text, size, root = _parts(note)
        if not text.startswith(self.name + "\n"):
            raise BadHead(f"this is not a head of {self.name}")
        for name, signature in _signatures(note):
            if name == self.name and signature[:4] == self.kid:
                self._check(signature[4:], text)
                return Head(size, root, note)
        raise BadHead(f"{self.name} has not signed this head with the key {self.kid.hex()}")

    def _check(self, signature: bytes, text: str) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            raise BadHead("the signature does not fit the head") from None


class Signer:
    """Signs heads with the installation's key."""

    def __init__(self, sealer: Sealer, settings: Settings) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sealer.derived(PURPOSE))
        name = f"{urlsplit(settings.public_url).netloc}/audit"
        if UNFIT.search(name):
            raise Misconfigured(f"the public URL gives the audit log no fit name: {name!r}")
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> Head:
        name = self.verifier.name
        text = f"{name}\n{size}\n{_base64(root)}\n"
        signature = _base64(self.verifier.kid + self._key.sign(text.encode()))
        return Head(size, root, f"{text}\n{DASH}{name} {signature}\n")


def _parts(note: str) -> tuple[str, int, bytes]:
    """The text that is signed, and the size and root in it; lines after those mean nothing to us."""
    body, blank, _ = note.rpartition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or not all(lines) or len(note) > LONGEST_NOTE:
        raise BadHead("a head has three lines, a blank one, and signatures")
    if CONTROL.search(note):
        raise BadHead("a head has no control characters")
    root = _decoded(lines[2])
    if not SIZE.fullmatch(lines[1]) or len(root) != 32:
        raise BadHead("a head has a size and the root of 32 bytes")
    return body + "\n", int(lines[1]), root


def _signatures(note: str) -> list[tuple[str, bytes]]:
    """Who signed, and the key's id with the signature: anybody may have, beside us."""
    *lines, rest = note.rpartition("\n\n")[2].split("\n")
    found: list[tuple[str, bytes]] = []
    for line in lines:
        _, name, encoded = (*line.split(" "), "", "")[:3]
        signature = _decoded(encoded)
        if (
            line != f"{DASH}{name} {encoded}"
            or not name
            or UNFIT.search(name)
            or len(signature) < 5
        ):
            raise BadHead("a signature is a dash, a name and base64")
        found.append((name, signature))
    if rest or not found:
        raise BadHead("a head ends with its signatures")
    return found


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadHead("that is not base64") from None
