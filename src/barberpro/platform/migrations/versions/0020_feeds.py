"""Calendar feeds.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import check, guard, refers, tenant_table, unique
from barberpro.platform.tables import Document, Instant, Key

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "calendar_feeds",
        sa.Column("location_id", Key),
        sa.Column("provider_id", Key),
        sa.Column("names", Key, nullable=False),
        sa.Column("locations", Document),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("opened_by", Key, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("closed_at", Instant),
        refers("calendar_feeds", "location_id", "locations"),
        refers("calendar_feeds", "provider_id", "providers"),
        unique("calendar_feeds", "secret", "secret_hash"),
        check("calendar_feeds", "subject", "(location_id IS NULL) <> (provider_id IS NULL)"),
        check("calendar_feeds", "names", "names IN ('FIRST', 'FULL')"),
    )
    guard("calendar_feeds")


def downgrade() -> None:
    op.drop_table("calendar_feeds")
