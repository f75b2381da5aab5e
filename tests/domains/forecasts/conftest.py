"""Shops with a made history, whose truth is known."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from barberpro.domains.forecasts.training.series import Shop, weekdays

TODAY = date(2026, 11, 23)  # a Monday
WEEK = np.array([0.7, 0.8, 0.9, 1.0, 1.4, 1.7, 0.0])  # Monday first
MONDAY_TO_SATURDAY = frozenset(range(6))


def shop_of(counts: Any, *, prices: Any = None, **changes: Any) -> Shop:
    """A shop with so many bookings on each of the days up to yesterday; `prices` are of the days, in centavos."""
    numbers = np.asarray(counts, dtype=np.int64)
    first = TODAY.toordinal() - len(numbers)
    days = np.repeat(np.arange(first, TODAY.toordinal()), numbers)
    of_day = np.full(len(numbers), 1_000_000) if prices is None else np.asarray(prices)
    about: dict[str, Any] = {
        "location_id": "loc_1",
        "province": "C",
        "time_zone": "America/Argentina/Buenos_Aires",
        "is_active": True,
        "today": TODAY,
        "open_weekdays": MONDAY_TO_SATURDAY,
        "days": days,
        "services": np.zeros(len(days), dtype=np.int64),
        "prices": np.repeat(of_day, numbers).astype(np.int64),
        "currency_code": "ARS",
        "minor_units": 100,
    }
    return Shop(**about | changes)


@pytest.fixture
def made() -> Callable[..., Any]:
    """`made(days, level, seed)` are counts with a weekly and a yearly rhythm, and Poisson noise."""

    def counts(days: int, level: float = 14.0, seed: int = 5) -> Any:
        weekday = weekdays(TODAY - timedelta(days=days), days)
        season = 1 + 0.15 * np.cos(2 * np.pi * np.arange(days) / 365.25)
        return np.random.default_rng(seed).poisson(level * WEEK[weekday] * season)

    return counts


def tuesdays(days: int, weeks: int) -> Any:
    """Where the last so many Tuesdays stand in a history of so many days."""
    return np.flatnonzero(weekdays(TODAY - timedelta(days=days), days) == 1)[-weeks:]
