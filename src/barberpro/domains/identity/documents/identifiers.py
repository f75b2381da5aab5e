"""What a document is called by: a digest of its exact bytes, with or without the name of how it was made. Pure."""

import hashlib
from typing import NamedTuple

LENGTHS = {64: "sha256", 40: "sha1", 32: "md5"}
"""Hexadecimal digits of a digest, and how it was made: what a bare one is known by."""
HEXADECIMAL = frozenset("0123456789abcdef")


class Identifier(NamedTuple):
    """How a digest was made, and the digest in small hexadecimal digits."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


def read(text: str) -> Identifier | None:
    """The identifier that a text is, as in `sha256:2c26b4…` or bare; None where it is none."""
    algorithm, colon, digest = text.rpartition(":")
    found = LENGTHS.get(len(digest))
    if found is None or (colon and algorithm != found) or not HEXADECIMAL.issuperset(digest):
        return None
    return Identifier(found, digest)


def of(text: str, algorithm: str = "sha256") -> Identifier:
    """What a document is called by."""
    made = hashlib.new(algorithm, text.encode(), usedforsecurity=False)
    return Identifier(algorithm, made.hexdigest())
