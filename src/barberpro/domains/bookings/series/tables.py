"""Tables of series and of each time they should take place."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Key, Refers, tenant_table

booking_series = tenant_table(
    "booking_series",
    "ser",
    Refers("location_id", "locations"),
    Refers("provider_id", "providers"),
    Refers("customer_id", "customers"),
    Refers("service_id", "services"),
    Column("rule", Key, nullable=False),  # as it was given
    Column("starts_on", Date, nullable=False),
    Column("minute", Integer, nullable=False),  # of the shop's day
    Column("skips_closed_days", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),  # when its end was called off last
    CheckConstraint("minute BETWEEN 0 AND 1439", name="minute"),
    rows=(AtLocation(),),
)
s = booking_series.c
Index(None, s.organization_id, s.customer_id, s.created_at, s.id)

series_occurrences = tenant_table(
    "series_occurrences",
    "occ",
    Refers("series_id", "booking_series"),
    Refers("location_id", "locations"),
    Column("number", Integer, nullable=False),  # in order of time, from 0
    Column("starts_at", Instant, nullable=False),  # as it should, by the rule
    Column("status", Key, nullable=False),
    Column("code", Key),  # what was in its way
    Refers("booking_id", "bookings", nullable=True),
    UniqueConstraint("organization_id", "series_id", "number", name="uq_series_occurrences_number"),
    UniqueConstraint("organization_id", "booking_id", name="uq_series_occurrences_booking"),
    CheckConstraint("number BETWEEN 0 AND 103", name="number"),
    CheckConstraint("status IN ('BOOKED', 'CONFLICT', 'SKIPPED')", name="status"),
    CheckConstraint("(status = 'BOOKED') = (booking_id IS NOT NULL)", name="booked"),
    CheckConstraint("(status = 'CONFLICT') = (code IS NOT NULL)", name="conflict"),
    rows=(AtLocation(),),
)
