"""Tables of shops, chairs and opening hours."""

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, Text, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Key, Refers, tenant_table

locations = tenant_table(
    "locations",
    "loc",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("city", Text, nullable=False),
    Column("province", Key, nullable=False),  # ISO 3166-2:AR letter, for provincial holidays
    Column("time_zone", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "name_key", name="uq_locations_name"),
    rows=(AtLocation("id"),),
)

chairs = tenant_table(
    "chairs",
    "chr",
    Refers("location_id", "locations"),
    Column("label", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    UniqueConstraint("organization_id", "location_id", "label", name="uq_chairs_label"),
    rows=(AtLocation(),),
)

# Wall-clock times in the location's zone: minutes after midnight, half-open. Two rows a day make a siesta.
opening_hours = tenant_table(
    "opening_hours",
    "hrs",
    Refers("location_id", "locations"),
    Column("weekday", Integer, nullable=False),  # ISO 8601: Monday is 1
    Column("opens_minute", Integer, nullable=False),
    Column("closes_minute", Integer, nullable=False),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
    CheckConstraint(
        "opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440", name="span"
    ),
    UniqueConstraint(
        "organization_id", "location_id", "weekday", "opens_minute", name="uq_opening_hours_span"
    ),
    rows=(AtLocation(),),
)
