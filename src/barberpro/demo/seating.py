"""Finds each wish a place in an agenda, so that no provider and no chair is taken twice.

A provider's day is one number of 64 bits, a bit for each quarter of an hour that is free. Who works somewhere has
a chair to themselves that day, so chairs need no agenda. Wishes for different agendas are seated at once, those
for the same one by one; who finds no place asks a colleague, or for a day nearby, and gives up in the end.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .catalogue import BUFFERS, MINUTES
from .columns import WEEK, Column
from .roster import OFF, Roster
from .season import weekdays

SLOT = 15  # minutes
FIRST_MINUTE = 8 * 60
SLOTS = 56  # until 22:00
OCCUPIED = -(-(MINUTES + BUFFERS) // SLOT)
"""Slots each service takes, its buffer included."""
OWN, ANYBODY = True, False
Attempt = tuple[int, bool, int]
"""Days later, whether with the provider one likes, and how many slots off one's time at most."""
LOYAL: tuple[Attempt, ...] = (
    (0, OWN, 10),
    (1, OWN, 10),
    (-1, OWN, 10),
    (2, OWN, 10),
    (0, ANYBODY, 12),
    (0, ANYBODY, SLOTS),
    (1, ANYBODY, SLOTS),
    (-1, ANYBODY, SLOTS),
)
FLEXIBLE: tuple[Attempt, ...] = (
    (0, OWN, 8),
    (0, ANYBODY, 8),
    (0, ANYBODY, 12),
    (0, ANYBODY, SLOTS),
    (0, ANYBODY, SLOTS),
    (1, OWN, SLOTS),
    (1, ANYBODY, SLOTS),
    (-1, ANYBODY, SLOTS),
)
ATTEMPTS = np.array([FLEXIBLE, LOYAL])
"""[loyal or not, attempt, (days later, own provider, slots off)]"""


@dataclass(frozen=True)
class Seats:
    """One value a wish: provider, day and first slot; OFF where there was no place."""

    provider: Column
    day: Column
    slot: Column


def agendas(plan: Roster, week: Column, is_shut: Column, dates: Column) -> Column:
    """[provider, day]: the free slots, as bits, the earliest lowest.

    `week` is what `hours.weeks` makes, `is_shut` is [shop, day].
    """
    weekday = weekdays(dates)
    begin, end = (week[..., edge] // SLOT - FIRST_MINUTE // SLOT for edge in (0, 1))
    slots = np.arange(SLOTS)
    inside = (slots >= begin[..., None]) & (slots < end[..., None])
    bits = np.uint64(1) << slots.astype(np.uint64)
    hours = np.where(inside.any(axis=2), bits, np.uint64(0)).sum(axis=2, dtype=np.uint64)
    works = plan.works[:, weekday]
    there = (works != OFF) & (dates >= plan.begins[:, None])
    there &= ~(plan.has_left[:, None] & (dates >= plan.leaves[:, None]))
    there &= ~is_shut[works, np.arange(len(dates))]
    return np.where(there, hours[works, weekday], np.uint64(0))


def seated(
    rng: np.random.Generator,
    asked: Any,
    favourite: Column,
    free: Column,
    plan: Roster,
    dates: Column,
) -> Seats:
    """A seat for each of these `Wishes`; `favourite` is each one's provider. Takes them in `free`."""
    count = len(asked.day)
    found = Seats(*(np.full(count, OFF) for _ in range(3)))
    staff, size = _staff(plan, int(asked.location.max(initial=0)) + 1)
    turn, offset = rng.permutation(count), rng.integers(0, 1 << 20, count)
    weekday = weekdays(dates)
    loyal = (~asked.is_flexible).astype(np.int64)
    left = np.arange(count)
    for attempt in range(ATTEMPTS.shape[1]):
        later, own, off = ATTEMPTS[loyal[left], attempt].T
        day = asked.day[left] + later
        inside = (day >= 0) & (day < len(dates))
        day = np.where(inside, day, 0)
        here, on = asked.location[left], weekday[day]
        there = size[here, on]
        colleague = staff[here, on, (offset[left] + attempt) % np.maximum(there, 1)]
        provider = np.where(own == OWN, favourite[left], colleague)
        able = inside & (there > 0) & (plan.works[provider, on] == here)
        able[able] &= free[provider[able], day[able]] != 0
        which = np.flatnonzero(able)
        slot = np.full(len(left), OFF)
        for now in _in_turn(provider[which] * len(dates) + day[which], turn[left[which]]):
            at = which[now]
            slot[at] = _take(
                free,
                provider[at],
                day[at],
                OCCUPIED[asked.service[left[at]]],
                asked.slot[left[at]],
                off[at],
            )
        got = slot != OFF
        for kept, value in ((found.provider, provider), (found.day, day), (found.slot, slot)):
            kept[left[got]] = value[got]
        left = left[~got]
    return found


def _staff(plan: Roster, shops: int) -> tuple[Column, Column]:
    """[shop, weekday, n]: who works there then; and [shop, weekday]: how many they are."""
    size = np.zeros((shops, WEEK), dtype=np.int64)
    staff = np.zeros((shops, WEEK, int(plan.seat.max(initial=0)) + 1), dtype=np.int64)
    provider, weekday = np.nonzero((plan.works != OFF) & (plan.works < shops))
    shop = plan.works[provider, weekday]
    staff[shop, weekday, plan.seat[provider, weekday]] = provider
    np.maximum.at(size, (shop, weekday), plan.seat[provider, weekday] + 1)
    return staff, size


def _in_turn(agenda: Column, turn: Column) -> list[Column]:
    """Groups in which no agenda occurs twice; within an agenda, by turn."""
    order = np.lexsort((turn, agenda))
    sorted_ = agenda[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_, sorted_)
    by_rank = np.argsort(rank, kind="stable")
    ends = np.cumsum(np.bincount(rank)) if len(rank) else []
    return [order[part] for part in np.split(by_rank, ends)[:-1]]


def _take(
    free: Column, provider: Column, day: Column, length: Column, wish: Column, off: Column
) -> Column:
    """The free slot nearest to each wish, no further off than allowed; OFF where there is none."""
    open_ = free[provider, day]
    begins = open_.copy()
    for step in range(1, int(length.max(initial=0))):
        further = open_ >> np.uint64(step)
        begins &= np.where(step < length, further, ~np.uint64(0))
    slots = np.arange(SLOTS)
    can = (begins[:, None] >> slots.astype(np.uint64)) & np.uint64(1) != 0
    distance = np.where(can, np.abs(slots - wish[:, None]), 2 * SLOTS)
    slot = distance.argmin(axis=1)
    fits = distance[np.arange(len(slot)), slot] <= off
    block = ((np.uint64(1) << length.astype(np.uint64)) - np.uint64(1)) << slot.astype(np.uint64)
    free[provider[fits], day[fits]] &= ~block[fits]
    return np.where(fits, slot, OFF)
