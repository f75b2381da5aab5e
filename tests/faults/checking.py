"""What must hold of a history of bookings, told from outside: by what callers asked and were answered, and when.

An entry is one request and its answer, as `fighter.py` writes them. Entries about one booking come from one caller and
stand in their order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, groupby, pairwise
from math import inf
from typing import Any

OCCUPYING = ("HELD", "CONFIRMED", "CHECKED_IN", "COMPLETED")
Entry = dict[str, Any]


@dataclass(frozen=True)
class Stay:
    """A booking surely held a place from the moment its caller was told so until they asked for something else."""

    booking: str
    provider: str
    chair: str
    taken_from: datetime
    free_at: datetime
    known_from: float
    known_until: float

    def clashes(self, other: "Stay") -> bool:
        """Whether both held the same place, for some instant of the day, at some instant of the history."""
        same_place = self.provider == other.provider or self.chair == other.chair
        same_slot = self.taken_from < other.free_at and other.taken_from < self.free_at
        at_once = self.known_from < other.known_until and other.known_from < self.known_until
        return self.booking != other.booking and same_place and same_slot and at_once


def by_booking(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """What was done, by booking; refusals did nothing."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry["booking"]:
            found[entry["booking"]["id"]].append(entry)
    return found


def stays(entries: Sequence[Entry], before: timedelta, buffer: timedelta) -> Iterator[Stay]:
    """Every place that a booking surely held with its buffers, and when that is known."""
    for done in by_booking(entries).values():
        endings = [*(later["asked"] for later in done[1:]), inf]
        for now, until in zip(done, endings, strict=True):
            told = now["booking"]
            if told["status"] in OCCUPYING:
                yield Stay(
                    told["id"],
                    told["provider"]["id"],
                    told["chair"]["id"],
                    datetime.fromisoformat(told["startsAt"]) - before,
                    datetime.fromisoformat(told["endsAt"]) + buffer,
                    now["told"],
                    until,
                )


def clashes(
    entries: Sequence[Entry], before: timedelta, buffer: timedelta
) -> list[tuple[Stay, Stay]]:
    """The places that were held twice at some instant, whatever became of them later."""
    held = stays(entries, before, buffer)
    return [pair for pair in combinations(held, 2) if pair[0].clashes(pair[1])]


def check_rows(kept: Sequence[Any]) -> None:
    """No provider and no chair is held by two bookings in the end."""
    occupying = [b for b in kept if b.status in OCCUPYING]
    assert len(occupying) > 10
    for what in ("provider_id", "chair_id"):
        held = defaultdict(list)
        for booking in occupying:
            held[getattr(booking, what)].append((booking.taken_from, booking.free_at))
        for spans in held.values():
            spans.sort()
            assert all(a[1] <= b[0] for a, b in pairwise(spans))


def check_acknowledgements(
    entries: Sequence[Entry], kept: Sequence[Any], changes: Sequence[Any]
) -> None:
    """All that was acknowledged was done, once and in this order, and nothing else was."""
    by_id = {b.id: b for b in kept}
    done = by_booking(entries)
    assert set(by_id) == set(done)
    steps: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for change in changes:
        steps[change.booking_id].append((change.to_status, change.to_starts_at))
    for id_, acknowledged in done.items():
        told = [
            (e["booking"]["status"], datetime.fromisoformat(e["booking"]["startsAt"]))
            for e in acknowledged
        ]
        # A move to where it stands already is acknowledged and changes nothing.
        assert steps[id_] == [state for state, _ in groupby(told)]
        assert (by_id[id_].status, by_id[id_].starts_at) == told[-1]
