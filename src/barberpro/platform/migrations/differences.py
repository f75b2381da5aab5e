"""What tells a database from the tables as declared."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, text

from barberpro.platform.tables import Key, metadata

COMPARE = {
    "compare_type": True,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}

APPEND_ONLY = (
    *("events_changed", "events_moved", "events_deleted"),
    *("installation_events_changed", "installation_events_moved", "installation_events_deleted"),
    *("audit_leaves_changed", "audit_leaves_deleted"),
    *("audit_nodes_changed", "audit_nodes_deleted"),
    *("audit_heads_changed", "audit_heads_deleted"),
    *("ledger_accounts_changed", "ledger_accounts_deleted"),
    *("ledger_transactions_changed", "ledger_transactions_deleted"),
    *("ledger_postings_changed", "ledger_postings_deleted"),
)
LEDGER = ("ledger_accounts", "ledger_transactions", "ledger_postings")
NEVER_EMPTIED = tuple(
    f"{table}_emptied"
    for table in (
        *("events", "installation_events", "audit_leaves", "audit_nodes", "audit_heads"),
        *LEDGER,
    )
)
BALANCED = ("ledger_transactions_balance", "ledger_postings_closed")
# Rules that no table can declare, by the name the database knows them by.
RULES = {
    "postgresql": (
        "bookings_chair_overlap",
        "bookings_provider_overlap",
        *APPEND_ONLY,
        *NEVER_EMPTIED,
        *BALANCED,
        "ledger_postings_balance",
    ),
    "sqlite": (
        "bookings_chair_overlap_made",
        "bookings_chair_overlap_moved",
        "bookings_provider_overlap_made",
        "bookings_provider_overlap_moved",
        *APPEND_ONLY,
        *BALANCED,
    ),
}
PRESENT = {
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x'"
    " UNION ALL SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND NOT tgisinternal",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def differences(connection: Connection) -> list[str]:
    """One line for each thing that is missing, not declared, or declared otherwise."""
    found = compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata)
    flat = [one for item in found for one in (item if isinstance(item, list) else [item])]
    lines = [_line(*difference) for difference in flat]
    return sorted(lines) + _missing_rules(connection) + _collations(connection) + _open(connection)


def _line(step: str, *facts: Any) -> str:
    """Alembic says what would mend it; a reader wants to know what is wrong."""
    verb, _, kind = step.partition("_")
    if verb == "modify":
        _, table, column, *_, found, declared = facts
        return f"{kind} of {table}.{column} is {found}, declared {declared}"
    thing = facts[-1]
    if kind == "column":
        name = f"{facts[1]}.{thing.name}"
    elif isinstance(thing, Table):
        name = thing.name
    else:
        name = f"{thing.table.name} {thing.name or sorted(c.name for c in thing.columns)}"
    return f"{'missing' if verb == 'add' else 'not declared:'} {kind} {name}"


def _missing_rules(connection: Connection) -> list[str]:
    dialect = connection.dialect.name
    present = set(connection.execute(text(PRESENT[dialect])).scalars())
    return [f"missing rule {name}" for name in RULES[dialect] if name not in present]


def _collations(connection: Connection) -> list[str]:
    """Keys that PostgreSQL would order by a language's rules, unlike SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    query = (
        "SELECT table_name, column_name, collation_name FROM information_schema.columns"
        " WHERE table_schema = current_schema()"
    )
    present = {
        (table, column): collation for table, column, collation in connection.execute(text(query))
    }
    keys = [c for table in metadata.sorted_tables for c in table.c if c.type is Key]
    return [
        f"collation of {c.table.name}.{c.name} is not C"
        for c in keys
        if present.get((c.table.name, c.name), "C") != "C"
    ]


GUARDED = """
SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
GROUP BY c.relname HAVING array_agg(p.polname::text ORDER BY p.polname) = ARRAY['all_tenants', 'own_tenant']
"""


def _open(connection: Connection) -> list[str]:
    """Tables of tenants that PostgreSQL does not guard: their step of the shape lacks `building.guard`."""
    if connection.dialect.name != "postgresql":
        return []
    guarded = set(connection.execute(text(GUARDED)).scalars())
    tenants = sorted(table.name for table in metadata.sorted_tables if "tenant" in table.info)
    return [f"row security of {name} is off" for name in tenants if name not in guarded]
