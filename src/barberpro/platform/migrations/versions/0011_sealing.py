"""Personal data under a key of each person, under a key of each tenant.

Notes and reasons that stand in the open are not carried along: sealing takes a key that a migration has not. Where
there are any, this stops and says so, and nothing was changed.

A customer's veil is chance that the log's commitments to their row take in; a customer without one was erased. Those
who are older than this step get theirs here, and what the log says of them from now on is veiled. What it said before
is not, and never changes: whoever has the database can try names against those entries, also after an erasure.

Revision ID: 0011
Revises: 0010
"""

from collections.abc import Iterator
from contextlib import contextmanager

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

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CLEAR = (("bookings", "notes"), ("booking_changes", "reason"))
FACTS = ("email", "phone", "document_number", "birth_date", "address", "notes")
FOUND_BY = ("email_index", "phone_index", "document_number_index")
CHANCE = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}


def upgrade() -> None:
    _keys()
    _customers()
    _users()
    for table, column in CLEAR:
        _seal(table, column)
    for table in ("tenant_keys", "subject_keys", "customer_contacts"):
        guard(table)


def _keys() -> None:
    tenant_table(
        "tenant_keys",
        sa.Column("purpose", Key, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        unique("tenant_keys", "generation", "purpose", "generation"),
        check("tenant_keys", "purpose", "purpose IN ('WRAPPING', 'INDEXING')"),
    )
    tenant_table(
        "subject_keys",
        sa.Column("subject_id", Key, nullable=False),
        sa.Column("tenant_key_id", Key),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("destroyed_at", Instant),
        refers("subject_keys", "tenant_key_id", "tenant_keys"),
        unique("subject_keys", "subject", "subject_id"),
        check(
            "subject_keys",
            "destroyed",
            "(sealed IS NULL) = (destroyed_at IS NOT NULL)"
            " AND (tenant_key_id IS NULL) = (destroyed_at IS NOT NULL)",
        ),
    )
    index("subject_keys", "organization_id", "tenant_key_id", "id")


def _customers() -> None:
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("veil", Key))
        customers.add_column(sa.Column("erased_at", Instant))
        customers.create_check_constraint(
            op.f("ck_customers_erased"), "erased_at IS NULL OR veil IS NULL"
        )
    with _seen_by_owner("customers"):
        op.execute(f"UPDATE customers SET veil = {CHANCE[op.get_bind().dialect.name]}")  # noqa: S608
    tenant_table(
        "customer_contacts",
        sa.Column("customer_id", Key, nullable=False),
        *[sa.Column(fact, sa.LargeBinary) for fact in FACTS],
        *[sa.Column(name, sa.LargeBinary) for name in FOUND_BY],
        refers("customer_contacts", "customer_id", "customers"),
        unique("customer_contacts", "customer", "customer_id"),
    )
    for name in FOUND_BY:
        index("customer_contacts", "organization_id", name)


def _users() -> None:
    """Who was erased has no address any more."""
    with op.batch_alter_table("users") as users:
        for name in ("email", "email_index"):
            users.alter_column(name, existing_type=sa.LargeBinary(), nullable=True)
        users.add_column(sa.Column("erased_at", Instant))
        users.create_check_constraint(
            op.f("ck_users_erased"),
            "(erased_at IS NULL) = (email IS NOT NULL)"
            " AND (erased_at IS NULL) = (email_index IS NOT NULL)",
        )


@contextmanager
def _seen_by_owner(table: str) -> Iterator[None]:
    """Let the table's owner, who migrates, see its rows: forced row security would hide all, and what is there."""
    if op.get_bind().dialect.name != "postgresql":
        yield
        return
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _seal(table: str, column: str) -> None:
    """Make room for sealed values in place of open ones, which there must be none of."""
    known = sa.table(table, sa.column(column))
    clear = sa.select(sa.func.count()).select_from(known).where(known.c[column].is_not(None))
    with _seen_by_owner(table):
        found = op.get_bind().execute(clear).scalar_one()
    if found:
        raise RuntimeError(
            f"{found} rows of {table} have {column} in the open: export what is needed, set the column to NULL, "
            "upgrade again, and enter it anew where it must stay"
        )
    op.drop_column(table, column)
    op.add_column(table, sa.Column(column, sa.LargeBinary))
