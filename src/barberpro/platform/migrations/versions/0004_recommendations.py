"""What is recommended to each customer, by version of the model.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import check, refers, tenant_table
from barberpro.platform.tables import Document, Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tenant_table(
        "recommendations",
        sa.Column("model_version_id", Key, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("service_id", Key, nullable=False),
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("source", Key, nullable=False),
        sa.Column("predicted_rating", sa.Double()),
        sa.Column("companion_id", Key),
        sa.Column("reasons", Document, nullable=False),
        refers("recommendations", "model_version_id", "model_versions"),
        refers("recommendations", "customer_id", "customers"),
        refers("recommendations", "service_id", "services"),
        refers("recommendations", "provider_id", "providers"),
        refers("recommendations", "location_id", "locations"),
        refers("recommendations", "companion_id", "services"),
        check("recommendations", "rank", "rank >= 1"),
        check("recommendations", "confidence", "confidence BETWEEN 0 AND 1"),
        check("recommendations", "source", "source IN ('REPEAT', 'COLLABORATIVE', 'POPULAR')"),
        check("recommendations", "predicted_rating", "predicted_rating BETWEEN 1 AND 5"),
    )
    op.create_index(
        "uq_recommendations_rank",
        "recommendations",
        ["organization_id", "model_version_id", "customer_id", "rank"],
        unique=True,
    )
    tenant_table(
        "popular_services",
        sa.Column("model_version_id", Key, nullable=False),
        sa.Column("location_id", Key),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("service_id", Key, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        refers("popular_services", "model_version_id", "model_versions"),
        refers("popular_services", "location_id", "locations"),
        refers("popular_services", "service_id", "services"),
        check("popular_services", "rank", "rank >= 1"),
    )
    op.create_index(
        "uq_popular_services_rank",
        "popular_services",
        ["organization_id", "model_version_id", "location_id", "rank"],
        unique=True,
    )
