"""Which wishes became bookings: seated, known by now, and exactly as many as the scale asks for."""

from dataclasses import dataclass

import numpy as np

from . import outcome, seating
from .catalogue import BUFFERS, MINUTES
from .columns import Column
from .customers import Crowd
from .outcome import Outcome
from .roster import Roster
from .season import weekdays
from .seating import FIRST_MINUTE, OFF, SLOT
from .wishes import Wishes
from .zones import instants

GIVEN_UP = 0.03  # of the bookings are places that were cancelled and taken by someone else
NEIGHBOURS = (
    40  # bookings of a shop before and after, among whose customers one is found who gave up
)
TRIES = 8


@dataclass(frozen=True)
class Booked:
    """One value a booking: numbers of people, services and so on, and instants. `local` is wall clock."""

    person: Column
    location: Column
    provider: Column
    seat: Column
    service: Column
    local: Column
    starts: Column
    ends: Column
    free: Column

    def take(self, which: Column) -> "Booked":
        """Some of them, in this order."""
        return Booked(**{name: column[which] for name, column in vars(self).items()})


def booked(
    rng: np.random.Generator,
    people: Crowd,
    asked: Wishes,
    free: Column,
    plan: Roster,
    dates: Column,
    zones: Column,
    now: np.datetime64,
    count: int,
) -> tuple[Booked, Outcome]:
    """Exactly `count` bookings and what became of them. `zones` are the shops'.

    ValueError where the agendas have not room enough, or the people come too seldom.
    """
    again = round(count * GIVEN_UP)
    seats = seating.seated(rng, asked, people.provider[asked.person], free, plan, dates)
    found = np.flatnonzero(seats.slot != OFF)
    made = _made(asked.take(found), seats, found, plan, dates, zones)
    lead = outcome.leads(rng, people, made.person, asked.waited[found])
    known = np.flatnonzero((made.starts - lead.ahead < now) & _once_a_day(made))
    if len(known) < count - again:
        raise ValueError(
            f"there are {len(known)} bookings, not {count - again}: "
            "more providers, more days or more customers"
        )
    kept = known[np.sort(rng.choice(len(known), count - again, replace=False))]
    firsts, lead = made.take(kept), lead.take(kept)
    given_up, who = _who_gave_up(rng, firsts, again)
    if len(who) < again:
        raise ValueError(f"{len(people.home)} customers are too few for {count} bookings")
    held = firsts.take(np.concatenate([np.arange(len(kept)), given_up]))
    held.person[len(kept) :] = who
    lead = lead.take(np.concatenate([np.arange(len(kept)), given_up]))
    fate = outcome.outcomes(rng, people, held.person, lead, held.starts, held.ends, now, given_up)
    return held, fate


def _made(
    asked: Wishes, seats: seating.Seats, found: Column, plan: Roster, dates: Column, zones: Column
) -> Booked:
    provider, day, slot = (column[found] for column in vars(seats).values())
    minute = FIRST_MINUTE + SLOT * slot
    local = dates[day].astype("datetime64[m]") + minute.astype("timedelta64[m]")
    starts = instants(local, zones[asked.location])
    ends = starts + _minutes(MINUTES[asked.service])
    return Booked(
        person=asked.person,
        location=asked.location,
        provider=provider,
        seat=plan.seat[provider, weekdays(dates[day])],
        service=asked.service,
        local=local,
        starts=starts,
        ends=ends,
        free=ends + _minutes(BUFFERS[asked.service]),
    )


def _once_a_day(made: Booked) -> Column:
    """All but the second booking of a person on a day."""
    day = made.local.astype("datetime64[D]").astype(np.int64)
    found = np.zeros(len(day), dtype=bool)
    found[np.unique(made.person * (day.max(initial=0) + 1) + day, return_index=True)[1]] = True
    return found


def _who_gave_up(rng: np.random.Generator, made: Booked, count: int) -> tuple[Column, Column]:
    """So many of the bookings, and for each someone else who comes to the shop about that time.

    Nobody who has a booking that day, and nobody twice for one day.
    """
    day = made.local.astype("datetime64[D]").astype(np.int64)
    on = int(day.max(initial=0)) + 1
    taken = set((made.person * on + day).tolist())
    order = np.lexsort((made.starts, made.location))
    given_up, who = [], []
    for place in rng.permutation(len(order)).tolist():
        if len(given_up) == count:
            break
        booking = order[place]
        near = np.clip(place + rng.integers(-NEIGHBOURS, NEIGHBOURS + 1, TRIES), 0, len(order) - 1)
        for person in made.person[order[near]].tolist():
            if person * on + int(day[booking]) not in taken:
                taken.add(person * on + int(day[booking]))
                given_up.append(booking)
                who.append(person)
                break
    return np.array(given_up, dtype=np.int64), np.array(who, dtype=np.int64)


def _minutes(amount: Column) -> Column:
    return amount.astype("timedelta64[m]").astype("timedelta64[us]")
