"""Makes a chain of shops: the same rows for the same scale, seed and anchor day."""

from collections.abc import Callable
from datetime import date
from functools import partial

import numpy as np

from . import agenda, catalogue, customers, diary, hours, places, roster
from .agenda import Places
from .columns import Column, Columns, stream
from .diary import Booked
from .outcome import Outcome, outcomes
from .scales import Scale
from .zones import instants

HOME_ZONE = "America/Argentina/Buenos_Aires"
AGE_DAYS = 8 * 365  # of the chain
HIRED_BEFORE_DAYS = 60  # everybody was there when the first booking was made
GIVEN_UP = 0.03  # of the bookings are places that were cancelled and taken by someone else

Chance = Callable[[str], np.random.Generator]
"""A stream of its own for each purpose."""


def generated(scale: Scale, *, seed: int, tenant: str, anchor: date) -> dict[str, Columns]:
    """Every table's rows, by id; a row refers only to rows of tables before its own.

    What lies before the anchor day, which begins at midnight in Buenos Aires, is past; the rest is
    still to come.
    """
    chance = partial(stream, seed, tenant)
    day = np.datetime64(anchor, "D")
    now = instants(np.array([day]), np.array([HOME_ZONE], dtype=object))[0]
    tables, plan, week = _shops(chance, scale, day, now)
    full = agenda.filled(chance("agenda"), plan, week, day - scale.back, scale.back + scale.ahead)
    booked, fate = _booked(chance, scale, day, now, full, plan, tables)
    tables["bookings"] = diary.bookings(chance("bookings"), booked, fate, tables)
    tables["booking_changes"] = diary.booking_changes(
        chance("booking_changes"), tables["bookings"], fate
    )
    tables["visits"] = diary.visits(chance("visits"), tables["bookings"])
    return {name: _by_id(columns) for name, columns in tables.items()}


def _shops(
    chance: Chance, scale: Scale, day: np.datetime64, now: np.datetime64
) -> tuple[dict[str, Columns], roster.Roster, Column]:
    """The shops, what they offer and who works there."""
    first, opening = day - scale.back, now - np.timedelta64(AGE_DAYS, "D")
    sites = places.chosen(chance("places"), scale.locations)
    week = hours.weeks(chance("hours"), places.naps(sites))
    plan = roster.roster(chance("roster"), scale.providers, week, first, day)
    hired = now - np.timedelta64(scale.back + HIRED_BEFORE_DAYS, "D")
    shops = places.locations(chance("locations"), sites, opening)
    people = roster.providers(chance("providers"), plan, shops, hired)
    tables = {
        "locations": shops,
        "opening_hours": hours.opening_hours(chance("opening_hours"), week, shops),
        "chairs": hours.chairs(chance("chairs"), plan.chair_count(scale.locations), shops),
        "services": catalogue.services(chance("services"), opening),
        "providers": people,
        "provider_locations": roster.provider_locations(
            chance("provider_locations"), plan, shops, people
        ),
    }
    return tables, plan, week


def _booked(
    chance: Chance,
    scale: Scale,
    day: np.datetime64,
    now: np.datetime64,
    full: Places,
    plan: roster.Roster,
    tables: dict[str, Columns],
) -> tuple[Booked, Outcome]:
    """Who takes which places of the full agendas, and what becomes of it.

    Adds the customers to the tables.
    """
    shops, services = tables["locations"], tables["services"]
    again = round(scale.bookings * GIVEN_UP)
    taken = agenda.chosen(chance("choice"), full, day, scale.bookings - again)
    given_up = chance("given up").choice(len(taken.day), again, replace=False)
    held = taken.take(np.concatenate([np.arange(len(taken.day)), given_up]))
    starts = instants(held.starts, shops["time_zone"][held.location])
    ends = starts + _minutes(services["duration_minutes"][held.service])
    free = ends + _minutes(services["buffer_minutes"][held.service])
    fate = outcomes(chance("outcomes"), starts, ends, now, given_up)
    people = customers.crowd(
        chance("crowd"), scale.customers, plan.home, scale.locations, day - scale.back, scale.back
    )
    who = customers.assigned(chance("assigned"), people, held.location, held.day)
    tables["customers"] = customers.customers(chance("customers"), people, shops, who, fate.created)
    before = np.cumsum(plan.chair_count(scale.locations)) - plan.chair_count(scale.locations)
    return Booked(held, before[held.location] + held.seat, starts, ends, free, who), fate


def _minutes(amount: Column) -> Column:
    return amount.astype("timedelta64[m]").astype("timedelta64[us]")


def _by_id(columns: Columns) -> Columns:
    order = np.argsort(columns["id"].astype(str), kind="stable")
    return {name: column[order] for name, column in columns.items()}
