"""What demand is forecast at each location, by version of the model, and how well that did before.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import check, refers, tenant_table, unique
from barberpro.platform.tables import Key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

METRICS = "metric IN ('BOOKINGS', 'REVENUE')"


def upgrade() -> None:
    tenant_table(
        "forecast_points",
        sa.Column("model_version_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("metric", Key, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("upper", sa.Float(), nullable=False),
        sa.Column("actual", sa.Float()),
        sa.Column("is_holiday", sa.Boolean(), nullable=False),
        sa.Column("holiday_name", sa.Text()),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        refers("forecast_points", "model_version_id", "model_versions"),
        refers("forecast_points", "location_id", "locations"),
        check("forecast_points", "metric", METRICS),
        check("forecast_points", "band", "lower >= 0 AND lower <= mean AND mean <= upper"),
    )
    op.create_index(
        "uq_forecast_points_day",
        "forecast_points",
        ["organization_id", "model_version_id", "location_id", "metric", "date"],
        unique=True,
    )
    tenant_table(
        "forecast_summaries",
        sa.Column("model_version_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("metric", Key, nullable=False),
        sa.Column("unit", Key, nullable=False),
        sa.Column("time_zone", Key, nullable=False),
        sa.Column("trained_through", sa.Date(), nullable=False),
        sa.Column("model_used", Key, nullable=False),
        sa.Column("fallback_reason", Key),
        sa.Column("horizon_days", sa.Integer()),
        sa.Column("origins", sa.Integer()),
        *(
            sa.Column(measure, sa.Float())
            for measure in ("mase", "wape", "smape", "bias", "coverage80", "vs_seasonal_naive")
        ),
        refers("forecast_summaries", "model_version_id", "model_versions"),
        refers("forecast_summaries", "location_id", "locations"),
        check("forecast_summaries", "metric", METRICS),
        check("forecast_summaries", "backtest", "(horizon_days IS NULL) = (origins IS NULL)"),
        unique("forecast_summaries", "series", "model_version_id", "location_id", "metric"),
    )
