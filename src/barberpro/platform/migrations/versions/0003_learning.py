"""Ratings of bookings, and versions of what is learned from them.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa

from barberpro.platform.migrations.building import (
    check,
    index,
    partial_index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Document, Instant, Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "ratings",
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("rated_at", Instant(), nullable=False),
        refers("ratings", "booking_id", "bookings"),
        unique("ratings", "booking", "booking_id"),
        check("ratings", "score", "score BETWEEN 1 AND 5"),
    )
    tenant_table(
        "model_versions",
        sa.Column("kind", Key, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("data_hash", Key),
        sa.Column("trained_through", Instant()),
        sa.Column("metrics", Document, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        check("model_versions", "status", "status IN ('TRAINING', 'ACTIVE', 'RETIRED', 'FAILED')"),
        check(
            "model_versions",
            "trained",
            "status NOT IN ('ACTIVE', 'RETIRED') OR trained_through IS NOT NULL",
        ),
    )
    index("model_versions", "organization_id", "kind", "started_at", "id")
    partial_index(
        "uq_model_versions_active",
        "model_versions",
        ["organization_id", "kind"],
        "status = 'ACTIVE'",
        unique=True,
    )
