"""What is forecast for locations, and statements to read it by.

Who trains writes (`training`); here is only what callers are told: the rows of the version that is in use.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, select

from barberpro.domains.learning import service as learning
from barberpro.platform.sets import among, key_set

from .tables import forecast_points, forecast_summaries

FURTHEST_DAYS = 90
"""How far ahead is forecast."""


class Metric(StrEnum):
    """What is counted on a day."""

    BOOKINGS = "BOOKINGS"
    REVENUE = "REVENUE"


class Model(StrEnum):
    """What a forecast was made by."""

    PROPHET = "PROPHET"
    WEEKDAY_MEAN = "WEEKDAY_MEAN"
    NONE = "NONE"


class Fallback(StrEnum):
    """Why it was not made by Prophet."""

    SHORT_HISTORY = "SHORT_HISTORY"
    PROPHET_DID_WORSE = "PROPHET_DID_WORSE"
    PROPHET_FAILED = "PROPHET_FAILED"
    TOO_LITTLE_HISTORY = "TOO_LITTLE_HISTORY"
    NO_RECENT_BOOKINGS = "NO_RECENT_BOOKINGS"
    LOCATION_CLOSED = "LOCATION_CLOSED"


s, p = forecast_summaries.c, forecast_points.c
IN_USE = learning.in_use(learning.Kind.DEMAND)
METRIC = bindparam("metric")
LOCATIONS = key_set("locations")

SUMMARIES = select(forecast_summaries).where(
    s.model_version_id == IN_USE, s.metric == METRIC, among(s.location_id, LOCATIONS)
)
POINTS = (
    select(
        p.model_version_id,
        p.location_id,
        p.date,
        p.mean,
        p.lower,
        p.upper,
        p.actual,
        p.is_holiday,
        p.holiday_name,
        p.is_closed,
    )
    .where(
        p.model_version_id == IN_USE,
        p.metric == METRIC,
        among(p.location_id, LOCATIONS),
        p.date >= bindparam("first"),
        p.date < bindparam("end"),
    )
    .order_by(p.location_id, p.date)
)


def summaries() -> Select[*tuple[Any, ...]]:
    """What stands behind the forecasts of `:metric` at `:locations`; none where no model is in use."""
    return SUMMARIES


def points() -> Select[*tuple[Any, ...]]:
    """The days of those forecasts from the date `:first` up to `:end`, in order.

    Days that have an `actual` were forecast by the backtest, from an origin that did not know them. Read beside
    `summaries`, these may be of a version that was put into use between the two: keep those of one version.
    """
    return POINTS
