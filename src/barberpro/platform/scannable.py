"""Secrets in a form that scanners find in a leak: a prefix, 256 random bits in base 62, and their CRC-32.

The last six digits tell a mistyped secret from a wrong one before any database is asked.
"""

import hashlib
import re
import secrets
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY, CHECK = 43, 6
FORM = re.compile(rf"[a-z0-9_]{{3,48}}_[{DIGITS}]{{{BODY + CHECK}}}")


def new(prefix: str) -> str:
    """A fresh secret that begins with `prefix`, which ends in an underscore."""
    body = prefix + _base62(secrets.randbits(256), BODY)
    return body + _checksum(body)


def is_whole(text: str) -> bool:
    """Whether this has the form, and its checksum is right."""
    return bool(FORM.fullmatch(text)) and text[-CHECK:] == _checksum(text[:-CHECK])


def digest(secret: str) -> bytes:
    """What is stored of a secret. Of 256 random bits a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECK)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text
