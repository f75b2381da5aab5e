"""Fills the providers' days: places in an agenda that cannot overlap, and the choice among them.

A provider's day at a chair is filled from the opening on, each service followed by its buffer and
sometimes a pause. Nobody else uses that chair that day, so neither provider nor chair can be taken
twice. From all these places exactly as many are chosen as the scale asks for, the more wanted hours
more often.
"""

from dataclasses import dataclass

import numpy as np

from . import catalogue, demand
from .columns import Column
from .roster import OFF, Roster

GRID = 15  # minutes: bookings begin at quarters of an hour
PAUSES = (
    0.78,
    0.13,
    0.06,
    0.03,
)  # the chance of no pause, of one quarter of an hour, of two, of three


@dataclass(frozen=True)
class Places:
    """Places in agendas, as columns: whose, where, in which of its chairs, for what and when.

    Providers, locations, chairs and services are numbers; days and minutes are local.
    """

    provider: Column
    location: Column
    seat: Column
    service: Column
    day: Column
    minute: Column

    def take(self, which: Column) -> "Places":
        """Some of them, in this order."""
        return Places(**{name: column[which] for name, column in vars(self).items()})

    @property
    def starts(self) -> Column:
        """The local time at which each begins."""
        return self.day.astype("datetime64[m]") + self.minute.astype("timedelta64[m]")


def filled(
    rng: np.random.Generator, plan: Roster, week: Column, first: np.datetime64, count: int
) -> Places:
    """Every provider's agenda for `count` days from `first` on, full."""
    shifts, opens, closes = _shifts(plan, week, first + np.arange(count))
    minutes = np.array([o.minutes for o in catalogue.OFFERS])
    occupied = minutes + np.array([o.buffer for o in catalogue.OFFERS])
    found: list[Places] = []
    free = opens + GRID * _pauses(rng, len(opens))
    while len(free):
        service = catalogue.asked(rng, len(free))
        fits = free + occupied[service] <= closes
        found.append(Places(**{**vars(shifts), "service": service, "minute": free}).take(fits))
        free = free + _on_grid(occupied[service]) + GRID * _pauses(rng, len(free))
        goes_on = free < closes
        shifts, free, closes = shifts.take(goes_on), free[goes_on], closes[goes_on]
    return _joined(found)


def chosen(rng: np.random.Generator, places: Places, anchor: np.datetime64, count: int) -> Places:
    """Exactly `count` of these places, by how much their hours are wanted, in the order of time."""
    if count > len(places.day):
        raise ValueError(
            f"the agendas have {len(places.day)} places, not {count}: more providers or more days"
        )
    weights = demand.wanted(
        rng,
        day=places.day,
        minute=places.minute,
        ahead=(places.day - anchor).astype(np.int64),
        location=places.location,
        provider=places.provider,
    )
    # A weighted draw without replacement, as in `places.chosen`.
    luck = rng.exponential(size=len(weights)) / weights
    drawn = places.take(np.argpartition(luck, count - 1)[:count])
    return drawn.take(np.lexsort((drawn.provider, drawn.starts)))


def _shifts(plan: Roster, week: Column, dates: Column) -> tuple[Places, Column, Column]:
    """Each span of each day that a provider works, with its opening and its closing.

    Service and minute are still open.
    """
    weekday = demand.weekdays(dates)
    works = plan.works[:, weekday]
    there = (works != OFF) & ~(plan.has_left[:, None] & (dates >= plan.leaves[:, None]))
    provider, day = np.nonzero(there)
    location = works[provider, day]
    spans = week[location, weekday[day]]
    shift, span = np.nonzero(spans[..., 1])
    unset = np.zeros(len(shift), dtype=np.int64)
    seat = plan.seat[provider, weekday[day]]
    found = Places(provider[shift], location[shift], seat[shift], unset, dates[day[shift]], unset)
    return found, spans[shift, span, 0], spans[shift, span, 1]


def _pauses(rng: np.random.Generator, size: int) -> Column:
    return rng.choice(len(PAUSES), size, p=PAUSES)


def _on_grid(minutes: Column) -> Column:
    return -(-minutes // GRID) * GRID


def _joined(parts: list[Places]) -> Places:
    return Places(
        *(np.concatenate([vars(p)[name] for p in parts]) for name in Places.__annotations__)
    )
