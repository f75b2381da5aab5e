"""How tables are declared: ids, tenants, references within a tenant, and who may see which rows.

Every business table is a `tenant_table`: it carries its organization, refers to others of the same organization
by composite keys (so the database itself refuses a row that points into another tenant), and states its row rule.
The doors (`doors.py`) refuse any table that was not declared here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids, codes and folded names: compared byte by byte, so both databases order them alike."""

Document = JSON().with_variant(JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps text of fixed width, which sorts and compares as time does."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        kind: Any = String(27) if dialect.name == "sqlite" else TIMESTAMP(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return moment
        return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


@dataclass(frozen=True)
class AtLocation:
    """A caller limited to locations sees the rows whose `column` is one of them."""

    column: str = "location_id"


@dataclass(frozen=True)
class Linked:
    """A caller limited to locations sees the rows that `table` links with one of them.

    `table.key` holds what stands in this table's `column`.
    """

    table: str
    key: str
    column: str = "id"
    location: str = "location_id"


RowRule = AtLocation | Linked


@dataclass(frozen=True)
class Refers:
    """A column that holds the id of a row in `target`, of the same tenant."""

    column: str
    target: str
    nullable: bool = False


def tenant_table(
    name: str,
    prefix: str,
    *items: SchemaItem | Refers,
    rows: tuple[RowRule, ...] = (),
    audited: bool = True,
) -> Table:
    """A table of one organization's rows, with `prefix` in its ids.

    `rows` are the rules for callers limited to locations: a row is seen where any of them holds;
    with none, every caller of the tenant sees it. A table that is not `audited` holds the platform's own
    bookkeeping: a transaction may write it without publishing.
    """
    parts: list[SchemaItem] = [
        Column("id", Key, primary_key=True),
        Column("organization_id", Key, ForeignKey("organizations.id"), nullable=False),
        UniqueConstraint("organization_id", "id"),
    ]
    for item in items:
        parts += _reference(item) if isinstance(item, Refers) else [item]
    info = {"prefix": prefix, "rows": rows, "tenant": "organization_id", "audited": audited}
    return Table(name, metadata, *parts, info=info)


def _reference(item: Refers) -> list[SchemaItem]:
    target = item.target
    return [
        Column(item.column, Key, nullable=item.nullable),
        ForeignKeyConstraint(
            ["organization_id", item.column], [f"{target}.organization_id", f"{target}.id"]
        ),
    ]


def shared_table(name: str, *items: SchemaItem) -> Table:
    """A table of the installation, not of a tenant: reached only by statements marked `across_tenants`."""
    return Table(name, metadata, *items)
