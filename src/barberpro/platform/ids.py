"""Identifiers: `bkg_01h455vb4pex5vsknk084sn02q`, a type's prefix and a UUIDv7 in Crockford base32.

The form is TypeID's (version 0.3): lower case, 26 digits, sortable by time of creation. They are stored as shown,
so an id in a log, a URL and a table is the same text, and `node(id)` reads the type from it.
"""

import os
import re
import time
from datetime import UTC, datetime
from functools import lru_cache

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
DIGITS = 26
FORM = re.compile(rf"([a-z]{{2,8}})_([0-7][{ALPHABET}]{{{DIGITS - 1}}})")
LIMIT = 40  # characters; longer text from outside is never an id
TIME_DIGITS = 10
RANDOM = 10  # bytes of an id
DRAWN = 64  # ids whose random halves are made at once: the system is asked once, and what makes them is at hand

_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)


def new(prefix: str) -> str:
    """A fresh id, later than every id made in an earlier millisecond."""
    return f"{prefix}_{_moment(time.time_ns() // 1_000_000)}{_random()}"


@lru_cache(maxsize=1)
def _moment(milliseconds: int) -> str:
    """The digits that an id has from its time."""
    return "".join([PAIRS[milliseconds >> shift & 1023] for shift in range(40, -1, -10)])


def _random() -> str:
    """The digits of an id that are not its time."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            many = os.urandom(RANDOM * DRAWN)
            randoms = [many[at : at + RANDOM] for at in range(0, len(many), RANDOM)]
            _drawn.extend(encode(uuid7(0, each))[TIME_DIGITS:] for each in randoms)


def uuid7(milliseconds: int, random: bytes) -> int:
    """RFC 9562 section 5.7: 48 bits of Unix time, version and variant, 74 random bits (of 80 given)."""
    noise = int.from_bytes(random)
    high, low = noise >> 68, noise & ((1 << 62) - 1)
    return milliseconds << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low


def encode(number: int) -> str:
    """128 bits as 26 digits, most significant first."""
    return "".join([PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def prefix_of(text: str) -> str | None:
    """The type's prefix, or None where the text is no id at all."""
    found = FORM.fullmatch(text) if len(text) <= LIMIT else None
    return found[1] if found else None


def made_at(text: str) -> datetime:
    """When an id was made, to the millisecond. ValueError where the text is no id."""
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:LIMIT]!r} is not an id")
    number = 0
    for digit in found[2]:
        number = number << 5 | ALPHABET.index(digit)
    return datetime.fromtimestamp((number >> 80) / 1000, UTC)
