"""Signed heads of the log, kept in files outside the database: who owns only the database cannot rewrite it.

`heads.jsonl` only grows, and so does `keys.txt`, the public keys that have signed in it.
"""

import fcntl
import heapq
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import orjson

from ..clock import iso
from ..settings import Settings
from .checkpoints import LONGEST_NOTE, BadHead, Head, Verifier

HEADS, KEYS = "heads.jsonl", "keys.txt"
STRAYING = 100
"""How many lines too late a head may stand in its file: workers who sign at once write in any order."""


class HeadFile:
    """The heads in one folder. Several processes may write to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, head: Head, verifier: Verifier, at: datetime) -> None:
        """Write a head down, on the disk itself before this returns."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if str(verifier) not in self._lines(KEYS):
            _append(self.folder / KEYS, str(verifier).encode())
        _append(self.folder / HEADS, orjson.dumps({"at": iso(at), "note": head.note}))

    def verifiers(self) -> list[Verifier]:
        """The keys that have signed here."""
        return [Verifier.parsed(line) for line in self._lines(KEYS)]

    def newest(self) -> Head | None:
        """The head that was written last; two workers may have written theirs in either order."""
        lines = list(self._lines(HEADS, LONGEST_NOTE))
        if not lines:
            return None
        return _opened(lines[-1], self.verifiers(), f"the last line of {self.folder / HEADS}")

    def heads(self) -> Iterator[Head]:
        """All heads as they stand, read one by one, each with its signature checked. Raises BadHead naming the line."""
        by_key = {(v.name, v.kid): v for v in self.verifiers()}
        for number, line in enumerate(self._lines(HEADS), 1):
            yield _opened(line, by_key.values(), f"{self.folder / HEADS} line {number}")

    def in_order(self) -> Iterator[Head]:
        """All heads from the smallest to the largest. Raises BadHead also where one stands far from its place."""
        waiting: list[tuple[int, int, Head]] = []
        size = 0
        for number, head in enumerate(self.heads(), 1):
            if head.size < size:
                place = f"{self.folder / HEADS} line {number}"
                raise BadHead(f"{place}: the head of {head.size} leaves stands out of order")
            heapq.heappush(waiting, (head.size, number, head))
            if len(waiting) > STRAYING:
                size, _, smallest = heapq.heappop(waiting)
                yield smallest
        yield from (head for _, _, head in sorted(waiting))

    def _lines(self, name: str, last: int | None = None) -> Iterator[str]:
        """The whole lines, or those in the `last` bytes; one that a crash cut off was never told to anybody.

        What others write once the first one was asked for is left out.
        """
        path = self.folder / name
        if not path.exists():
            return
        with path.open("rb") as file:
            left = path.stat().st_size
            if last is not None and left > last:
                file.seek(left - last)
                left = last
            for line in file:
                left -= len(line)
                if left < 0 or not line.endswith(b"\n"):
                    return
                yield line[:-1].decode(errors="replace")


def files(settings: Settings) -> list[HeadFile]:
    """Where this installation keeps its heads: beside its data, and in a second place if one is set."""
    copies = [settings.audit_copy_dir] if settings.audit_copy_dir else []
    return [HeadFile(settings.data_dir / "audit"), *map(HeadFile, copies)]


def in_order(folders: Iterable[HeadFile]) -> Iterator[Head]:
    """The heads of all these, from the smallest to the largest; a copy of one comes beside it."""
    return heapq.merge(*(folder.in_order() for folder in folders), key=lambda head: head.size)


def _opened(line: str, verifiers: Iterable[Verifier], place: str) -> Head:
    try:
        note = orjson.loads(line)["note"]
        origin = note.partition("\n")[0]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise BadHead(f"{place} is not a head") from None
    problem = f"no known key has the name {origin}"
    for verifier in verifiers:
        try:
            return verifier.opened(note)
        except BadHead as bad:
            problem = str(bad)
    raise BadHead(f"{place}: {problem}")


def _append(path: Path, line: bytes) -> None:
    """One write at the end of the file, by one process at a time, after what a crash cut off was taken away."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(
            handle, fcntl.LOCK_EX
        )  # until it is closed: half a line may be another's, still writing
        _mend(handle)
        os.write(handle, line + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def _mend(handle: int) -> None:
    size = os.fstat(handle).st_size
    if size == 0:
        return
    content = os.pread(handle, size, 0) if os.pread(handle, 1, size - 1) != b"\n" else b"\n"
    if not content.endswith(b"\n"):
        os.ftruncate(handle, content.rfind(b"\n") + 1)
