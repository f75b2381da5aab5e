"""When the shops are open, and the chairs that stand in them."""

import numpy as np

from . import identifiers
from .columns import WEEK, Column, Columns, pick, texts

Span = tuple[int, int]
"""Minutes after midnight, half-open."""
Week = tuple[tuple[Span, ...], ...]
"""The spans of each day from Monday to Sunday; none where the shop is closed."""
SPANS = 2


def _at(*times: str) -> tuple[Span, ...]:
    """`"9:00-20:00"` as minutes."""
    return tuple((_minute(a), _minute(b)) for a, b in (time.split("-") for time in times))


def _minute(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


# Shopping centres never close; some barbers close on Mondays, as many do.
STRAIGHT: tuple[Week, ...] = (
    (*[_at("9:00-20:00")] * 5, _at("9:00-20:00"), ()),
    (*[_at("10:00-20:00")] * 5, _at("9:00-21:00"), ()),
    (*[_at("10:00-22:00")] * 6, _at("11:00-21:00")),
    ((), *[_at("10:00-20:00")] * 4, _at("9:00-20:00"), _at("10:00-15:00")),
)
WITH_NAP: tuple[Week, ...] = (
    (*[_at("9:00-13:00", "16:30-21:00")] * 5, _at("9:00-13:30", "17:00-21:00"), ()),
    (*[_at("8:30-12:30", "17:00-21:30")] * 5, _at("8:30-14:00"), ()),
)


def weeks(rng: np.random.Generator, naps: Column) -> Column:
    """Each location's week, as minutes: [location, weekday, span, (opens, closes)].

    Both are 0 where there is no span.
    """
    straight = pick(rng, range(len(STRAIGHT)), (4, 3, 1, 2), len(naps))
    nap = pick(rng, range(len(WITH_NAP)), (3, 1), len(naps))
    sleeps = rng.random(len(naps)) < naps
    found = np.zeros((len(naps), WEEK, SPANS, 2), dtype=np.int64)
    for location in range(len(naps)):
        week = WITH_NAP[nap[location]] if sleeps[location] else STRAIGHT[straight[location]]
        for weekday, spans in enumerate(week):
            found[location, weekday, : len(spans)] = spans or np.zeros((0, 2))
    return found


def opening_hours(rng: np.random.Generator, week: Column, locations: Columns) -> Columns:
    """One row a span."""
    where, weekday, span = np.nonzero(week[..., 1])
    return {
        "id": identifiers.made(rng, "hrs", locations["created_at"][where]),
        "location_id": locations["id"][where],
        "weekday": weekday + 1,
        "opens_minute": week[where, weekday, span, 0],
        "closes_minute": week[where, weekday, span, 1],
    }


def chairs(rng: np.random.Generator, count: Column, locations: Columns) -> Columns:
    """So many chairs at each location, in its order, labelled from 01."""
    where = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(where)) - np.repeat(np.cumsum(count) - count, count) + 1
    return {
        "id": identifiers.made(rng, "chr", locations["created_at"][where]),
        "location_id": locations["id"][where],
        "label": texts(f"{n:02}" for n in number),
        "is_active": np.ones(len(where), dtype=bool),
    }
