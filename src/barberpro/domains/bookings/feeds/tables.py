"""The table of calendar feeds."""

from sqlalchemy import CheckConstraint, Column, LargeBinary, UniqueConstraint

from barberpro.platform.tables import (
    AtLocation,
    Document,
    Instant,
    Key,
    Linked,
    Refers,
    tenant_table,
)

calendar_feeds = tenant_table(
    "calendar_feeds",
    "cfd",
    Refers("location_id", "locations", nullable=True),
    Refers("provider_id", "providers", nullable=True),
    Column("names", Key, nullable=False),
    Column("locations", Document),  # those that who opened it was limited to; None for no limit
    Column("secret_hash", LargeBinary, nullable=False),
    Column("opened_by", Key, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("organization_id", "secret_hash", name="uq_calendar_feeds_secret"),
    CheckConstraint("(location_id IS NULL) <> (provider_id IS NULL)", name="subject"),
    CheckConstraint("names IN ('FIRST', 'FULL')", name="names"),
    rows=(
        AtLocation(),
        Linked("provider_locations", key="provider_id", column="provider_id"),
    ),
)
