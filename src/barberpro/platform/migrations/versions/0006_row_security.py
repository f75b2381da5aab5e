"""Row-level security under every table of tenants, and the two roles that it tells apart (PostgreSQL).

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import APPLICATION, RELAY, guard

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "booking_changes",
    "bookings",
    "chairs",
    "customers",
    "deliveries",
    "events",
    "forecast_points",
    "forecast_summaries",
    "idempotency_keys",
    "invoice_lines",
    "invoice_series",
    "invoices",
    "locations",
    "model_versions",
    "opening_hours",
    "popular_services",
    "provider_locations",
    "providers",
    "ratings",
    "recommendations",
    "services",
    "visits",
)
APPEND_ONLY = "events"

# Roles belong to the whole server: databases that migrate at once may make them at once.
ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
# From PostgreSQL 16 on, who makes a role is its member, but may neither use what it may nor take it on.
MEMBERSHIP = """
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RETURN;
    ELSIF current_setting('server_version_num')::int >= 160000 THEN
        IF NOT (pg_has_role(current_user, '{role}', 'USAGE') AND pg_has_role(current_user, '{role}', 'SET')) THEN
            EXECUTE format('GRANT {role} TO %I WITH INHERIT TRUE, SET TRUE', current_user);
        END IF;
    ELSIF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
        EXECUTE format('GRANT {role} TO %I', current_user);
    END IF;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for role in (APPLICATION, RELAY):
        op.execute(ROLE.format(role=role))
        op.execute(MEMBERSHIP.format(role=role))
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        what = "SELECT, INSERT, UPDATE, DELETE ON {tables} TO " + role
        op.execute("GRANT " + what.format(tables=f"ALL TABLES IN SCHEMA {schema}"))
        op.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT " + what.format(tables="TABLES")
        )
    # What happened stays: only the relay marks an event as handed on, nobody deletes one.
    op.execute(f"REVOKE UPDATE, DELETE ON {APPEND_ONLY} FROM {APPLICATION}")
    op.execute(f"REVOKE DELETE ON {APPEND_ONLY} FROM {RELAY}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APPLICATION}, {RELAY}")
    guard("organizations", tenant="id")
    for table in TENANT_TABLES:
        guard(table)
