"""The same service again and again.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    guard,
    index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = ("booking_series", "series_occurrences")


def upgrade() -> None:
    tenant_table(
        "booking_series",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("service_id", Key, nullable=False),
        sa.Column("rule", Key, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("skips_closed_days", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        refers("booking_series", "location_id", "locations"),
        refers("booking_series", "provider_id", "providers"),
        refers("booking_series", "customer_id", "customers"),
        refers("booking_series", "service_id", "services"),
        check("booking_series", "minute", "minute BETWEEN 0 AND 1439"),
    )
    index("booking_series", "organization_id", "customer_id", "created_at", "id")
    tenant_table(
        "series_occurrences",
        sa.Column("series_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("code", Key),
        sa.Column("booking_id", Key),
        refers("series_occurrences", "series_id", "booking_series"),
        refers("series_occurrences", "location_id", "locations"),
        refers("series_occurrences", "booking_id", "bookings"),
        unique("series_occurrences", "number", "series_id", "number"),
        unique("series_occurrences", "booking", "booking_id"),
        check("series_occurrences", "number", "number BETWEEN 0 AND 103"),
        check("series_occurrences", "status", "status IN ('BOOKED', 'CONFLICT', 'SKIPPED')"),
        check("series_occurrences", "booked", "(status = 'BOOKED') = (booking_id IS NOT NULL)"),
        check("series_occurrences", "conflict", "(status = 'CONFLICT') = (code IS NOT NULL)"),
    )
    for table in TABLES:
        guard(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
