"""Holds, policies, and what else a visit goes through.

A place that is held keeps its provider and its chair, so the rules against overlaps look at it as at a booking.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    guard,
    partial_index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OCCUPYING = "('HELD', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED')"
STATUSES = (
    "status IN ('HELD', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW',"
    " 'RELEASED', 'EXPIRED')"
)
HELD = {"provider": "provider_id", "chair": "chair_id"}


def upgrade() -> None:
    _policies()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        for held in HELD:
            op.execute(f"ALTER TABLE bookings DROP CONSTRAINT bookings_{held}_overlap")
    # SQLite copies the table to change a rule of it, and the triggers go with the old one.
    with op.batch_alter_table("bookings") as bookings:
        bookings.add_column(sa.Column("held_until", Instant))
        bookings.add_column(sa.Column("policy_id", Key))
        bookings.create_foreign_key(
            "fk_bookings_organization_id_policy_id",
            "policies",
            ["organization_id", "policy_id"],
            ["organization_id", "id"],
        )
        bookings.drop_constraint(op.f("ck_bookings_status"), type_="check")
        bookings.create_check_constraint(op.f("ck_bookings_status"), sa.text(STATUSES))
        bookings.create_check_constraint(
            op.f("ck_bookings_held"),
            sa.text("(status IN ('HELD', 'RELEASED', 'EXPIRED')) = (held_until IS NOT NULL)"),
        )
    partial_index(
        "ix_bookings_held", "bookings", ["organization_id", "held_until"], "status = 'HELD'"
    )
    if is_postgresql:
        _exclude_overlaps()
    else:
        _refuse_overlaps()
    _charges()


def _policies() -> None:
    tenant_table(
        "policies",
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("notice_minutes", sa.Integer, nullable=False),
        sa.Column("late_fee_bps", sa.Integer, nullable=False),
        sa.Column("no_show_fee_bps", sa.Integer, nullable=False),
        sa.Column("deposit_bps", sa.Integer, nullable=False),
        sa.Column("published_by", Key, nullable=False),
        sa.Column("published_at", Instant, nullable=False),
        unique("policies", "version", "version"),
        check("policies", "notice", "notice_minutes BETWEEN 0 AND 43200"),
        check(
            "policies",
            "rates",
            "late_fee_bps BETWEEN 0 AND 10000 AND no_show_fee_bps BETWEEN 0 AND 10000"
            " AND deposit_bps BETWEEN 0 AND 10000",
        ),
    )
    guard("policies")


def _charges() -> None:
    tenant_table(
        "booking_charges",
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("state", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("charged_at", Instant, nullable=False),
        refers("booking_charges", "booking_id", "bookings"),
        unique("booking_charges", "kind", "booking_id", "kind"),
        check("booking_charges", "amount", "amount_minor > 0"),
    )
    guard("booking_charges")


def _exclude_overlaps() -> None:
    for held, column in HELD.items():
        op.execute(
            f"ALTER TABLE bookings ADD CONSTRAINT bookings_{held}_overlap EXCLUDE USING gist"
            f" ({column} WITH =, tstzrange(starts_at, free_at) WITH &&)"
            f" WHERE (status IN {OCCUPYING})"
        )


def _refuse_overlaps() -> None:
    """As the first migration has it, with what is held."""
    for held, column in HELD.items():
        verbs = {"made": "INSERT", "moved": f"UPDATE OF starts_at, free_at, {column}, status"}
        others = (
            f"FROM bookings WHERE organization_id = NEW.organization_id AND {column} = NEW.{column}"
            f" AND status IN {OCCUPYING} AND id <> NEW.id"
        )
        for name, verb in verbs.items():
            op.execute(
                f"CREATE TRIGGER bookings_{held}_overlap_{name} BEFORE {verb} ON bookings"
                f" WHEN NEW.status IN {OCCUPYING} AND ("
                f" EXISTS (SELECT 1 {others}"
                f" AND starts_at >= NEW.starts_at AND starts_at < NEW.free_at)"
                f" OR NEW.starts_at < (SELECT free_at {others} AND starts_at < NEW.starts_at"
                f" ORDER BY starts_at DESC LIMIT 1))"
                f" BEGIN SELECT RAISE(ABORT, 'bookings_{held}_overlap'); END"
            )
