"""The shape of a service: a gap in the middle, in which the provider is free and the chair is not.

That nobody is booked twice stays the database's own rule. On PostgreSQL a provider is kept for a multirange, the
parts of a booking before and after its gap, and no two of one provider's may share an instant: GiST indexes the range
that spans it and looks at the parts of what it finds. On SQLite the triggers ask it of whatever overlaps as a whole.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import partial_index
from barberpro.platform.tables import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OCCUPYING = "('HELD', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED')"
SERVICE_GAP = (
    "gap_minutes = 0 AND gap_after_minutes = 0 OR gap_minutes >= 5 AND gap_after_minutes >= 5"
    " AND gap_after_minutes + gap_minutes <= duration_minutes - 5"
)
BOOKING_GAP = (
    "gap_starts_at IS NULL AND gap_ends_at IS NULL"
    " OR gap_starts_at IS NOT NULL AND gap_ends_at IS NOT NULL"
    " AND starts_at < gap_starts_at AND gap_starts_at < gap_ends_at AND gap_ends_at < ends_at"
)
PARTS = (
    "tstzmultirange(tstzrange(starts_at, coalesce(gap_starts_at, free_at)),"
    " tstzrange(coalesce(gap_ends_at, free_at), free_at))"
)
INTERLOCKING = (
    "ifnull("
    "(NEW.gap_starts_at <= starts_at AND free_at <= NEW.gap_ends_at)"
    " OR (gap_starts_at <= NEW.starts_at AND NEW.free_at <= gap_ends_at)"
    " OR (NEW.gap_starts_at <= starts_at AND gap_starts_at <= NEW.gap_ends_at"
    " AND NEW.free_at <= gap_ends_at)"
    " OR (gap_starts_at <= NEW.starts_at AND NEW.gap_starts_at <= gap_ends_at"
    " AND free_at <= NEW.gap_ends_at), 0)"
)
"""As the agenda of bookings has it: though they overlap as a whole, no part of one meets a part of the other."""


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("services") as services:
        for name in ("gap_after_minutes", "gap_minutes"):
            services.add_column(
                sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
            )
        services.create_check_constraint(op.f("ck_services_gap"), sa.text(SERVICE_GAP))
    # SQLite copies the table to change a rule of it, and the triggers go with the old one.
    with op.batch_alter_table("bookings") as bookings:
        bookings.add_column(sa.Column("gap_starts_at", Instant))
        bookings.add_column(sa.Column("gap_ends_at", Instant))
        bookings.create_check_constraint(op.f("ck_bookings_gap"), sa.text(BOOKING_GAP))
    partial_index(
        "ix_bookings_gap",
        "bookings",
        ["organization_id", "provider_id", "free_at"],
        "gap_starts_at IS NOT NULL",
    )
    if is_postgresql:
        _exclude()
    else:
        _refuse("chair", "chair_id", "starts_at, free_at", _whole("chair_id"))
        columns = "starts_at, free_at, gap_starts_at, gap_ends_at"
        _refuse("provider", "provider_id", columns, _parts("provider_id"))


def _exclude() -> None:
    op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_provider_overlap")
    op.execute(
        "ALTER TABLE bookings ADD CONSTRAINT bookings_provider_overlap EXCLUDE USING gist"
        f" (provider_id WITH =, {PARTS} WITH &&) WHERE (status IN {OCCUPYING})"
    )


def _others(column: str) -> str:
    return (
        f"FROM bookings WHERE organization_id = NEW.organization_id AND {column} = NEW.{column}"
        f" AND status IN {OCCUPYING} AND id <> NEW.id"
    )


def _whole(column: str) -> str:
    """As the first migration has it: the last one to begin before is also the last to end."""
    others = _others(column)
    return (
        f"EXISTS (SELECT 1 {others} AND starts_at >= NEW.starts_at AND starts_at < NEW.free_at)"
        f" OR NEW.starts_at < (SELECT free_at {others} AND starts_at < NEW.starts_at"
        " ORDER BY starts_at DESC LIMIT 1)"
    )


def _parts(column: str) -> str:
    """Of those that began before, the last, and those with gaps.

    One without a gap that is not the last is over: else the last began while it kept the provider. So the last
    step back along one index, and those with gaps that are not over along another, are all there is to look at.
    """
    others = _others(column)
    return (
        f"EXISTS (SELECT 1 {others} AND starts_at >= NEW.starts_at"  # noqa: S608 - names of ours
        " AND starts_at < NEW.free_at"
        f" AND NOT {INTERLOCKING})"
        f" OR EXISTS (SELECT 1 FROM (SELECT starts_at, free_at, gap_starts_at, gap_ends_at {others}"
        " AND starts_at < NEW.starts_at ORDER BY starts_at DESC LIMIT 1)"
        f" WHERE free_at > NEW.starts_at AND NOT {INTERLOCKING})"
        f" OR EXISTS (SELECT 1 {others} AND gap_starts_at IS NOT NULL AND free_at > NEW.starts_at"
        f" AND starts_at < NEW.starts_at AND NOT {INTERLOCKING})"
    )


def _refuse(held: str, column: str, columns: str, overlaps: str) -> None:
    for name, verb in {"made": "INSERT", "moved": f"UPDATE OF {columns}, {column}, status"}.items():
        op.execute(
            f"CREATE TRIGGER bookings_{held}_overlap_{name} BEFORE {verb} ON bookings"
            f" WHEN NEW.status IN {OCCUPYING} AND ({overlaps})"
            f" BEGIN SELECT RAISE(ABORT, 'bookings_{held}_overlap'); END"
        )
