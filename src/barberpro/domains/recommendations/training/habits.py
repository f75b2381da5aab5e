"""How often each customer books each thing, and whether it is due: their own frequency, with recency and cadence."""

from dataclasses import dataclass

import numpy as np

from .past import Flags, Floats, Ints

HORIZON_DAYS = 60
"""What is estimated is the chance of a booking within so many days."""
HALF_LIFE_DAYS = 180.0
"""A booking this old counts half."""
GAPS_REMEMBERED = 5
"""A cadence is the median of the last gaps; older ones belong to who the customer was then."""
GAPS_NEEDED = 2
SHORTEST_GAP_DAYS = 1.0
"""Two bookings closer than this are one visit."""
LOOSEST = 0.25
"""From what median deviation, as a share of the gap, a customer has no cadence, only a frequency."""
GRACE = 1.5
"""A cadence counts in full until so many of its gaps have passed since the last time; then it halves with each."""
DUE = (0.75, GRACE)
"""From and until how many gaps after the last time a thing is due."""
DUE_LIFT = 0.5
"""By how much a thing with a strict cadence is likelier when it is due, as a share of its rate."""


@dataclass(frozen=True, eq=False)
class Habits:
    """What is known of each customer (rows) with each thing (columns)."""

    times: Floats
    """How often it was booked."""
    last: Floats
    """When it was booked last, in days since 1970; NaN where never."""
    gap: Floats
    """The usual number of days from one time to the next; NaN where there is no cadence."""
    is_due: Flags
    """Whether the cadence says that it is about time."""
    chance: Floats
    """The chance of a booking within the horizon, from the customer's own bookings alone; 0 where never."""


def habits(
    customer: Ints, thing: Ints, day: Floats, *, shape: tuple[int, int], at: float
) -> Habits:
    """The habits of `shape[0]` customers with `shape[1]` things at a moment, from bookings before it.

    A rate is what recent bookings say, or the cadence, or between the two: the cadence in so far as it is strict.
    Each pair stands on its own bookings alone: without them its chance is 0, and no other pair's changes.
    """
    size = shape[0] * shape[1]
    key = customer * shape[1] + thing
    order = np.lexsort((day, key))
    key, day = key[order], day[order]
    times = np.bincount(key, minlength=size).astype(float)
    recent = np.bincount(key, weights=0.5 ** ((at - day) / HALF_LIFE_DAYS), minlength=size)
    last = np.full(size, np.nan)
    last[key] = day  # sorted by day, so the last one written stands
    owner, gaps = _late_gaps(key, day, size)
    gap = _medians(owner, gaps, size)
    off = _medians(owner, np.abs(gaps - gap[owner]), size) / gap
    strict = np.nan_to_num(np.maximum(1.0 - off / LOOSEST, 0.0), nan=0.0)
    gap[strict == 0] = np.nan
    waited = (at - last) / gap
    is_due = (waited >= DUE[0]) & (waited <= DUE[1])
    kept_up = 0.5 ** np.maximum(waited - GRACE, 0.0) * (1.0 + DUE_LIFT * is_due)
    rate = recent * (np.log(2) / HALF_LIFE_DAYS)
    rate = (1.0 - strict) * rate + strict * np.nan_to_num(kept_up / gap, nan=0.0)
    return Habits(
        times=times.reshape(shape),
        last=last.reshape(shape),
        gap=gap.reshape(shape),
        is_due=is_due.reshape(shape),
        chance=-np.expm1(-rate * HORIZON_DAYS).reshape(shape),
    )


def _late_gaps(key: Ints, day: Floats, size: int) -> tuple[Ints, Floats]:
    """The last gaps of each group, with their group; of `key` and `day` sorted by both."""
    gaps, owner = np.diff(day), key[1:]
    is_gap = (owner == key[:-1]) & (gaps >= SHORTEST_GAP_DAYS)
    gaps, owner = gaps[is_gap], owner[is_gap]
    ends = np.cumsum(np.bincount(owner, minlength=size))
    is_late = ends[owner] - np.arange(len(owner)) <= GAPS_REMEMBERED
    return owner[is_late], gaps[is_late]


def _medians(owner: Ints, values: Floats, size: int) -> Floats:
    """The median of each group's values; NaN where there are too few."""
    values = values[np.lexsort((values, owner))]
    count = np.bincount(owner, minlength=size)
    start = np.cumsum(count) - count
    found = np.full(size, np.nan)
    enough = count >= GAPS_NEEDED
    low, high = (start + (count - 1) // 2)[enough], (start + count // 2)[enough]
    found[enough] = (values[low] + values[high]) / 2
    return found
