"""Ids for many rows at once, in the form of `platform.ids`, the same for the same seed."""

import numpy as np

from barberpro.platform.ids import ALPHABET, DIGITS

from .columns import Column, texts

LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
HALF = 64


def made(rng: np.random.Generator, prefix: str, at: Column) -> Column:
    """One id for each instant: UUIDv7 of its millisecond and 74 random bits."""
    count = len(at)
    noise = rng.integers(0, 2**64, size=(2, count), dtype=np.uint64)
    milliseconds = at.astype("datetime64[ms]").astype(np.uint64)
    version, variant = np.uint64(0x7 << 12), np.uint64(0b10 << 62)
    high = milliseconds << np.uint64(16) | version | noise[0] & np.uint64(0xFFF)
    low = variant | noise[1] & np.uint64((1 << 62) - 1)
    written = np.empty((count, len(prefix) + 1 + DIGITS), dtype=np.uint8)
    written[:, : len(prefix) + 1] = np.frombuffer(f"{prefix}_".encode(), dtype=np.uint8)
    for place in range(DIGITS):
        written[:, len(prefix) + 1 + place] = LETTERS[_digit(high, low, 5 * (DIGITS - 1 - place))]
    return texts(written.view(f"S{written.shape[1]}").ravel().astype(str).tolist())


def _digit(high: Column, low: Column, shift: int) -> Column:
    """Five bits of the 128, from `shift` on; one digit spans both halves."""
    if shift >= HALF:
        found = high >> np.uint64(shift - HALF)
    elif shift + 5 <= HALF:
        found = low >> np.uint64(shift)
    else:
        found = low >> np.uint64(shift) | high << np.uint64(HALF - shift)
    return (found & np.uint64(31)).astype(np.intp)
