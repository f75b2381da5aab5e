"""Makes a chain of shops: the same rows for the same scale, seed and anchor day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from . import booked as bookings_of
from . import (
    cadence,
    catalogue,
    charges,
    customers,
    diary,
    growth,
    hours,
    ledger,
    places,
    ratings,
    receipts,
    roster,
    season,
    seating,
    taste,
    wishes,
)
from .booked import Booked
from .columns import Column, Columns, stream
from .growth import Calendar
from .liking import Liking
from .outcome import Outcome
from .prices import PriceList
from .scales import Scale
from .zones import instants, local

HOME_ZONE = "America/Argentina/Buenos_Aires"

Chance = Callable[[str], np.random.Generator]
"""A stream of its own for each purpose."""


@dataclass(frozen=True)
class Shops:
    """The shops as the rest is made from them: who works where, and which days are wanted how much.

    `week` is what `hours.weeks` makes; `shut` and `wanted` are [shop, day].
    """

    opens: Column
    week: Column
    plan: roster.Roster
    shut: Column
    wanted: Column


def generated(scale: Scale, *, seed: int, tenant: str, anchor: date) -> dict[str, Columns]:
    """Every table's rows, by id; a row refers only to rows of tables before its own, or before it.

    What lies before the anchor day, which begins at midnight in Buenos Aires, is past; the rest is
    still to come.
    """
    chance = partial(stream, seed, tenant)
    calendar = Calendar.around(np.datetime64(anchor, "D"), back=scale.back, ahead=scale.ahead)
    now = instants(np.array([calendar.today]), np.array([HOME_ZONE], dtype=object))[0]
    tables, shops = _shops(chance, scale, calendar)
    liking = Liking.drawn(chance("liking"), scale.providers, scale.customers)
    held, fate = _booked(chance, scale, calendar, now, shops, liking, tables)
    _told(chance, scale, calendar, now, held, fate, shops, liking, tables)
    return {name: _by_id(tables[name]) for name in ORDER}


ORDER = (
    "locations",
    "opening_hours",
    "chairs",
    "services",
    "providers",
    "provider_locations",
    "customers",
    "invoices",
    "bookings",
    "booking_changes",
    "visits",
    "ratings",
    "invoice_lines",
    "invoice_series",
)
"""The tables, so that what a row refers to comes before it."""


def _shops(chance: Chance, scale: Scale, calendar: Calendar) -> tuple[dict[str, Columns], Shops]:
    """The shops, what they offer and who works there."""
    sites = places.chosen(chance("places"), scale.locations)
    opens = growth.openings(chance("openings"), scale.locations, calendar)
    week = hours.weeks(chance("hours"), places.naps(sites))
    plan = roster.roster(chance("roster"), scale.providers, week, opens, calendar)
    rows = places.locations(chance("locations"), sites, opens)
    people = roster.providers(chance("providers"), plan)
    shut = growth.shut(chance("shut"), opens, calendar)
    is_open = np.any(week[..., 1], axis=2)
    wanted = season.wanted(chance("season"), calendar, is_open, shut, opens)
    tables = {
        "locations": rows,
        "opening_hours": hours.opening_hours(chance("opening_hours"), week, rows),
        "chairs": hours.chairs(chance("chairs"), plan.chair_count(scale.locations), rows),
        "services": catalogue.services(chance("services"), rows["created_at"].min()),
        "providers": people,
        "provider_locations": roster.provider_locations(
            chance("provider_locations"), plan, rows, people
        ),
    }
    rows["closes_on_holidays"] = season.keeps_shut(wanted, calendar.dates)
    # A holiday on which a shop keeps shut is one nobody moves their visit to.
    return tables, Shops(opens, week, plan, shut | (wanted == 0), wanted)


def _booked(
    chance: Chance,
    scale: Scale,
    calendar: Calendar,
    now: np.datetime64,
    shops: Shops,
    liking: Liking,
    tables: dict[str, Columns],
) -> tuple[Booked, Outcome]:
    """Who came, when and to whom, and what became of it. Adds the customers to the tables."""
    plan, dates = shops.plan, calendar.dates
    home = customers.homes(chance("homes"), scale.customers, plan, scale.locations)
    tasted = taste.tastes(chance("taste"), scale.customers)
    people = customers.crowd(chance("crowd"), home, tasted, liking, plan, shops.opens, calendar)
    came = cadence.visits(chance("cadence"), people, shops.wanted, calendar.back, scale.bookings)
    asked = wishes.wishes(chance("wishes"), people, came, shops.wanted, dates)
    held, fate = bookings_of.booked(
        chance("booked"),
        people,
        asked,
        seating.agendas(plan, shops.week, shops.shut, dates),
        plan,
        dates,
        tables["locations"]["time_zone"],
        now,
        scale.bookings,
    )
    tables["customers"] = customers.customers(
        chance("customers"),
        people,
        tables["locations"],
        calendar.first,
        now,
        held.person,
        fate.created,
    )
    return held, fate


def _told(
    chance: Chance,
    scale: Scale,
    calendar: Calendar,
    now: np.datetime64,
    held: Booked,
    fate: Outcome,
    shops: Shops,
    liking: Liking,
    tables: dict[str, Columns],
) -> None:
    """Adds the rows of all that happened: bookings and their history, ratings, what was charged."""
    zones = tables["locations"]["time_zone"]
    made_at = local(fate.created, zones[held.location])
    earliest = calendar.first - np.timedelta64(growth.PREPARED_DAYS, "D")
    price = PriceList(catalogue.PRICES, earliest, now).at(made_at, held.service)
    done = receipts.Done(fate.status, fate.changed, held.location, held.person)
    since = now - np.timedelta64(scale.billed, "D")
    provinces = tables["locations"]["province"]
    billed = receipts.receipts(
        chance("receipts"), done, zones, provinces, now, since, scale.invoices
    )
    sold_at = local(billed.created, zones[billed.location])
    products = PriceList(catalogue.PRODUCT_PRICES, earliest, now)
    charged = charges.charges(
        chance("charges"), billed, held.service, price, sold_at, products, scale.lines
    )
    count = shops.plan.chair_count(scale.locations)
    chair = (np.cumsum(count) - count)[held.location] + held.seat
    rows = diary.bookings(chance("bookings"), held, fate, chair, price, tables)
    tables["invoices"] = ledger.invoices(chance("invoices"), billed, charged, tables)
    rows["invoice_id"] = ledger.invoice_of(billed, tables["invoices"], scale.bookings)
    tables["bookings"] = rows
    tables["booking_changes"] = diary.booking_changes(chance("booking_changes"), rows, fate)
    tables["visits"] = diary.visits(chance("visits"), rows)
    tables["ratings"] = ratings.ratings(
        chance("ratings"),
        rows,
        fate.changed,
        held.person,
        held.provider,
        catalogue.named(held.service),
        liking,
        now,
    )
    tables["invoice_lines"] = ledger.invoice_lines(
        chance("invoice_lines"), billed, charged, tables["invoices"], rows
    )
    tables["invoice_series"] = ledger.invoice_series(chance("invoice_series"), tables["invoices"])


def _by_id(columns: Columns) -> Columns:
    order = np.argsort(columns["id"].astype(str), kind="stable")
    return {name: column[order] for name, column in columns.items()}
