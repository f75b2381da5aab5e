"""Several bookings, tied together.

Revision ID: 0023
Revises: 0022
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

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("appointments", "appointment_items")


def upgrade() -> None:
    tenant_table(
        "appointments",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        refers("appointments", "location_id", "locations"),
        refers("appointments", "customer_id", "customers"),
    )
    index("appointments", "organization_id", "customer_id", "created_at", "id")
    tenant_table(
        "appointment_items",
        sa.Column("appointment_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("place_in_appointment", sa.Integer, nullable=False),
        sa.Column("guest", sa.Integer, nullable=False),
        refers("appointment_items", "appointment_id", "appointments"),
        refers("appointment_items", "location_id", "locations"),
        refers("appointment_items", "booking_id", "bookings"),
        unique("appointment_items", "place", "appointment_id", "place_in_appointment"),
        unique("appointment_items", "booking", "booking_id"),
        check("appointment_items", "place", "place_in_appointment BETWEEN 0 AND 9"),
        check("appointment_items", "guest", "guest BETWEEN 0 AND 9"),
    )
    for table in TABLES:
        guard(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
