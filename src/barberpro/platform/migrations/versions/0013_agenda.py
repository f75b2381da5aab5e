"""What a provider's day is made of.

Exceptions to opening hours, holidays, shifts, time off, skills, the way from shop to shop; and editions, by which
processes know that what they keep in memory of it is old.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    guard,
    index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "locations",
        sa.Column("closes_on_holidays", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    _of_locations()
    _of_providers()
    tenant_table(
        "editions",
        sa.Column("subject", Key, nullable=False),
        sa.Column("edition", sa.BigInteger, nullable=False),
        unique("editions", "subject", "subject"),
    )
    for table in ("opening_exceptions", "travel_times", "shifts", "absences", "skills", "editions"):
        guard(table)


def _of_locations() -> None:
    tenant_table(
        "opening_exceptions",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("opens_minute", sa.Integer),
        sa.Column("closes_minute", sa.Integer),
        refers("opening_exceptions", "location_id", "locations"),
        check(
            "opening_exceptions",
            "span",
            "(opens_minute IS NULL) = (closes_minute IS NULL) AND (opens_minute IS NULL"
            " OR opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440)",
        ),
        unique("opening_exceptions", "span", "location_id", "date", "opens_minute"),
    )
    tenant_table(
        "travel_times",
        sa.Column("from_location_id", Key, nullable=False),
        sa.Column("to_location_id", Key, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        refers("travel_times", "from_location_id", "locations"),
        refers("travel_times", "to_location_id", "locations"),
        check("travel_times", "minutes", "minutes BETWEEN 1 AND 240"),
        check("travel_times", "apart", "from_location_id <> to_location_id"),
        unique("travel_times", "pair", "from_location_id", "to_location_id"),
    )


def _of_providers() -> None:
    tenant_table(
        "shifts",
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("starts_minute", sa.Integer, nullable=False),
        sa.Column("ends_minute", sa.Integer, nullable=False),
        refers("shifts", "provider_id", "providers"),
        refers("shifts", "location_id", "locations"),
        check("shifts", "weekday", "weekday BETWEEN 1 AND 7"),
        check(
            "shifts",
            "span",
            "starts_minute >= 0 AND starts_minute < ends_minute AND ends_minute <= 1440",
        ),
        unique("shifts", "span", "provider_id", "location_id", "weekday", "starts_minute"),
    )
    tenant_table(
        "absences",
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("location_id", Key),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        refers("absences", "provider_id", "providers"),
        refers("absences", "location_id", "locations"),
        check("absences", "span", "starts_at < ends_at"),
    )
    index("absences", "organization_id", "provider_id", "ends_at")
    tenant_table(
        "skills",
        sa.Column("provider_id", Key, nullable=False),
        sa.Column("service_id", Key, nullable=False),
        refers("skills", "provider_id", "providers"),
        refers("skills", "service_id", "services"),
        unique("skills", "pair", "provider_id", "service_id"),
    )
