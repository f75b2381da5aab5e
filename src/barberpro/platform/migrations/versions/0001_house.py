"""The house: organizations and their clients, shops, people, services, bookings; events.

That nobody is booked twice is a rule of the database itself, over `starts_at` to `free_at`
(half-open), for the statuses that occupy a provider and a chair: exclusion constraints on
PostgreSQL, triggers on SQLite. A later migration that lets SQLite rebuild `bookings` loses the
triggers and must make them again; the drift check tells.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    index,
    of_organization,
    partial_index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Document, Instant, Key

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OCCUPYING = "('CONFIRMED', 'CHECKED_IN', 'COMPLETED')"
OPEN = "done_at IS NULL AND dead_at IS NULL"
HELD = {"provider": "provider_id", "chair": "chair_id"}  # in one booking at a time


def upgrade() -> None:
    _organizations()
    _events()
    _locations()
    _people()
    _bookings()
    if op.get_bind().dialect.name == "postgresql":
        _exclude_overlaps()
    else:
        _refuse_overlaps()


def _organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    op.create_table(
        "clients",
        sa.Column("id", Key, nullable=False),
        sa.Column("organization_id", Key, nullable=False),
        sa.Column("name", Key, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("locations", Document),
        sa.Column("registered_only", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.UniqueConstraint("name", name="uq_clients_name"),
        of_organization("clients"),
        check("clients", "name_length", "length(name) BETWEEN 2 AND 64"),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", Key, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("algorithm", Key, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
        sa.UniqueConstraint("generation", name="uq_signing_keys_generation"),
    )


def _events() -> None:
    tenant_table(
        "events",
        sa.Column("type", Key, nullable=False),
        sa.Column("subject", Key, nullable=False),
        sa.Column("data", Document, nullable=False),
        sa.Column("client", Key, nullable=False),
        sa.Column("actor", Key, nullable=False),
        sa.Column("request_id", Key, nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.Column("relayed_at", Instant()),
    )
    index("events", "organization_id", "subject", "id")
    partial_index("ix_events_unrelayed", "events", ["id"], "relayed_at IS NULL")
    tenant_table(
        "idempotency_keys",
        sa.Column("client", Key, nullable=False),
        sa.Column("operation", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("fingerprint", Key, nullable=False),
        sa.Column("result", Key),
        sa.Column("created_at", Instant(), nullable=False),
        unique("idempotency_keys", "key", "client", "operation", "key"),
    )
    index("idempotency_keys", "created_at")
    tenant_table(
        "deliveries",
        sa.Column("event_id", Key, nullable=False),
        sa.Column("handler", Key, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant()),
        sa.Column("last_error", sa.Text()),
        sa.Column("done_at", Instant()),
        sa.Column("dead_at", Instant()),
        refers("deliveries", "event_id", "events"),
        unique("deliveries", "handler", "event_id", "handler"),
    )
    partial_index("ix_deliveries_due", "deliveries", ["next_at", "id"], OPEN)
    partial_index("ix_deliveries_done", "deliveries", ["done_at", "id"], "done_at IS NOT NULL")


def _locations() -> None:
    tenant_table(
        "locations",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("province", Key, nullable=False),
        sa.Column("time_zone", Key, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        unique("locations", "name", "name_key"),
    )
    tenant_table(
        "chairs",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("label", Key, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        refers("chairs", "location_id", "locations"),
        unique("chairs", "label", "location_id", "label"),
    )
    tenant_table(
        "opening_hours",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        refers("opening_hours", "location_id", "locations"),
        check("opening_hours", "weekday", "weekday BETWEEN 1 AND 7"),
        check(
            "opening_hours",
            "span",
            "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440",
        ),
        unique("opening_hours", "span", "location_id", "weekday", "opens_minute"),
    )
    tenant_table(
        "services",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        check("services", "duration", "duration_minutes BETWEEN 5 AND 720"),
        check("services", "buffer", "buffer_minutes BETWEEN 0 AND 240"),
        check("services", "price", "price_minor >= 0"),
        unique("services", "name", "name_key"),
    )


def _people() -> None:
    tenant_table(
        "providers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
    )
    index("providers", "organization_id", "name_key", "id")
    tenant_table(
        "provider_locations",
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        refers("provider_locations", "provider_id", "providers"),
        refers("provider_locations", "location_id", "locations"),
        unique("provider_locations", "pair", "provider_id", "location_id"),
    )
    index("provider_locations", "organization_id", "location_id", "provider_id")
    tenant_table(
        "customers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("home_location_id", Key),
        sa.Column("created_at", Instant(), nullable=False),
        refers("customers", "home_location_id", "locations"),
    )
    index("customers", "organization_id", "name_key", "id")
    tenant_table(
        "visits",
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        refers("visits", "customer_id", "customers"),
        refers("visits", "location_id", "locations"),
        unique("visits", "booking", "booking_id"),
    )
    index("visits", "organization_id", "customer_id", "ended_at")


def _bookings() -> None:
    tenant_table(
        "bookings",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("chair_id", Key, nullable=False),
        sa.Column("customer_id", Key, nullable=False),
        sa.Column("service_id", Key, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("channel", Key, nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("free_at", Instant(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("is_first_visit", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        refers("bookings", "location_id", "locations"),
        refers("bookings", "provider_id", "providers"),
        refers("bookings", "chair_id", "chairs"),
        refers("bookings", "customer_id", "customers"),
        refers("bookings", "service_id", "services"),
        check("bookings", "span", "starts_at < ends_at AND ends_at <= free_at"),
        check(
            "bookings",
            "status",
            "status IN ('CONFIRMED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW')",
        ),
    )
    index("bookings", "organization_id", "starts_at", "id")
    index("bookings", "organization_id", "created_at", "id")
    for column in ("location_id", "provider_id", "chair_id", "customer_id"):
        index("bookings", "organization_id", column, "starts_at", "id")
    tenant_table(
        "booking_changes",
        sa.Column("booking_id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("from_status", Key),
        sa.Column("to_status", Key, nullable=False),
        sa.Column("from_starts_at", Instant()),
        sa.Column("to_starts_at", Instant(), nullable=False),
        sa.Column("from_provider_id", Key),
        sa.Column("to_provider_id", Key, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_by", Key, nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        refers("booking_changes", "booking_id", "bookings"),
    )
    index("booking_changes", "organization_id", "booking_id", "id")


def _exclude_overlaps() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for held, column in HELD.items():
        op.execute(
            f"ALTER TABLE bookings ADD CONSTRAINT bookings_{held}_overlap EXCLUDE USING gist"
            f" ({column} WITH =, tstzrange(starts_at, free_at) WITH &&)"
            f" WHERE (status IN {OCCUPYING})"
        )


def _refuse_overlaps() -> None:
    """Writers on SQLite are one at a time, so what a trigger sees cannot change before the commit.

    As no two bookings overlap yet, the last one to begin before is also the last to end: one step
    back along the index tells, however long the history is.
    """
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
