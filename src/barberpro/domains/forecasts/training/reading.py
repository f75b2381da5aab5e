"""Reads what the models learn from: a shop at a time, into plain arrays."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from babel.numbers import get_currency_precision
from sqlalchemy import Row, select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.locations.service import place, span
from barberpro.platform.doors import Reader

from .series import WEEK, Shop

PLACES = select(place.c.id, place.c.province, place.c.time_zone, place.c.is_active).order_by(
    place.c.id
)
OPEN = select(span.c.location_id, span.c.weekday).distinct()
NO_CURRENCY = "XXX"  # ISO 4217 for "none": of a shop without a booking
CURRENCY_OF = timedelta(weeks=4)
EVERY_DAY = frozenset(range(WEEK))
"""On which a shop may be open that states no hours."""


async def shops(
    reader: Reader, at: datetime, *, only: str | None = None, currency: str | None = None
) -> list[Shop]:
    """Every location, or one, with its bookings before its own today; `at` says when now is.

    Takings are those in `currency`, else in that of most bookings of the last four weeks, else of all; bookings in
    others count as bookings alone. A shop that states no hours counts as open every day.
    """
    open_weekdays: dict[str, set[int]] = defaultdict(set)
    for row in await reader.rows(OPEN):
        open_weekdays[row.location_id].add(row.weekday - 1)
    found = []
    for each in await reader.rows(PLACES):
        if only not in (None, each.id):
            continue
        zone = ZoneInfo(each.time_zone)
        today = at.astimezone(zone).date()
        midnight = datetime.combine(today, time(), zone).astimezone(UTC)
        asked = {"location": each.id, "before": midnight}
        rows = await reader.rows(bookings.history_at(), asked)
        hours = frozenset(open_weekdays[each.id]) or EVERY_DAY
        code = currency or _currency(rows, midnight)
        found.append(_shop(each, today, hours, rows, code))
    return found


def _currency(rows: Sequence[Row[Any]], midnight: datetime) -> str:
    """That of most bookings, of as many the one booked in last."""
    if not rows:
        return NO_CURRENCY
    recent = [r for r in rows if r.starts_at >= midnight - CURRENCY_OF] or rows
    ((found, _),) = Counter(r.currency_code for r in reversed(recent)).most_common(1)
    return found


def _shop(
    each: Row[Any],
    today: date,
    open_weekdays: frozenset[int],
    rows: Sequence[Row[Any]],
    currency: str,
) -> Shop:
    zone = ZoneInfo(each.time_zone)
    services: dict[tuple[str, str], int] = {}
    numbers = [services.setdefault((r.service_id, r.currency_code), len(services)) for r in rows]
    return Shop(
        location_id=each.id,
        province=each.province,
        time_zone=each.time_zone,
        is_active=each.is_active,
        today=today,
        open_weekdays=open_weekdays,
        days=np.array([r.starts_at.astimezone(zone).toordinal() for r in rows], dtype=np.int64),
        services=np.array(numbers, dtype=np.int64),
        prices=np.array(
            [r.price_minor if r.currency_code == currency else 0 for r in rows], dtype=np.int64
        ),
        currency_code=currency,
        minor_units=10 ** get_currency_precision(currency),
    )


def fingerprint(found: Sequence[Shop]) -> str:
    """A hash of all that was learned from."""
    digest = hashlib.sha256()
    for shop in found:
        about = (shop.location_id, shop.province, shop.time_zone, shop.is_active, shop.today)
        digest.update(repr((*about, sorted(shop.open_weekdays), shop.currency_code)).encode())
        for values in (shop.days, shop.services, shop.prices):
            digest.update(values.tobytes())
    return digest.hexdigest()
