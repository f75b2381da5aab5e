"""The root of many rows: one hash that commits to all of them, as the audit log keeps of a bulk write.

A Merkle tree by RFC 9162 section 2.1.1, so that a single row can later be proved to have been in it.
Each leaf is salted as a commitment of `platform.events` is: without the salt the root tells nothing
of the rows.
"""

import hashlib
from collections.abc import Iterable

import orjson

from .columns import Columns, plain


def leaves(salt: str, columns: Columns) -> list[bytes]:
    """The hash of each row: SHA-256(0 ‖ salt ‖ its canonical JSON, as `platform.events` has it).

    Instants there have no fractions, as all seconds are whole.
    """
    begin = hashlib.sha256(b"\x00" + salt.encode())
    names = list(columns)
    hashes = []
    for row in zip(*(plain(column, "s") for column in columns.values()), strict=True):
        hashed = begin.copy()
        hashed.update(orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_SORT_KEYS))
        hashes.append(hashed.digest())
    return hashes


def root(hashes: Iterable[bytes]) -> str:
    """The root over these leaves, in this order.

    Pairing neighbours level by level, with the odd one carried up, makes the same tree as the RFC's
    recursion.
    """
    level = list(hashes)
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) & ~1 :]
    return level[0].hex()
