"""Plans of a day that wait for consent.

Revision ID: 0016
Revises: 0015
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
from barberpro.platform.tables import Document, Instant, Key

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    numbers = (
        "requests",
        "accepted",
        "greedy_accepted",
        "shift_minutes",
        "taken_minutes",
        "greedy_minutes",
        "bound_minutes",
    )
    tenant_table(
        "plans",
        sa.Column("status", Key, nullable=False),
        sa.Column("instance", Document, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("leased_until", Instant),
        *(sa.Column(name, sa.Integer, nullable=False) for name in numbers),
        sa.Column("created_at", Instant, nullable=False),
        check("plans", "status", "status IN ('IMPROVING', 'PROPOSED', 'APPLIED', 'CANCELLED')"),
        check("plans", "progress", "progress BETWEEN 0 AND 100"),
    )
    index("plans", "status", "created_at")
    tenant_table(
        "plan_items",
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("place_in_plan", sa.Integer, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("service_id", Key, nullable=False),
        sa.Column("location_id", Key),
        sa.Column("provider_id", Key),
        sa.Column("chair_id", Key),
        sa.Column("starts_at", Instant),
        sa.Column("breaks", Document, nullable=False),
        sa.Column("booking_id", Key),
        refers("plan_items", "plan_id", "plans"),
        refers("plan_items", "customer_id", "customers"),
        refers("plan_items", "service_id", "services"),
        refers("plan_items", "location_id", "locations"),
        refers("plan_items", "provider_id", "providers"),
        refers("plan_items", "chair_id", "chairs"),
        refers("plan_items", "booking_id", "bookings"),
        unique("plan_items", "place", "plan_id", "place_in_plan"),
    )
    for table in ("plans", "plan_items"):
        guard(table)


def downgrade() -> None:
    op.drop_table("plan_items")
    op.drop_table("plans")
