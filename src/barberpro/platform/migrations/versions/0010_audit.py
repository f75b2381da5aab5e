"""The tamper-evident log over all events: leaves, the nodes above them, signed heads; and no event ever changes.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import APPLICATION, RELAY, index, partial_index
from barberpro.platform.tables import Document, Instant, Key

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

EVENT = (
    "id", "organization_id", "type", "subject", "data", "client", "actor", "request_id", "occurred_at",
    "salt", "before", "after", "leaf",
)  # fmt: skip
INSTALLATION_EVENT = ("id", "type", "data", "occurred_at", "salt", "leaf")
LOG = ("audit_leaves", "audit_nodes", "audit_heads")
FOREVER = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
"""


def upgrade() -> None:
    op.add_column("events", sa.Column("position", sa.BigInteger))
    op.create_table(
        "installation_events",
        sa.Column("id", Key, nullable=False),
        sa.Column("type", Key, nullable=False),
        sa.Column("data", Document, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("leaf", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_installation_events"),
    )
    for table in ("events", "installation_events"):
        partial_index(f"ix_{table}_waiting", table, ["id"], "position IS NULL")
    index("events", "organization_id", "occurred_at", "id")
    op.create_table(
        "audit_leaves",
        sa.Column("position", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("entry", Key, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_leaves"),
    )
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_audit_nodes"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_audit_heads"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FOREVER)
        _withhold()
    for table, columns in (("events", EVENT), ("installation_events", INSTALLATION_EVENT)):
        _forbid(table, "changed", f"UPDATE OF {', '.join(columns)}")
        _forbid(table, "moved", "UPDATE OF position", "OLD.position IS NOT NULL")
        _forbid(table, "deleted", "DELETE")
    for table in LOG:
        _forbid(table, "changed", "UPDATE")
        _forbid(table, "deleted", "DELETE")
    for table in ("events", "installation_events", *LOG):
        _forbid_emptying(table)


def _withhold() -> None:
    """What each role needs of the log, and no more."""
    for table in LOG:
        op.execute(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {APPLICATION}")
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {RELAY}")
    op.execute(f"REVOKE SELECT, UPDATE, DELETE ON installation_events FROM {APPLICATION}")
    op.execute(f"REVOKE DELETE ON installation_events FROM {RELAY}")


def _forbid(table: str, name: str, what: str, when: str = "") -> None:
    """Refuse this to every role, the tables' owner too: whoever means harm has to drop the trigger first."""
    head = f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table} FOR EACH ROW"
    head += f" WHEN ({when})" if when else ""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"{head} EXECUTE FUNCTION append_only()")
    else:
        op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def _forbid_emptying(table: str) -> None:
    """TRUNCATE asks no trigger of rows. SQLite has none: what it does for a whole DELETE asks them all."""
    if op.get_bind().dialect.name == "postgresql":
        head = f"CREATE TRIGGER {table}_emptied BEFORE TRUNCATE ON {table}"
        op.execute(f"{head} FOR EACH STATEMENT EXECUTE FUNCTION append_only()")
