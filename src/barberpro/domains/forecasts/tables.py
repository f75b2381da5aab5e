"""Tables of what is forecast: a point for each day, and for each series what made it and how well that did before.

Figures here are estimates, so they are floats; money that somebody owes stands elsewhere, in integers.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)

from barberpro.platform.tables import AtLocation, Key, Refers, tenant_table

METRICS = "metric IN ('BOOKINGS', 'REVENUE')"

forecast_points = tenant_table(
    "forecast_points",
    "fpt",
    Refers("model_version_id", "model_versions"),
    Refers("location_id", "locations"),
    Column("metric", Key, nullable=False),
    Column("date", Date, nullable=False),  # on the location's calendar
    Column("mean", Float, nullable=False),
    Column("lower", Float, nullable=False),
    Column("upper", Float, nullable=False),
    Column("actual", Float),  # of the days that the backtest forecast
    Column("is_holiday", Boolean, nullable=False),
    Column("holiday_name", Text),
    Column("is_closed", Boolean, nullable=False),
    CheckConstraint(METRICS, name="metric"),
    CheckConstraint("lower >= 0 AND lower <= mean AND mean <= upper", name="band"),
    rows=(AtLocation(),),
)
p = forecast_points.c
Index(
    "uq_forecast_points_day",
    p.organization_id,
    p.model_version_id,
    p.location_id,
    p.metric,
    p.date,
    unique=True,
)

forecast_summaries = tenant_table(
    "forecast_summaries",
    "fsm",
    Refers("model_version_id", "model_versions"),
    Refers("location_id", "locations"),
    Column("metric", Key, nullable=False),
    Column("unit", Key, nullable=False),  # `bookings`, or the currency whose major units are meant
    Column("time_zone", Key, nullable=False),  # whose calendar the days are of
    Column("trained_through", Date, nullable=False),
    Column("model_used", Key, nullable=False),
    Column("fallback_reason", Key),
    # What the backtest found; null where the history is too short for one, or a measure has no value.
    Column("horizon_days", Integer),
    Column("origins", Integer),
    Column("mase", Float),
    Column("wape", Float),
    Column("smape", Float),
    Column("bias", Float),
    Column("coverage80", Float),
    Column("vs_seasonal_naive", Float),
    CheckConstraint(METRICS, name="metric"),
    CheckConstraint("(horizon_days IS NULL) = (origins IS NULL)", name="backtest"),
    UniqueConstraint(
        "organization_id",
        "model_version_id",
        "location_id",
        "metric",
        name="uq_forecast_summaries_series",
    ),
    rows=(AtLocation(),),
)
