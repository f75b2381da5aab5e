"""Time before a service in which provider and chair are kept: it is part of what nobody else may be booked into.

A booking says from when on they are taken. No two of one chair's share an instant, and none of one provider's parts
does, so by start they stand in the order in which they are taken: whoever is looked at by start has to look at one
neighbour more, and at no index more.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.tables import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OCCUPYING = "('HELD', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED')"
SPAN = "taken_from <= starts_at AND starts_at < ends_at AND ends_at <= free_at"
WHOLE = "tstzrange(taken_from, free_at)"
PARTS = (
    "tstzmultirange(tstzrange(taken_from, coalesce(gap_starts_at, free_at)),"
    " tstzrange(coalesce(gap_ends_at, free_at), free_at))"
)
INTERLOCKING = (
    "ifnull("
    "(NEW.gap_starts_at <= taken_from AND free_at <= NEW.gap_ends_at)"
    " OR (gap_starts_at <= NEW.taken_from AND NEW.free_at <= gap_ends_at)"
    " OR (NEW.gap_starts_at <= taken_from AND gap_starts_at <= NEW.gap_ends_at"
    " AND NEW.free_at <= gap_ends_at)"
    " OR (gap_starts_at <= NEW.taken_from AND NEW.gap_starts_at <= gap_ends_at"
    " AND free_at <= NEW.gap_ends_at), 0)"
)
COLUMNS = "taken_from, free_at, gap_starts_at, gap_ends_at"


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("services") as services:
        services.add_column(
            sa.Column(
                "buffer_before_minutes", sa.Integer, nullable=False, server_default=sa.text("0")
            )
        )
        services.create_check_constraint(
            op.f("ck_services_buffer_before"), sa.text("buffer_before_minutes BETWEEN 0 AND 240")
        )
    op.add_column("bookings", sa.Column("taken_from", Instant))
    if is_postgresql:
        # Row security hides all rows from an UPDATE by their owner, and not from a change of the column's type.
        op.execute("ALTER TABLE bookings ALTER taken_from TYPE timestamptz USING starts_at")
    else:
        op.execute("UPDATE bookings SET taken_from = starts_at")
    # SQLite copies the table to change a rule of it, and the triggers go with the old one.
    with op.batch_alter_table("bookings") as bookings:
        bookings.alter_column("taken_from", existing_type=Instant(), nullable=False)
        bookings.drop_constraint(op.f("ck_bookings_span"), type_="check")
        bookings.create_check_constraint(op.f("ck_bookings_span"), sa.text(SPAN))
    if is_postgresql:
        _exclude("chair", WHOLE)
        _exclude("provider", PARTS)
    else:
        _refuse("chair", "taken_from, free_at", _whole("chair_id"))
        _refuse("provider", COLUMNS, _parts("provider_id"))


def _exclude(held: str, taken: str) -> None:
    op.execute(f"ALTER TABLE bookings DROP CONSTRAINT bookings_{held}_overlap")
    op.execute(
        f"ALTER TABLE bookings ADD CONSTRAINT bookings_{held}_overlap EXCLUDE USING gist"
        f" ({held}_id WITH =, {taken} WITH &&) WHERE (status IN {OCCUPYING})"
    )


def _others(column: str) -> str:
    return (
        f"FROM bookings WHERE organization_id = NEW.organization_id AND {column} = NEW.{column}"
        f" AND status IN {OCCUPYING} AND id <> NEW.id"
    )


def _whole(column: str) -> str:
    """As no two overlap yet, the neighbours tell: the next to start is the first taken, the last the last to end."""
    others = _others(column)
    return (
        f"NEW.free_at > (SELECT taken_from {others} AND starts_at >= NEW.starts_at"
        " ORDER BY starts_at LIMIT 1)"
        f" OR NEW.taken_from < (SELECT free_at {others} AND starts_at < NEW.starts_at"
        " ORDER BY starts_at DESC LIMIT 1)"
    )


def _parts(column: str) -> str:
    """Those that start within, the first to start after, the last to start before, and those with gaps.

    One that starts later than the first after is not taken before that one starts: else they would meet. One without
    a gap that is not the last before is over before the last starts, so if it is in the way, that one is too.
    """
    others = _others(column)
    return (
        f"EXISTS (SELECT 1 {others} AND starts_at >= NEW.starts_at"  # noqa: S608 - names of ours
        " AND starts_at < NEW.free_at"
        f" AND NOT {INTERLOCKING})"
        f" OR EXISTS (SELECT 1 FROM (SELECT {COLUMNS} {others}"
        " AND starts_at >= NEW.free_at ORDER BY starts_at LIMIT 1)"
        f" WHERE taken_from < NEW.free_at AND NOT {INTERLOCKING})"
        f" OR EXISTS (SELECT 1 FROM (SELECT {COLUMNS} {others}"
        " AND starts_at < NEW.starts_at ORDER BY starts_at DESC LIMIT 1)"
        f" WHERE free_at > NEW.taken_from AND NOT {INTERLOCKING})"
        f" OR EXISTS (SELECT 1 {others} AND gap_starts_at IS NOT NULL AND free_at > NEW.taken_from"
        f" AND starts_at < NEW.starts_at AND NOT {INTERLOCKING})"
    )


def _refuse(held: str, columns: str, overlaps: str) -> None:
    verbs = {"made": "INSERT", "moved": f"UPDATE OF starts_at, {columns}, {held}_id, status"}
    for name, verb in verbs.items():
        op.execute(
            f"CREATE TRIGGER bookings_{held}_overlap_{name} BEFORE {verb} ON bookings"
            f" WHEN NEW.status IN {OCCUPYING} AND ({overlaps})"
            f" BEGIN SELECT RAISE(ABORT, 'bookings_{held}_overlap'); END"
        )
