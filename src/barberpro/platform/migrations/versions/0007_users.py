"""Users of an organization: passwords, second factors, sessions, roles and where they hold.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa

from barberpro.platform.migrations.building import (
    check,
    guard,
    index,
    partial_index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Document, Instant, Key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _users()
    _roles()
    _second_factors()
    _invitations()
    _sessions()


def _users() -> None:
    tenant_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("locations", Document),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        unique("users", "email", "email_index"),
    )
    index("users", "organization_id", "name_key", "id")
    guard("users")


def _roles() -> None:
    tenant_table(
        "roles",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", Key, nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("requires_second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        unique("roles", "name", "name_key"),
    )
    guard("roles")
    tenant_table(
        "role_assignments",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("built_in", Key),
        sa.Column("role_id", Key),
        sa.Column("assigned_at", Instant(), nullable=False),
        refers("role_assignments", "user_id", "users"),
        refers("role_assignments", "role_id", "roles"),
        unique("role_assignments", "built_in", "user_id", "built_in"),
        unique("role_assignments", "role", "user_id", "role_id"),
        check("role_assignments", "one_kind", "(built_in IS NULL) = (role_id IS NOT NULL)"),
    )
    index("role_assignments", "organization_id", "role_id")
    index("role_assignments", "organization_id", "built_in")
    guard("role_assignments")


def _second_factors() -> None:
    tenant_table(
        "second_factors",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=False),
        refers("second_factors", "user_id", "users"),
        unique("second_factors", "user", "user_id"),
    )
    guard("second_factors")
    tenant_table(
        "recovery_codes",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        refers("recovery_codes", "user_id", "users"),
        unique("recovery_codes", "code", "user_id", "code_hash"),
    )
    guard("recovery_codes")


def _invitations() -> None:
    tenant_table(
        "invitations",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant()),
        refers("invitations", "user_id", "users"),
        unique("invitations", "secret", "secret_hash"),
    )
    columns = ["organization_id", "user_id"]
    partial_index("uq_invitations_open", "invitations", columns, "used_at IS NULL", unique=True)
    guard("invitations")


def _sessions() -> None:
    tenant_table(
        "sessions",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("amr", Document, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        refers("sessions", "user_id", "users"),
        unique("sessions", "secret", "secret_hash"),
    )
    index("sessions", "expires_at")
    index("sessions", "organization_id", "user_id")
    guard("sessions")
