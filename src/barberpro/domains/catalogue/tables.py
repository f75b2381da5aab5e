"""Tables of services."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, Text, UniqueConstraint

from barberpro.platform.tables import Instant, Key, tenant_table

services = tenant_table(
    "services",
    "svc",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("buffer_minutes", Integer, nullable=False),  # after the service: sweep, wash, disinfect
    Column("price_minor", BigInteger, nullable=False),
    Column("currency_code", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("duration_minutes BETWEEN 5 AND 720", name="duration"),
    CheckConstraint("buffer_minutes BETWEEN 0 AND 240", name="buffer"),
    CheckConstraint("price_minor >= 0", name="price"),
    UniqueConstraint("organization_id", "name_key", name="uq_services_name"),
)
