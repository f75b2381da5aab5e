"""Who sits in the chair: people with a shop, a rhythm, a taste, and someone they like to be served by."""

from dataclasses import dataclass

import numpy as np

from barberpro.platform.text import fold

from . import identifiers, names
from .columns import Column, Columns, seconds, texts
from .growth import Calendar
from .liking import Liking
from .roster import Roster
from .taste import Taste

REGULARS = 0.42  # of the people were there before the first day, where their shop was
ONCE = 0.16  # come once and never again
STAYS_DAYS = 640.0  # on average, from the day they came or from the first
GAPS = (14.0, 60.0)  # days between two visits, at least and at most
OWN_GAP = 0.22  # how much people of a kind differ in it, as the deviation of a logarithm
UNEVENNESS = (0.08, 0.22)  # how much a person's own gaps differ


@dataclass(frozen=True)
class Crowd:
    """The customers before anybody booked, by shop; one value each.

    `comes` and `leaves` are days from the first on, `gap` is in days. What they do if they have a
    booking: `misses` and `cancels` are chances.
    """

    home: Column
    taste: Taste
    comes: Column
    leaves: Column
    comes_once: Column
    gap: Column
    unevenness: Column
    provider: Column
    daytime: Column
    """From 0 to 1: how late in the day they like to come, beside the others."""
    misses: Column
    cancels: Column
    walks_in: Column


def homes(rng: np.random.Generator, count: int, plan: Roster, locations: int) -> Column:
    """The shop of so many customers, in order: where the providers are; at least one for each."""
    sure = np.arange(locations)[:count]
    return np.sort(np.concatenate([sure, rng.choice(plan.home, count - len(sure))]))


def crowd(
    rng: np.random.Generator,
    home: Column,
    taste: Taste,
    liking: Liking,
    plan: Roster,
    opens: Column,
    calendar: Calendar,
) -> Crowd:
    """The customers of these shops."""
    count, days = len(home), len(calendar.dates)
    opened = np.clip((opens[home] - calendar.first).astype(np.int64), 0, None)
    comes = opened + (rng.uniform(0, 1, count) * (days - opened)).astype(np.int64)
    comes[(rng.random(count) < REGULARS) & (opened == 0)] = 0
    stays = np.ceil(rng.exponential(STAYS_DAYS, count)).astype(np.int64)
    gap = taste.days * rng.lognormal(0, OWN_GAP, count)
    return Crowd(
        home=home,
        taste=taste,
        comes=comes,
        leaves=np.minimum(comes + np.maximum(stays, 7), days),
        comes_once=rng.random(count) < ONCE,
        gap=np.clip(gap, *GAPS),
        unevenness=rng.uniform(*UNEVENNESS, count),
        provider=liking.favourite(rng, home, calendar.first + comes, plan),
        daytime=rng.uniform(0, 1, count),
        misses=rng.beta(0.7, 14, count),
        cancels=rng.beta(1.2, 16, count),
        walks_in=rng.beta(0.6, 3.4, count),
    )


def customers(
    rng: np.random.Generator,
    people: Crowd,
    locations: Columns,
    first: np.datetime64,
    now: np.datetime64,
    customer: Column,
    booked: Column,
) -> Columns:
    """The customers, registered when they first booked; who never did, on the day they came.

    `booked` is when each booking was made, and `customer` by whom.
    """
    count = len(people.home)
    created = np.minimum((first + people.comes).astype("datetime64[us]"), now)
    never = np.ones(count, dtype=bool)
    never[customer] = False
    created[~never] = np.datetime64("9999-01-01", "us")
    np.minimum.at(created, customer, booked)
    created = created - seconds(rng.integers(20, 600, count))
    called = names.people(rng, count)
    return {
        "id": identifiers.made(rng, "cus", created),
        "name": called,
        "name_key": texts(fold(name) for name in called),
        "home_location_id": locations["id"][people.home],
        "created_at": created,
        "erased_at": np.full(count, np.datetime64("NaT", "us")),
        "veil": texts(rng.bytes(16).hex() for _ in range(count)),
    }
