"""What is said of a location, and what instead where that cannot be."""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from barberpro.domains.forecasts.service import Fallback, Metric, Model
from barberpro.domains.forecasts.training import outlook as module
from barberpro.domains.forecasts.training.outlook import Outlook, outlooks

from .conftest import TODAY, shop_of, tuesdays

Made = Callable[..., Any]
DORMANT = [5] * 60 + [0] * 28


def ahead(outlook: Outlook) -> list[Any]:
    return [point for point in outlook.points if point.date >= TODAY]


def by_weekday(outlook: Outlook) -> np.ndarray:
    total = np.zeros(7)
    for point in ahead(outlook):
        total[point.date.weekday()] += point.mean
    return total


@pytest.mark.parametrize(
    ("counts", "changes", "reason"),
    [
        ([], {}, Fallback.TOO_LITTLE_HISTORY),
        ([0] * 400, {}, Fallback.TOO_LITTLE_HISTORY),
        ([4], {}, Fallback.TOO_LITTLE_HISTORY),
        ([4] * 13, {}, Fallback.TOO_LITTLE_HISTORY),
        (DORMANT, {}, Fallback.NO_RECENT_BOOKINGS),
        ([4] * 200, {"is_active": False}, Fallback.LOCATION_CLOSED),
    ],
)
def test_where_nothing_can_be_said_a_reason_is(
    counts: list[int], changes: dict[str, Any], reason: Fallback
) -> None:
    for outlook in outlooks(shop_of(counts, **changes)):
        assert (outlook.model_used, outlook.fallback_reason) == (Model.NONE, reason)
        assert (outlook.points, outlook.scores) == ([], None)


@pytest.mark.parametrize("days", [14, 20, 55, 83])
def test_a_short_history_is_told_by_its_weekdays(made: Made, days: int) -> None:
    bookings, revenue = outlooks(shop_of(made(days)))
    assert bookings.model_used == Model.WEEKDAY_MEAN
    assert bookings.fallback_reason == Fallback.SHORT_HISTORY
    assert bookings.scores is not None
    assert bookings.scores.horizon_days == 7
    assert bookings.scores.origins == min(3, (days - 7) // 7)
    assert len(ahead(bookings)) == len(ahead(revenue)) == 90
    sane(bookings, revenue)


@pytest.mark.parametrize(
    "counts",
    [
        np.full(300, 5),
        np.tile([0, 0, 1, 0, 0, 0, 0], 40),
        np.r_[np.full(200, 6), [600], np.full(99, 6)],
        np.r_[np.full(150, 6), np.zeros(40), np.full(110, 6)],
    ],
    ids=["constant", "sparse", "outlier", "gap"],
)
def test_odd_histories_give_sane_forecasts(counts: Any) -> None:
    sane(*outlooks(shop_of(counts, open_weekdays=frozenset(range(7)))))


def sane(*found: Outlook) -> None:
    for outlook in found:
        for point in outlook.points:
            assert 0 <= point.lower <= point.mean <= point.upper < math.inf
            if point.is_closed:
                assert point.upper == 0


def breaks(horizon: int) -> Any:
    raise RuntimeError(f"no {horizon} days")


@pytest.mark.parametrize("only_at_last", [False, True])
@pytest.mark.parametrize(
    "bad",
    [breaks, *(lambda horizon, v=v: np.full(horizon, v) for v in (math.nan, math.inf, 1e300))],
    ids=["breaks", "nan", "infinite", "absurd"],
)
def test_where_prophet_fails_the_weekdays_tell(
    made: Made, monkeypatch: pytest.MonkeyPatch, bad: Callable[[int], Any], only_at_last: bool
) -> None:
    def expected(series: Any, horizon: int, known: Any) -> Any:
        if only_at_last and horizon == module.HORIZON:
            return module.weekday_means(series, horizon, known)
        return bad(horizon)

    monkeypatch.setattr(module, "expected", expected)
    for outlook in outlooks(shop_of(made(200))):
        assert (outlook.model_used, outlook.fallback_reason) == (
            Model.WEEKDAY_MEAN,
            Fallback.PROPHET_FAILED,
        )
        assert outlook.scores is not None
        assert outlook.scores.horizon_days == 28
        assert len(ahead(outlook)) == 90
        sane(outlook)


def test_coverage_is_that_of_the_intervals_told(made: Made) -> None:
    counts = made(70)
    counts[-1:-22:-7] = 1  # came on the last three Sundays, which the hours call closed
    for outlook in outlooks(shop_of(counts)):
        past = [p for p in outlook.points if p.actual is not None]
        assert [p.upper for p in past if p.is_closed] == [0] * 3
        inside = [p.lower <= p.actual <= p.upper for p in past]
        assert outlook.scores is not None
        assert outlook.scores.coverage80 == pytest.approx(np.mean(inside))


def test_a_week_is_judged_by_the_errors_of_others(made: Made) -> None:
    counts = made(70)
    before = outlooks(shop_of(counts))[0]
    counts[-7] += 40  # the Monday of the last week
    after = outlooks(shop_of(counts))[0]
    reach = [
        {p.date: p.upper - p.mean for p in o.points if not p.is_closed} for o in (before, after)
    ]
    last = [TODAY - timedelta(days=n) for n in range(7, 1, -1)]
    assert [reach[1][d] for d in last] == [reach[0][d] for d in last]
    earlier = TODAY - timedelta(days=14)
    assert reach[1][earlier] > reach[0][earlier] + 5
    assert reach[1][TODAY] > reach[0][TODAY] + 5


def test_a_long_history_is_told_by_prophet_and_beats_the_last_week(made: Made) -> None:
    shop = shop_of(made(3 * 365))
    bookings, revenue = outlooks(shop)
    assert [o.model_used for o in (bookings, revenue)] == [Model.PROPHET] * 2
    assert [o.unit for o in (bookings, revenue)] == ["bookings", "ARS"]
    assert bookings.scores is not None
    assert (bookings.scores.horizon_days, bookings.scores.origins) == (28, 3)
    assert bookings.scores.vs_seasonal_naive is not None
    assert bookings.scores.vs_seasonal_naive < 0.9
    assert bookings.scores.coverage80 is not None
    assert 0.65 < bookings.scores.coverage80 < 0.95
    sane(bookings, revenue)
    for told, money in zip(bookings.points, revenue.points, strict=True):  # at 10,000 a booking
        assert money.mean == pytest.approx(10_000 * told.mean)
    assert len([p for p in bookings.points if p.actual is not None]) == 84
    assert [p.is_closed for p in ahead(bookings)[:7]] == [False] * 6 + [True]
    assert outlooks(shop) == [bookings, revenue]


def test_takings_keep_step_with_prices(made: Made) -> None:
    counts = made(400)
    prices = 1_000_000 * 2 ** (np.arange(400) // 100)
    bookings, revenue = outlooks(shop_of(counts, prices=prices))
    now = [p.mean for p in ahead(revenue)]
    assert now == pytest.approx([80_000 * p.mean for p in ahead(bookings)])
    assert revenue.metric is Metric.REVENUE


@pytest.mark.parametrize("days", [365, pytest.param(3 * 365, marks=pytest.mark.long)])
def test_tuesdays_that_doubled_are_expected_doubled_and_no_other_day(made: Made, days: int) -> None:
    counts = made(days)
    doubled = counts.copy()
    doubled[tuesdays(days, 12)] *= 2
    before, after = (by_weekday(outlooks(shop_of(c))[0]) for c in (counts, doubled))
    lift = after[:6] / before[:6]
    assert lift[1] > 1.5
    assert abs(np.delete(lift, 1) - 1).max() < 0.1
    assert (by_weekday(outlooks(shop_of(counts))[0]) == before).all()
