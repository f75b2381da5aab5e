"""Tables of services."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from barberpro.platform.tables import Instant, Key, tenant_table

services = tenant_table(
    "services",
    "svc",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    # Before the service: what it takes is laid out, and the chair set up.
    Column("buffer_before_minutes", Integer, nullable=False, default=0, server_default=text("0")),
    Column("buffer_minutes", Integer, nullable=False),  # after the service: sweep, wash, disinfect
    # From when on, and for how long, the provider is free though the customer sits: colour that sets.
    Column("gap_after_minutes", Integer, nullable=False, default=0, server_default=text("0")),
    Column("gap_minutes", Integer, nullable=False, default=0, server_default=text("0")),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency_code", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("duration_minutes BETWEEN 5 AND 720", name="duration"),
    CheckConstraint("buffer_before_minutes BETWEEN 0 AND 240", name="buffer_before"),
    CheckConstraint("buffer_minutes BETWEEN 0 AND 240", name="buffer"),
    CheckConstraint(
        "gap_minutes = 0 AND gap_after_minutes = 0 OR gap_minutes >= 5 AND gap_after_minutes >= 5"
        " AND gap_after_minutes + gap_minutes <= duration_minutes - 5",
        name="gap",
    ),
    CheckConstraint("price_minor >= 0", name="price"),
    UniqueConstraint("organization_id", "name_key", name="uq_services_name"),
)
