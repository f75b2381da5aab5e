"""Documents that clients are registered with, in the database; and how far each client is held to its own.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import check, guard, index, tenant_table, unique
from barberpro.platform.tables import Document, Instant, Key

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _modes()
    tenant_table(
        "documents",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sha256", Key, nullable=False),
        sa.Column("sha1", Key),
        sa.Column("md5", Key),
        sa.Column("status", Key, nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("cost", sa.Integer, nullable=False),
        sa.Column("published_by", Key, nullable=False),
        sa.Column("published_at", Instant, nullable=False),
        sa.Column("reviewed_by", Key),
        sa.Column("reviewed_at", Instant),
        _client("documents"),
        *(unique("documents", digest, "client_id", digest) for digest in ("sha256", "sha1", "md5")),
        check("documents", "status", "status IN ('PENDING', 'ACTIVE', 'REJECTED', 'REVOKED')"),
        check("documents", "review", "(reviewed_by IS NULL) = (reviewed_at IS NULL)"),
    )
    tenant_table(
        "unregistered_documents",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("sha256", Key, nullable=False),
        sa.Column("name", Key),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        _client("unregistered_documents"),
        unique("unregistered_documents", "sha256", "client_id", "sha256"),
    )
    index("unregistered_documents", "last_seen_at")
    for table in ("documents", "unregistered_documents"):
        guard(table)


def _modes() -> None:
    """Clients that were held to their registered documents are so still, and the others are not."""
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("document_mode", Key, nullable=False, server_default="open"))
        clients.create_check_constraint(
            op.f("ck_clients_document_mode"), "document_mode IN ('open', 'log', 'locked')"
        )
    op.execute("UPDATE clients SET document_mode = 'locked' WHERE registered_only")
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("document_mode", server_default=None)
        clients.drop_column("registered_only")


def _client(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=f"fk_{table}_client_id")
