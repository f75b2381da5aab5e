"""What users allowed applications: authorization codes, consents, refresh tokens, how clients prove themselves.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    guard,
    index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Document, Instant, Key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BASIC = "client_secret_basic"
AUTHENTICATIONS = (
    f"authentication IN ('{BASIC}', 'private_key_jwt', 'self_signed_tls_client_auth', 'none')"
)
SECRET = f"(secret_hash IS NOT NULL) = (authentication = '{BASIC}')"
PREVIOUS_SECRET = "(previous_secret_hash IS NULL) = (previous_secret_until IS NULL)"  # noqa: S105 - a rule


def upgrade() -> None:
    _clients()
    _grants()
    _authorization_codes()
    _refresh_tokens()
    _consents()
    _pushed_requests()


def _clients() -> None:
    """Clients so far have a secret and ask in their own name: they go on so."""
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("secret_hash", existing_type=sa.LargeBinary(), nullable=True)
        clients.add_column(sa.Column("title", sa.Text()))
        clients.add_column(sa.Column("authentication", Key, nullable=False, server_default=BASIC))
        clients.add_column(sa.Column("previous_secret_hash", sa.LargeBinary()))
        clients.add_column(sa.Column("previous_secret_until", Instant()))
        clients.add_column(sa.Column("public_keys", Document))
        clients.add_column(sa.Column("certificates", Document))
        clients.add_column(
            sa.Column("requires_dpop", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        clients.add_column(
            sa.Column(
                "grant_types", Document, nullable=False, server_default='["client_credentials"]'
            )
        )
        clients.add_column(
            sa.Column("redirect_uris", Document, nullable=False, server_default="[]")
        )
        clients.add_column(sa.Column("registration_hash", sa.LargeBinary()))
        clients.create_check_constraint(op.f("ck_clients_authentication"), AUTHENTICATIONS)
        clients.create_check_constraint(op.f("ck_clients_secret"), SECRET)
        clients.create_check_constraint(op.f("ck_clients_previous_secret"), PREVIOUS_SECRET)
    with op.batch_alter_table("clients") as clients:
        for column in ("authentication", "requires_dpop", "grant_types", "redirect_uris"):
            clients.alter_column(column, server_default=None)


def _client(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=f"fk_{table}_client_id")


def _grants() -> None:
    tenant_table(
        "grants",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("session_id", Key, nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("authenticated_at", Instant(), nullable=False),
        sa.Column("amr", Document, nullable=False),
        sa.Column("jkt", Key),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        _client("grants"),
        refers("grants", "user_id", "users"),
    )
    index("grants", "client_id")
    index("grants", "expires_at")
    index("grants", "organization_id", "user_id")
    guard("grants")


def _authorization_codes() -> None:
    tenant_table(
        "authorization_codes",
        sa.Column("grant_id", Key, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("challenge", Key, nullable=False),
        sa.Column("nonce", sa.Text()),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant()),
        refers("authorization_codes", "grant_id", "grants"),
        unique("authorization_codes", "code", "code_hash"),
        unique("authorization_codes", "grant", "grant_id"),
    )
    guard("authorization_codes")


def _refresh_tokens() -> None:
    tenant_table(
        "refresh_tokens",
        sa.Column("grant_id", Key, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant()),
        refers("refresh_tokens", "grant_id", "grants"),
        unique("refresh_tokens", "token", "token_hash"),
    )
    index("refresh_tokens", "organization_id", "grant_id")
    guard("refresh_tokens")


def _consents() -> None:
    tenant_table(
        "consents",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("client_id", Key, nullable=False),
        sa.Column("scopes", Document, nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        refers("consents", "user_id", "users"),
        _client("consents"),
        unique("consents", "client", "user_id", "client_id"),
    )
    index("consents", "client_id")
    guard("consents")


def _pushed_requests() -> None:
    tenant_table(
        "pushed_requests",
        sa.Column("client_id", Key, nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parameters", Document, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant()),
        _client("pushed_requests"),
        unique("pushed_requests", "request", "request_hash"),
    )
    index("pushed_requests", "client_id")
    index("pushed_requests", "expires_at")
    guard("pushed_requests")
