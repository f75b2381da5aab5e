"""Moves that customers are asked for.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    guard,
    index,
    partial_index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("reshuffle_terms", "reshuffles", "reshuffle_moves")


def upgrade() -> None:
    tenant_table(
        "reshuffle_terms",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("within_minutes", sa.Integer, nullable=False),
        sa.Column("least_minutes", sa.Integer, nullable=False),
        sa.Column("days_ahead", sa.Integer, nullable=False),
        refers("reshuffle_terms", "location_id", "locations"),
        unique("reshuffle_terms", "location", "location_id"),
        check("reshuffle_terms", "within", "within_minutes BETWEEN 5 AND 60"),
        check("reshuffle_terms", "least", "least_minutes BETWEEN 5 AND 720"),
        check("reshuffle_terms", "days", "days_ahead BETWEEN 0 AND 14"),
    )
    statuses = "status IN ('ASKED', 'APPLIED', 'DECLINED', 'WITHDRAWN', 'LAPSED')"
    tenant_table(
        "reshuffles",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("won_minutes", sa.Integer, nullable=False),
        sa.Column("usual_minutes", sa.Integer, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        refers("reshuffles", "location_id", "locations"),
        refers("reshuffles", "provider_id", "providers"),
        check("reshuffles", "status", statuses),
        check("reshuffles", "minutes", "won_minutes > 0 AND usual_minutes > 0"),
    )
    index("reshuffles", "organization_id", "location_id", "date", "id")
    partial_index(
        "ix_reshuffles_asked", "reshuffles", ["organization_id", "expires_at"], "status = 'ASKED'"
    )
    tenant_table(
        "reshuffle_moves",
        sa.Column("reshuffle_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("from_starts_at", Instant, nullable=False),
        sa.Column("to_starts_at", Instant, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("answered_at", Instant),
        refers("reshuffle_moves", "reshuffle_id", "reshuffles"),
        refers("reshuffle_moves", "location_id", "locations"),
        refers("reshuffle_moves", "booking_id", "bookings"),
        refers("reshuffle_moves", "customer_id", "customers"),
        unique("reshuffle_moves", "booking", "reshuffle_id", "booking_id"),
        check("reshuffle_moves", "status", "status IN ('ASKED', 'ACCEPTED', 'DECLINED')"),
        check("reshuffle_moves", "answered", "(status = 'ASKED') = (answered_at IS NULL)"),
    )
    index("reshuffle_moves", "organization_id", "booking_id")
    for table in TABLES:
        guard(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
