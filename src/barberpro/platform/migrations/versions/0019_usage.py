"""Which client ran which operations, and what they ask for.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import guard, index, tenant_table, unique
from barberpro.platform.tables import Document, Instant, Key

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "usage_shapes",
        sa.Column("digest", Key, nullable=False),
        sa.Column("operation", Key),
        sa.Column("coordinates", Document, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        unique("usage_shapes", "digest", "digest"),
    )
    tenant_table(
        "usage_days",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("digest", Key, nullable=False),
        sa.Column("document_id", Key, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("cost", sa.BigInteger, nullable=False),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_usage_days_client_id"),
        unique("usage_days", "date", "date", "client_id", "digest", "document_id"),
    )
    for table in ("usage_shapes", "usage_days"):
        index(table, "last_seen_at")
        guard(table)


def downgrade() -> None:
    op.drop_table("usage_days")
    op.drop_table("usage_shapes")
