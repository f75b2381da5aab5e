"""What waits for a manager's word in the demo chain: a planned day, customers who are asked to move, and a calendar.

All of it is made by the services, as a caller would have it made; the worker goes on with it.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np

from barberpro.domains.bookings.feeds import service as feeds
from barberpro.domains.bookings.planning import service as planning
from barberpro.domains.bookings.planning.drawing import Wanted
from barberpro.domains.bookings.reshuffling import service as reshuffling
from barberpro.domains.bookings.reshuffling.errors import NothingToWin
from barberpro.platform.doors import Transaction

from .columns import Columns
from .credentials import Calendar

WISHES, SHOPS = 160, 3
"""So many for so few shops that not all can be had, and a good plan shows."""
AHEAD = 9  # days until the planned one
SPARE = timedelta(hours=2)
"""Within which a visit may begin."""
SECONDS = 20
"""For which the worker improves the plan."""
ASKED = 2
NEXT_DAYS = 4
TERMS = {"within_minutes": 15, "least_minutes": 20, "days_ahead": 3}


async def propose(
    tx: Transaction, rng: np.random.Generator, tables: dict[str, Columns]
) -> Calendar:
    """Plan a day, ask customers of the first shop to move, and open its calendar, which is returned."""
    shops = tables["locations"]
    shop, zone = str(shops["id"][0]), ZoneInfo(str(shops["time_zone"][0]))
    today = tx.now.astimezone(zone).date()
    await _plan(tx, rng, tables, today + timedelta(days=AHEAD))
    await reshuffling.set_terms(tx, shop, **TERMS)
    at_shop = tables["provider_locations"]["location_id"] == shop
    staff = [str(each) for each in tables["provider_locations"]["provider_id"][at_shop]]
    days = (today + timedelta(days=n) for n in range(1, NEXT_DAYS + 1))
    await _ask(tx, shop, product(days, staff))
    _, token = await feeds.open_feed(tx, location_id=shop)
    return Calendar(shop, feeds.PATH.format(token=token), tx.principal.tenant)


async def _plan(
    tx: Transaction, rng: np.random.Generator, tables: dict[str, Columns], day: date
) -> None:
    """What customers wish who may come some hours of the day, some of them to one shop only."""
    shops, zones = (tables["locations"][name][:SHOPS] for name in ("id", "time_zone"))
    customers, services = tables["customers"]["id"], tables["services"]
    offered = np.flatnonzero(services["is_active"])
    wanted = []
    for _ in range(WISHES):
        shop, service = rng.integers(len(shops)), rng.choice(offered)
        opens = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(str(zones[shop])))
        earliest = opens + timedelta(hours=int(rng.choice((9, 12, 15, 17))))
        lasts = timedelta(minutes=int(services["duration_minutes"][service]))
        wanted.append(
            Wanted(
                customer_id=str(rng.choice(customers)),
                service_id=str(services["id"][service]),
                earliest=earliest,
                latest=earliest + SPARE + lasts,
                location_ids=[str(shops[shop])] if rng.random() < 0.7 else list(map(str, shops)),
            )
        )
    await planning.make_plan(tx, wanted=wanted, seconds=SECONDS)


async def _ask(tx: Transaction, shop: str, where: Iterable[tuple[date, str]]) -> None:
    """Ask on the first days, and of the first providers, where there is something to win."""
    asked = 0
    for day, provider in where:
        with suppress(NothingToWin):
            await reshuffling.propose(tx, location_id=shop, provider_id=provider, day=day)
            asked += 1
        if asked == ASKED:
            return
