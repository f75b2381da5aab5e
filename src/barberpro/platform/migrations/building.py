"""What the steps of the database's shape are written with: tables of tenants, references within them, rules, indexes.

Steps already released never change what they do, so neither does anything here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from barberpro.platform.tables import Key


def tenant_table(name: str, *items: SchemaItem) -> None:
    """What `platform.tables.tenant_table` declares."""
    op.create_table(
        name,
        sa.Column("id", Key, nullable=False),
        sa.Column("organization_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("organization_id", "id", name=f"uq_{name}_organization_id_id"),
        of_organization(name),
        *items,
    )


def of_organization(table: str) -> sa.ForeignKeyConstraint:
    """The reference to the organization that owns a row."""
    return sa.ForeignKeyConstraint(
        ["organization_id"], ["organizations.id"], name=f"fk_{table}_organization_id"
    )


def refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """A reference within a tenant: no row can point into another's."""
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{target}.organization_id", f"{target}.id"],
        name=f"fk_{table}_organization_id_{column}",
    )


def unique(table: str, name: str, *columns: str) -> sa.UniqueConstraint:
    """Unique within an organization."""
    return sa.UniqueConstraint("organization_id", *columns, name=f"uq_{table}_{name}")


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    """A rule for each row."""
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def index(table: str, *columns: str) -> None:
    """An index, named after its columns."""
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def partial_index(
    name: str, table: str, columns: list[str], rule: str, *, unique: bool = False
) -> None:
    """An index of the rows for which the rule holds."""
    where = sa.text(rule)
    op.create_index(name, table, columns, unique=unique, postgresql_where=where, sqlite_where=where)


APPLICATION = "barberpro_application"
"""The role of what answers requests: it sees the rows of the tenant that its connection is set to."""
RELAY = "barberpro_relay"
"""The role of the platform's own work over all tenants; only the worker takes it."""


def guard(table: str, tenant: str = "organization_id") -> None:
    """Row-level security of PostgreSQL, under the doors: call it for every table of tenants, last.

    It holds for the table's owner too. A connection without a tenant sees nothing.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    own = f"{tenant} = current_setting('barberpro.tenant', true)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {table} TO {APPLICATION} USING ({own})")
    op.execute(f"CREATE POLICY all_tenants ON {table} TO {RELAY} USING (true)")
