"""Tables of those who act for an organization: OAuth clients."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    Text,
    UniqueConstraint,
)

from barberpro.platform.tables import Document, Instant, Key, shared_table

# A client is looked up before its tenant is known, so the table belongs to the installation. Names are folders in
# schema/operations/, hence unique across tenants, and immutable.
clients = shared_table(
    "clients",
    Column("id", Key, primary_key=True),
    Column("organization_id", Key, ForeignKey("organizations.id"), nullable=False),
    Column("name", Key, nullable=False),
    Column("title", Text),
    Column("authentication", Key, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("previous_secret_hash", LargeBinary),
    Column("previous_secret_until", Instant),
    Column("public_keys", Document),
    Column("certificates", Document),
    Column("requires_dpop", Boolean, nullable=False),
    Column("grant_types", Document, nullable=False),
    Column("redirect_uris", Document, nullable=False),
    Column("registration_hash", LargeBinary),
    Column("scopes", Document, nullable=False),
    Column("locations", Document),
    Column("document_mode", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("tier", Key),
    UniqueConstraint("name"),
    CheckConstraint("length(name) BETWEEN 2 AND 64", name="name_length"),
    CheckConstraint("document_mode IN ('open', 'log', 'locked')", name="document_mode"),
    CheckConstraint(
        "authentication IN"
        " ('client_secret_basic', 'private_key_jwt', 'self_signed_tls_client_auth', 'none')",
        name="authentication",
    ),
    CheckConstraint(
        "(secret_hash IS NOT NULL) = (authentication = 'client_secret_basic')", name="secret"
    ),
    CheckConstraint(
        "(previous_secret_hash IS NULL) = (previous_secret_until IS NULL)", name="previous_secret"
    ),
)
