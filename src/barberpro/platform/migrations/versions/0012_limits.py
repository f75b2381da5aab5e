"""Tiers of limits, which clients are in.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.tables import Key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("tier", Key))


def downgrade() -> None:
    op.drop_column("clients", "tier")
