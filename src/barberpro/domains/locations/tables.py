"""Tables of shops, chairs and opening hours."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    Text,
    UniqueConstraint,
    false,
)

from barberpro.platform.tables import AtLocation, Instant, Key, Refers, tenant_table

locations = tenant_table(
    "locations",
    "loc",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("city", Text, nullable=False),
    Column("province", Key, nullable=False),  # ISO 3166-2:AR letter, for provincial holidays
    Column("time_zone", Key, nullable=False),
    Column("closes_on_holidays", Boolean, nullable=False, server_default=false()),
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

# What holds on one date in place of its weekday's hours, and of a holiday. A row without times: closed all day.
opening_exceptions = tenant_table(
    "opening_exceptions",
    "exc",
    Refers("location_id", "locations"),
    Column("date", Date, nullable=False),
    Column("opens_minute", Integer),
    Column("closes_minute", Integer),
    CheckConstraint(
        "(opens_minute IS NULL) = (closes_minute IS NULL) AND (opens_minute IS NULL"
        " OR opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440)",
        name="span",
    ),
    UniqueConstraint(
        "organization_id", "location_id", "date", "opens_minute", name="uq_opening_exceptions_span"
    ),
    rows=(AtLocation(),),
)

# How long somebody takes from one shop to another. One row each way.
travel_times = tenant_table(
    "travel_times",
    "trv",
    Refers("from_location_id", "locations"),
    Refers("to_location_id", "locations"),
    Column("minutes", Integer, nullable=False),
    CheckConstraint("minutes BETWEEN 1 AND 240", name="minutes"),
    CheckConstraint("from_location_id <> to_location_id", name="apart"),
    UniqueConstraint(
        "organization_id", "from_location_id", "to_location_id", name="uq_travel_times_pair"
    ),
    rows=(AtLocation("from_location_id"),),
)
