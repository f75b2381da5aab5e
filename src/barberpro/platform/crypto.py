"""The master key, and what hangs from it: sealed values, and keys for other purposes.

A sealed value is `v | alg | kid(4) | nonce(12) | ciphertext | tag(16)`: it names the form, the
algorithm and the key it was sealed with, so each of them can change without a migration. AES-GCM
with random nonces is good for 2³² values under one key; what seals more than that (columns of
personal data) takes a derived key of its own.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import Misconfigured
from .settings import Settings

KEY_BYTES = 32
FORM = b"\x01"
AES_256_GCM = b"\x01"
KID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
HEAD_BYTES = len(FORM) + len(AES_256_GCM) + KID_BYTES
OTHERS = 0o077


class MasterKeyUnusable(Misconfigured):
    """The master key is missing, malformed, or readable by others: for the operator to mend."""


class Unsealable(Exception):
    """Not sealed by this key for this purpose, or changed since."""


class Cipher:
    """Seals with one key of 32 bytes, and opens what was sealed with it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._head = FORM + AES_256_GCM + hashlib.sha256(key).digest()[:KID_BYTES]

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """The sealed form of `plain`. It opens only with the same `about`: what and whose it is."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._head + nonce + self._cipher.encrypt(nonce, plain, self._head + about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed. Raises Unsealable where key, purpose or a single bit differs."""
        head, rest = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:]
        if len(rest) < NONCE_BYTES + TAG_BYTES:
            raise Unsealable("too short to be a sealed value")
        if not hmac.compare_digest(head, self._head):
            raise Unsealable("sealed in another form, or by another key")
        try:
            return self._cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + about)
        except InvalidTag:
            raise Unsealable("changed since it was sealed, or sealed for another purpose") from None


class Sealer(Cipher):
    """Seals with the installation's master key, which every process of it shares."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise MasterKeyUnusable(
                f"the master key must have {KEY_BYTES} bytes, not {len(master)}"
            )
        self._master = master
        super().__init__(self.derived("sealing"))

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same in every process of the installation."""
        return derived(self._master, purpose)


def derived(key: bytes, purpose: str) -> bytes:
    """Another key of 32 bytes for one purpose: HKDF-SHA256 (RFC 5869), from which none leads back."""
    info = f"barberpro/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def load_master(settings: Settings) -> bytes:
    """The master key: BARBERPRO_MASTER_KEY, else `master.key` in the data directory, made once."""
    if settings.master_key is not None:
        return _decoded(settings.master_key.get_secret_value(), "BARBERPRO_MASTER_KEY")
    path = settings.data_dir / "master.key"
    if not path.exists():
        _make(path)
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        raise MasterKeyUnusable(f"others than its owner can reach {path}: chmod 600 it")
    return _decoded(path.read_text(encoding="ascii", errors="replace"), str(path))


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyUnusable(
            f"{source} must hold {KEY_BYTES} bytes in base64; "
            f"make some with: openssl rand -base64 {KEY_BYTES}"
        )
    return key


def _make(path: Path) -> None:
    """Write a fresh key whole, then give it its name; of two processes at once, the first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
