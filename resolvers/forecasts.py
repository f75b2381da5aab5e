"""Forecasts of demand, in the graph."""

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import strawberry
from sqlalchemy import Row
from strawberry import argument

from barberpro.domains.forecasts import service
from barberpro.graph.context import Context, gathered
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched
from barberpro.graph.types import enumeration, extends, value

from .locations import Location

FURTHEST_BACK = 90
FARTHEST_ZONE = timedelta(hours=14)  # no zone is further from UTC
DEFINITION = "100 - WAPE: 100 percent less the sum of absolute errors as a percentage of what came"


Horizon = Annotated[
    int,
    argument(
        description="How many days from today on, 1 to 90. Accuracy is measured over `backtest.horizonDays`, which is "
        "28, or 7 for a short history; of days further ahead no backtest has measured the interval."
    ),
]
Past = Annotated[
    int,
    argument(
        description="How many days before today to add, 0 to 90, of which the backtest has a forecast."
    ),
]


@enumeration
class ForecastMetric(enum.Enum):
    """What is forecast."""

    BOOKINGS = "BOOKINGS"
    """Bookings that begin on the day, without those cancelled or missed."""
    REVENUE = "REVENUE"
    """What is agreed for those bookings, in major units of the currency, at the prices last agreed for each service.

    Those are the mean of its last three days with a booking in the four weeks up to `trainedThrough`, else the price of
    its last booking. What prices will do is not foretold.
    """


@enumeration
class ForecastGranularity(enum.Enum):
    """What one point stands for."""

    DAY = "DAY"
    """A day on the location's own calendar."""


@enumeration
class ForecastModel(enum.Enum):
    """What a forecast was made by."""

    PROPHET = "PROPHET"
    """Prophet with holidays, closures and what has changed in the last twelve weeks."""
    WEEKDAY_MEAN = "WEEKDAY_MEAN"
    """The mean of each weekday over the last eight weeks."""
    NONE = "NONE"
    """Nothing can be said, and there are no points."""


@enumeration
class ForecastFallbackReason(enum.Enum):
    """Why a forecast was not made by Prophet."""

    SHORT_HISTORY = "SHORT_HISTORY"
    """Fewer than twelve weeks since the first booking, or too few open days in them."""
    PROPHET_DID_WORSE = "PROPHET_DID_WORSE"
    """In the backtest Prophet erred more than a tenth more than the weekday mean."""
    PROPHET_FAILED = "PROPHET_FAILED"
    """Prophet broke off on this history, or what it said was no number of bookings."""
    TOO_LITTLE_HISTORY = "TOO_LITTLE_HISTORY"
    """No booking yet, or fewer than two weeks since the first."""
    NO_RECENT_BOOKINGS = "NO_RECENT_BOOKINGS"
    """Nothing took place in the last four weeks."""
    LOCATION_CLOSED = "LOCATION_CLOSED"
    """The location takes no bookings."""


@value
class ForecastPoint:
    """One day."""

    date: date
    """The day, on the location's calendar."""
    mean: float
    """What is expected; of a past day, what was expected by a forecast that did not know it."""
    lower: float
    """The lower end of the 80 % interval, 0 on a closed day.

    Of a past day the interval is made of the errors from the other origins; with one origin, of its own.
    """
    upper: float
    """The upper end of the 80 % interval, 0 on a closed day; made as the lower end is."""
    actual: float | None
    """What came; null from today on, and of days that the model has not seen."""
    is_holiday: bool
    """Whether it is a public holiday in the location's province."""
    holiday_name: str | None
    """The holiday's name in Spanish."""
    is_closed: bool
    """Whether the location is closed, by its opening hours or by its habit on this holiday.

    One that states no opening hours counts as open every day.
    """


@value
class ForecastAccuracy:
    """One number for how good a forecast is, and what it means."""

    definition: str
    """How the value is reckoned."""
    level: str
    """Over what it is reckoned: single days of this location, how far ahead, from how many origins."""
    value: float
    """Percent; 100 is perfect, and below zero is worse than forecasting nothing."""


@value
class ForecastBacktest:
    """How well the same model did from past origins, knowing only the days before each. Closed days do not count."""

    horizon_days: int
    """How many days ahead each origin looked: 28, or 7 for a short history."""
    origins: int
    """From how many origins."""
    mase: float | None
    """Mean absolute error, by that of taking the same day a week before; null where that is zero."""
    wape: float | None
    """Sum of absolute errors, by the sum of what came; null where nothing came."""
    smape: float | None
    """Mean of 2|error| / (|actual| + |forecast|), from 0 to 2."""
    bias: float | None
    """Sum of forecast minus actual, by the sum of what came: above zero the model foretold too much."""
    coverage80: float | None
    """The part of days that lay within the 80 % interval; null with one origin, which has no other to be judged by."""
    vs_seasonal_naive: float | None
    """Mean absolute error, by that of repeating the last week: below 1 the model is better."""


@value
class Forecast:
    """Demand at a location, a day at a time."""

    metric: ForecastMetric
    """What is forecast."""
    granularity: ForecastGranularity
    """What one point stands for."""
    unit: str
    """What the values count: `bookings`, or the currency whose major units they are.

    That is the one of most bookings of the last four weeks; what is agreed in others does not count as revenue.
    """
    model_version: strawberry.ID
    """The version of the model, for comparing answers."""
    trained_through: date
    """The last day that the model knows."""
    model_used: ForecastModel
    """What made the forecast."""
    fallback_reason: ForecastFallbackReason | None
    """Why it was not Prophet; null where it was."""
    points: list[ForecastPoint]
    """The days in order."""
    accuracy: ForecastAccuracy | None
    """How good forecasts like this one were; null where the history is too short to say."""
    backtest: ForecastBacktest | None
    """The same in full."""


@dataclass(frozen=True)
class Accuracy:
    """A ForecastAccuracy."""

    definition: str
    level: str
    value: float


@dataclass(frozen=True)
class Told:
    """A Forecast: a row of summary, and its points."""

    summary: Row[Any]
    points: Sequence[Row[Any]]
    granularity: str = ForecastGranularity.DAY.value

    def __getattr__(self, name: str) -> Any:
        return getattr(self.summary, name)

    @property
    def model_version(self) -> str:
        return self.summary.model_version_id

    @property
    def backtest(self) -> Row[Any] | None:
        return None if self.summary.origins is None else self.summary

    @property
    def accuracy(self) -> Accuracy | None:
        known = self.summary
        if known.wape is None:
            return None
        level = f"location-day over {known.horizon_days} days, {known.origins} origins"
        return Accuracy(DEFINITION, level, 100 * (1 - known.wape))


async def forecast(
    parents: Sequence[Any],
    context: Context,
    metric: Annotated[ForecastMetric, argument(description="What is forecast.")],
    horizon_days: Horizon = 28,
    past_days: Past = 0,
) -> list[Told | None]:
    """Demand from today on, on the location's own calendar; null where no model has been trained for it yet."""
    _check("horizonDays", horizon_days, 1, service.FURTHEST_DAYS)
    _check("pastDays", past_days, 0, FURTHEST_BACK)
    now = context.clock()
    asked = {"metric": metric.value, "locations": sorted({p.id for p in parents})}
    days = {
        "first": (now - FARTHEST_ZONE).date() - timedelta(days=past_days),
        "end": (now + FARTHEST_ZONE).date() + timedelta(days=horizon_days),
    }
    summaries, points = await gathered(
        context.rows(service.summaries(), asked), context.rows(service.points(), asked | days)
    )
    by_location: dict[str, list[Row[Any]]] = defaultdict(list)
    for point in points:
        by_location[point.location_id].append(point)
    told: dict[str, Told] = {}
    for summary in summaries:
        today = now.astimezone(ZoneInfo(summary.time_zone)).date()
        first, end = today - timedelta(days=past_days), today + timedelta(days=horizon_days)
        told[summary.location_id] = Told(
            summary,
            [
                point
                for point in by_location[summary.location_id]
                # The two statements may see two versions, if one is put into use between them.
                if point.model_version_id == summary.model_version_id and first <= point.date < end
            ],
        )
    return [told.get(parent.id) for parent in parents]


def _check(argument: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        raise BadInput(f"`forecast({argument}:)` must be from {least} to {most}; it is {given}.")


@extends(Location)
class LocationForecasts:
    forecast: Forecast | None = batched(forecast, cost=20, scope="forecasts:read")
