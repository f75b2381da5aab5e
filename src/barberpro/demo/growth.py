"""How the chain grew: when its shops opened, who began to work when, and days on which a shop stayed shut."""

from dataclasses import dataclass

import numpy as np

from .columns import Column

YOUNG = 1 / 3  # of the shops opened within the days that are told of
GROWN = 0.5  # of the providers came later than their shop opened, if two others are there
NEWEST_DAYS = 28  # ago the last one opened, or a third of the days back where these are few
FOUNDED_DAYS = 5 * 365  # before the first day
PREPARED_DAYS = 75
"""How long before they open shops are in the books: longer than anybody books ahead."""
REFURBISHED = 0.6  # of the shops that are old enough were shut for some days, once
SHUT_DAYS = (6, 15)
OLD_ENOUGH = 240  # days
SHUT_BY_CHANCE = 0.003  # of the days: a burst pipe, a blackout


@dataclass(frozen=True)
class Calendar:
    """The days the chain is told of, from the first on; `today` is the first that is not past."""

    first: np.datetime64
    today: np.datetime64
    last: np.datetime64

    @classmethod
    def around(cls, today: np.datetime64, *, back: int, ahead: int) -> "Calendar":
        """So many days before today, and so many from today on."""
        return cls(today - back, today, today + max(ahead, 1) - 1)

    @property
    def dates(self) -> Column:
        return np.arange(self.first, self.last + 1)

    @property
    def back(self) -> int:
        return int((self.today - self.first).astype(np.int64))


def openings(rng: np.random.Generator, count: int, calendar: Calendar) -> Column:
    """The day each of `count` shops opened on, in order; the last one is only weeks old."""
    young = int(count * YOUNG)
    old = np.sort(rng.integers(PREPARED_DAYS, FOUNDED_DAYS, count - young))[::-1]
    newest = min(NEWEST_DAYS, calendar.back // 3)
    # One after the other over what lies between, each in a stretch of its own.
    span = calendar.back - newest
    after = (np.arange(young) + rng.uniform(0.2, 0.8, young)) * span / max(young, 1)
    if young:
        after[-1] = span
    return calendar.first + np.concatenate([-old, after.astype(np.int64)])


def begins(
    rng: np.random.Generator, home: Column, opens: Column, sure: int, calendar: Calendar
) -> Column:
    """The day each provider began on at a shop: with it, or as it grew.

    The first `sure` were there from the beginning.
    """
    there = np.maximum(opens[home], calendar.first)
    room = (calendar.today - there).astype(np.int64)
    grown = there + (room * rng.uniform(0, 0.7, len(home))).astype(np.int64)
    later = rng.random(len(home)) < GROWN
    later[:sure] = False
    return np.where(later, grown, opens[home])


def shut(rng: np.random.Generator, opens: Column, calendar: Calendar) -> Column:
    """[shop, day]: whether it was not to be had that day, hours or no hours.

    Before it opened; while it was refurbished; and on some days by chance, none of them to come.
    """
    dates, shops = calendar.dates, len(opens)
    found = dates < opens[:, None]
    found |= (rng.random((shops, len(dates))) < SHUT_BY_CHANCE) & (dates < calendar.today)
    begin = np.maximum(opens, calendar.first)
    room = (calendar.today - begin).astype(np.int64)
    length = rng.integers(*SHUT_DAYS, shops)
    at = begin + (room * rng.uniform(0.15, 0.9, shops)).astype(np.int64)
    chosen = (rng.random(shops) < REFURBISHED) & (room > OLD_ENOUGH)
    works = (dates >= at[:, None]) & (dates < (at + length)[:, None]) & chosen[:, None]
    return found | works
