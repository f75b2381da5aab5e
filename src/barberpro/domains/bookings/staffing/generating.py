"""Weeks of a shop made up from a seed, to measure staffing by: two peaks a day, Fridays and Saturdays busy."""

from math import exp
from random import Random

from .week import DAY, SLOT, Absence, Demand, Provider, Template, Week

OPENING, CLOSING = 9 * 60, 20 * 60
BUSY = (0.55, 0.6, 0.7, 0.75, 1.0, 1.1)
"""What each day asks for, Monday to Saturday, of the usual."""
TEMPLATES = (
    Template(id="morning", start=9 * 60, until=15 * 60),
    Template(id="early", start=9 * 60, until=17 * 60),
    Template(id="middle", start=11 * 60, until=19 * 60),
    Template(id="late", start=12 * 60, until=20 * 60),
    Template(id="evening", start=14 * 60, until=20 * 60),
    Template(id="peak", start=16 * 60, until=20 * 60),
)


def generate(*, providers: int, seed: int) -> Week:
    """A week of a shop with so many providers. The same arguments give the same week.

    Four in ten know colour, and one of them is asked for from 17 to 19 h; a fifth are away for a day, a fifth
    work half a week. Nobody is asked for on Sunday.
    """
    random = Random(seed)  # noqa: S311
    people = tuple(_provider(random, number) for number in range(providers))
    demand: list[Demand] = []
    for day, busy in enumerate(BUSY):
        wanted = [
            max(1, round(providers * busy * _curve(minute) * random.uniform(0.8, 1.15)))
            for minute in range(OPENING, CLOSING, SLOT)
        ]
        demand.append(Demand(day=day, start=OPENING, need=tuple(wanted)))
        demand.append(Demand(day=day, start=17 * 60, need=(1, 1, 1, 1), skill="colour"))
    return Week(demand=tuple(demand), templates=TEMPLATES, providers=people)


def _curve(minute: int) -> float:
    """The part of all who are asked for at a minute of a usual day."""
    return 0.25 + 0.3 * _bell(minute, 11.5 * 60, 80) + 0.5 * _bell(minute, 18 * 60, 90)


def _bell(minute: int, middle: float, width: float) -> float:
    return exp(-(((minute - middle) / width) ** 2) / 2)


def _provider(random: Random, number: int) -> Provider:
    away = random.randrange(6) * DAY
    is_away, is_half = random.random() < 0.2, random.random() < 0.2
    return Provider(
        id=f"P{number + 1}",
        skills=("cut", "colour") if random.random() < 0.4 else ("cut",),
        absent=(Absence(start=away, until=away + DAY),) if is_away else (),
        most_minutes=24 * 60 if is_half else None,
    )
