"""API keys, nonces that were used, what was revoked, and when a signing key begins to sign.

Revision ID: 0009
Revises: 0008
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

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signing_keys", sa.Column("signs_from", Instant))
    op.create_table(
        "revocations",
        sa.Column("subject", Key, nullable=False),
        sa.Column("revoked_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_revocations"),
    )
    index("revocations", "revoked_at")
    op.create_table(
        "used_once",
        sa.Column("digest", Key, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_used_once"),
    )
    index("used_once", "until")
    op.create_table(
        "key_owners",
        sa.Column("id", Key, nullable=False),
        sa.Column("organization_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_owners"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_key_owners_organization_id"
        ),
    )
    tenant_table(
        "keys",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("public_key", Document),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("networks", Document),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("revoked_at", Instant),
        sa.Column("replaces_id", Key),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_keys_client_id"),
        refers("keys", "replaces_id", "keys"),
        unique("keys", "replaces", "replaces_id"),
        check("keys", "kind", "kind IN ('API', 'SIGNATURE')"),
        check("keys", "secret", "(secret_hash IS NULL) = (kind = 'SIGNATURE')"),
        check("keys", "public_key", "(public_key IS NULL) = (kind = 'API')"),
    )
    index("keys", "client_id")
    guard("keys")
    tenant_table(
        "key_uses",
        sa.Column("key_id", Key, nullable=False),
        sa.Column("last_used_at", Instant, nullable=False),
        refers("key_uses", "key_id", "keys"),
        unique("key_uses", "key", "key_id"),
    )
    guard("key_uses")
