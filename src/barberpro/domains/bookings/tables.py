"""Tables of bookings and of every change made to them.

That nobody is booked twice is the database's own rule on both engines (see the first migration): exclusion
constraints on PostgreSQL, triggers under BEGIN IMMEDIATE on SQLite, over `taken_from` to `free_at` of provider and
of chair, for the statuses that occupy them. In a gap the chair is kept and the provider is not (migration 0021).
That no buffer is longer than the catalogue allows bounds by how much `taken_from` is before `starts_at`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    UniqueConstraint,
)

from barberpro.platform.sealing.rows import SealedRows
from barberpro.platform.sealing.tables import Sealed
from barberpro.platform.tables import (
    AtLocation,
    Document,
    Instant,
    Key,
    Linked,
    Refers,
    tenant_table,
)

bookings = tenant_table(
    "bookings",
    "bkg",
    Refers("location_id", "locations"),
    Refers("provider_id", "providers"),
    Refers("chair_id", "chairs"),
    Refers("customer_id", "customers"),
    Refers("service_id", "services"),
    Column("status", Key, nullable=False),
    Column("channel", Key, nullable=False),
    Column("taken_from", Instant, nullable=False),  # starts_at, less the service's buffer before it
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column(
        "free_at", Instant, nullable=False
    ),  # ends_at and the service's buffer: when the next may begin
    Column("gap_starts_at", Instant),  # its provider is free from then on
    Column("gap_ends_at", Instant),  # until then
    Column("duration_minutes", Integer, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency_code", Key, nullable=False),
    Column("is_first_visit", Boolean, nullable=False),
    Column("notes", Sealed()),
    Column("created_at", Instant, nullable=False),
    Column("held_until", Instant),  # of a hold, and of what became of it if it was not confirmed
    Refers(
        "policy_id", "policies", nullable=True
    ),  # the terms it was made under, if any were published
    Refers("invoice_id", "invoices", nullable=True),  # the one valid invoice that bills it
    CheckConstraint(
        "taken_from <= starts_at AND starts_at < ends_at AND ends_at <= free_at", name="span"
    ),
    CheckConstraint(
        "gap_starts_at IS NULL AND gap_ends_at IS NULL"
        " OR gap_starts_at IS NOT NULL AND gap_ends_at IS NOT NULL"
        " AND starts_at < gap_starts_at AND gap_starts_at < gap_ends_at AND gap_ends_at < ends_at",
        name="gap",
    ),
    CheckConstraint(
        "status IN ('HELD', 'CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW',"
        " 'RELEASED', 'EXPIRED')",
        name="status",
    ),
    CheckConstraint(
        "(status IN ('HELD', 'RELEASED', 'EXPIRED')) = (held_until IS NOT NULL)", name="held"
    ),
    rows=(AtLocation(),),
)
b = bookings.c
Index(None, b.organization_id, b.starts_at, b.id)
Index(None, b.organization_id, b.created_at, b.id)
Index(None, b.organization_id, b.location_id, b.starts_at, b.id)
Index(None, b.organization_id, b.provider_id, b.starts_at, b.id)
Index(None, b.organization_id, b.chair_id, b.starts_at, b.id)
Index(None, b.organization_id, b.customer_id, b.starts_at, b.id)
Index(None, b.organization_id, b.invoice_id)
Index(
    "ix_bookings_held",
    b.organization_id,
    b.held_until,
    postgresql_where=b.status == "HELD",
    sqlite_where=b.status == "HELD",
)
Index(
    "ix_bookings_gap",
    b.organization_id,
    b.provider_id,
    b.free_at,
    postgresql_where=b.gap_starts_at.is_not(None),
    sqlite_where=b.gap_starts_at.is_not(None),
)

# Never changed: who wants other terms publishes the next version.
policies = tenant_table(
    "policies",
    "pol",
    Column("version", Integer, nullable=False),
    Column("notice_minutes", Integer, nullable=False),
    Column("late_fee_bps", Integer, nullable=False),
    Column("no_show_fee_bps", Integer, nullable=False),
    Column("deposit_bps", Integer, nullable=False),
    Column("published_by", Key, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "version", name="uq_policies_version"),
    CheckConstraint("notice_minutes BETWEEN 0 AND 43200", name="notice"),
    CheckConstraint(
        "late_fee_bps BETWEEN 0 AND 10000 AND no_show_fee_bps BETWEEN 0 AND 10000"
        " AND deposit_bps BETWEEN 0 AND 10000",
        name="rates",
    ),
)

booking_charges = tenant_table(
    "booking_charges",
    "chg",
    Refers("booking_id", "bookings"),
    Column("kind", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency_code", Key, nullable=False),
    Column("charged_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "booking_id", "kind", name="uq_booking_charges_kind"),
    CheckConstraint("amount_minor > 0", name="amount"),
    rows=(Linked("bookings", key="id", column="booking_id"),),
)

booking_changes = tenant_table(
    "booking_changes",
    "bch",
    Refers("booking_id", "bookings"),
    Column("kind", Key, nullable=False),
    Column("from_status", Key),
    Column("to_status", Key, nullable=False),
    Column("from_starts_at", Instant),
    Column("to_starts_at", Instant, nullable=False),
    Column("from_provider_id", Key),
    Column("to_provider_id", Key, nullable=False),
    Column("reason", Sealed()),
    Column("changed_by", Key, nullable=False),
    Column("changed_at", Instant, nullable=False),
    rows=(Linked("bookings", key="id", column="booking_id"),),
)
Index(None, booking_changes.c.organization_id, booking_changes.c.booking_id, booking_changes.c.id)

# What is said of a customer goes with the customer.
NOTES = SealedRows(bookings, parent=b.id, subject=b.customer_id)
REASONS = SealedRows(
    booking_changes,
    parent=booking_changes.c.id,
    subject=b.customer_id,
    via=(bookings, b.id == booking_changes.c.booking_id),
)

ratings = tenant_table(
    "ratings",
    "rat",
    Refers("booking_id", "bookings"),
    Column("score", Integer, nullable=False),
    Column("rated_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "booking_id", name="uq_ratings_booking"),
    CheckConstraint("score BETWEEN 1 AND 5", name="score"),
    rows=(Linked("bookings", key="id", column="booking_id"),),
)

plans = tenant_table(
    "plans",
    "pln",
    Column("status", Key, nullable=False),
    Column("instance", Document, nullable=False),  # what was planned, as `planning.instance` has it
    Column("seconds", Integer, nullable=False),  # for which it is improved
    Column("seed", Integer, nullable=False),
    Column("progress", Integer, nullable=False),  # of 100
    Column("leased_until", Instant),  # by the worker that improves it
    Column("requests", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("greedy_accepted", Integer, nullable=False),
    Column("shift_minutes", Integer, nullable=False),
    Column("taken_minutes", Integer, nullable=False),
    Column("greedy_minutes", Integer, nullable=False),
    Column("bound_minutes", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("status IN ('IMPROVING', 'PROPOSED', 'APPLIED', 'CANCELLED')", name="status"),
    CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    rows=(Linked("plan_items", key="plan_id"),),
)
Index(None, plans.c.status, plans.c.created_at)

plan_items = tenant_table(
    "plan_items",
    "pli",
    Refers("plan_id", "plans"),
    Column("place_in_plan", Integer, nullable=False),  # the request's, in the order given
    Refers("customer_id", "customers"),
    Refers("service_id", "services"),
    Refers("location_id", "locations", nullable=True),
    Refers("provider_id", "providers", nullable=True),
    Refers("chair_id", "chairs", nullable=True),  # none where it has no place
    Column("starts_at", Instant),
    Column("breaks", Document, nullable=False),  # the rules against it, where it has no place
    Refers("booking_id", "bookings", nullable=True),
    UniqueConstraint("organization_id", "plan_id", "place_in_plan", name="uq_plan_items_place"),
    rows=(AtLocation(),),
)
