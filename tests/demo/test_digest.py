"""The root of loaded rows is that of RFC 9162 over leaves that anybody can make from the rows."""

import hashlib
from datetime import UTC, datetime

import numpy as np
import pytest

from barberpro.demo import digest
from barberpro.demo.columns import texts
from barberpro.platform.events import canonical


def by_the_book(hashes: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256().digest()
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_book(hashes[:k]) + by_the_book(hashes[k:])).digest()


@pytest.mark.parametrize("count", [*range(18), 1000])
def test_the_root_is_that_of_the_standard(count: int) -> None:
    hashes = [hashlib.sha256(b"\x00%d" % n).digest() for n in range(count)]
    assert digest.root(hashes) == by_the_book(hashes).hex()


def test_a_leaf_is_the_salted_hash_of_the_canonical_row() -> None:
    columns = {
        "name": texts(["Ñandú", None]),
        "count": np.array([1, 2]),
        "number": np.array([42.0, np.nan]),  # a whole number that may be missing
        "is_active": np.array([True, False]),
        "made_at": np.array(["2026-11-22T13:00:00", "NaT"], dtype="datetime64[us]"),
    }
    moment = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
    rows = [
        {"name": "Ñandú", "count": 1, "number": 42, "is_active": True, "made_at": moment},
        {"name": None, "count": 2, "number": None, "is_active": False, "made_at": None},
    ]
    expected = [hashlib.sha256(b"\x00" + b"salt" + canonical(row)).digest() for row in rows]
    assert digest.leaves("salt", columns) == expected
    assert digest.leaves("other", columns)[0] != expected[0]
