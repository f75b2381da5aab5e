"""What is to come at one location: which model speaks, what it says, and how well it did before."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ..service import FURTHEST_DAYS, Fallback, Metric, Model
from .backtest import Fold, band_of_others, errors, folds, in_money, scored
from .bands import Band
from .days import Occasion, occasions
from .prophet import expected
from .scores import Scores
from .series import WEEK, Flags, Floats, Series, Shop, closed_ahead, series_of, weekdays
from .takings import tickets

HORIZON = 4 * WEEK
"""Days that the backtest looks ahead."""
SHORTEST = 2 * WEEK
PROPHET_FROM = 8 * WEEK
"""Days of history before the first origin of a backtest, below which Prophet is not asked."""
RECENT = 8 * WEEK
MUCH_WORSE = 1.1
"""Prophet gives way where its backtest error is so many times that of the weekday mean."""
MOST = 1e6
"""Bookings a day beyond which, as where it is no number, what Prophet says is no forecast."""

# Not structlog: it is not configured in the processes that learn, and would write to standard output there.
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Point:
    """One day of one series."""

    date: date
    mean: float
    lower: float
    upper: float
    actual: float | None
    is_holiday: bool
    holiday_name: str | None
    is_closed: bool


@dataclass(frozen=True)
class Outlook:
    """One series of one location. Without a model there is a reason, and no points."""

    location_id: str
    metric: Metric
    unit: str
    time_zone: str
    trained_through: date
    model_used: Model
    fallback_reason: Fallback | None
    scores: Scores | None
    points: list[Point]


@dataclass(frozen=True)
class Days:
    """Forecast values of days in a row, and the band around them."""

    first: date
    mean: Floats
    unit: Floats
    closed: Flags
    band: Band
    actual: Floats | None = None


def outlooks(shop: Shop) -> list[Outlook]:
    """Both series of a location. The same bookings give the same numbers."""
    series = series_of(shop)
    silence = _silence(shop, series)
    if silence is not None:
        return [_outlook(shop, metric, Model.NONE, silence) for metric in Metric]
    known = occasions(shop.province, series.first, shop.today + timedelta(days=FURTHEST_DAYS))
    model, why, mean, told = _chosen(shop, series, known)
    if not len(errors(told)):
        why = Fallback.TOO_LITTLE_HISTORY
        return [_outlook(shop, metric, Model.NONE, why) for metric in Metric]
    closed = closed_ahead(series, known, FURTHEST_DAYS)
    mean = np.where(closed, 0.0, mean)
    ticket = tickets(shop, shop.today.toordinal())[weekdays(shop.today, FURTHEST_DAYS)]
    of_takings = [in_money(fold, shop, series) for fold in told]
    found = []
    for metric, unit, by_fold in (
        (Metric.BOOKINGS, np.ones(FURTHEST_DAYS), told),
        (Metric.REVENUE, ticket, of_takings),
    ):
        band = Band.of(errors(by_fold))
        ahead = Days(shop.today, mean * unit, unit, closed, band)
        points = _points([*_past(series, by_fold, band), ahead], known)
        outlook = _outlook(shop, metric, model, why)
        found.append(replace(outlook, scores=scored(by_fold), points=points))
    return found


def weekday_means(series: Series, horizon: int, _known: Sequence[Occasion]) -> Floats:
    """The mean of each weekday over the last eight weeks; of all days for one that was never open."""
    counts, usable = series.counts[-RECENT:], series.usable[-RECENT:]
    overall = counts[usable].mean() if usable.any() else 0.0
    of_day = [counts[usable & (series.weekday[-RECENT:] == day)] for day in range(WEEK)]
    means = np.array([days.mean() if len(days) else overall for days in of_day])
    return means[weekdays(series.day(len(series)), horizon)]


def _silence(shop: Shop, series: Series) -> Fallback | None:
    """Why nothing can be said, if so."""
    if not shop.is_active:
        return Fallback.LOCATION_CLOSED
    if len(series) < SHORTEST:
        return Fallback.TOO_LITTLE_HISTORY
    if not series.counts[-HORIZON:].any():
        return Fallback.NO_RECENT_BOOKINGS
    return None


def _chosen(
    shop: Shop, series: Series, known: Sequence[Occasion]
) -> tuple[Model, Fallback | None, Floats, list[Fold]]:
    """Prophet, where the history carries it, it works, and the backtest does not speak against it."""
    means = weekday_means(series, FURTHEST_DAYS, known)
    if len(series) < PROPHET_FROM + HORIZON or not _is_rich(series):
        told = folds(series, known, weekday_means, horizon=WEEK, shortest=WEEK)
        return Model.WEEKDAY_MEAN, Fallback.SHORT_HISTORY, means, told
    plain = folds(series, known, weekday_means, horizon=HORIZON, shortest=PROPHET_FROM)
    why = Fallback.PROPHET_DID_WORSE
    try:
        told = folds(series, known, _by_prophet, horizon=HORIZON, shortest=PROPHET_FROM)
        if _missed(told) <= MUCH_WORSE * _missed(plain):
            return Model.PROPHET, None, _by_prophet(series, FURTHEST_DAYS, known), told
    except Exception:  # whatever it is, of one location; the others are to have their forecasts
        log.warning("Prophet failed at %s", shop.location_id, exc_info=True)
        why = Fallback.PROPHET_FAILED
    return Model.WEEKDAY_MEAN, why, means, plain


def _by_prophet(series: Series, horizon: int, known: Sequence[Occasion]) -> Floats:
    """What is expected. ArithmeticError where that can be no number of bookings."""
    found = expected(series, horizon, known)
    if not (np.abs(found) < MOST).all():
        raise ArithmeticError("Prophet's forecast is not a number of bookings.")
    return found


def _is_rich(series: Series) -> bool:
    """Whether there are enough days to learn from, not only enough time: shops may open once a week."""
    return int(series.usable[:PROPHET_FROM].sum()) >= HORIZON


def _missed(told: Sequence[Fold]) -> float:
    return sum(float(np.abs((fold.actual - fold.mean)[fold.open]).sum()) for fold in told)


def _past(series: Series, told: Sequence[Fold], band: Band) -> list[Days]:
    """What was foretold, within bands that do not know those days; an only fold has none but `band`."""
    return [
        Days(
            first=series.day(fold.at),
            mean=fold.mean,
            unit=fold.unit,
            closed=fold.closed,
            band=band_of_others(told, fold) or band,
            actual=fold.actual,
        )
        for fold in told
    ]


def _points(stretches: Sequence[Days], known: Sequence[Occasion]) -> list[Point]:
    names = {o.day: o.name for o in known if o.is_holiday}
    made = []
    for days in stretches:
        lower, upper = days.band.around(days.mean, days.unit, days.closed)
        for n in range(len(days.mean)):
            day = days.first + timedelta(days=n)
            made.append(
                Point(
                    date=day,
                    mean=float(days.mean[n]),
                    lower=float(lower[n]),
                    upper=float(upper[n]),
                    actual=None if days.actual is None else float(days.actual[n]),
                    is_holiday=day in names,
                    holiday_name=names.get(day),
                    is_closed=bool(days.closed[n]),
                )
            )
    return made


def _outlook(shop: Shop, metric: Metric, model: Model, why: Fallback | None) -> Outlook:
    return Outlook(
        location_id=shop.location_id,
        metric=metric,
        unit="bookings" if metric is Metric.BOOKINGS else shop.currency_code,
        time_zone=shop.time_zone,
        trained_through=shop.today - timedelta(days=1),
        model_used=model,
        fallback_reason=why,
        scores=None,
        points=[],
    )
