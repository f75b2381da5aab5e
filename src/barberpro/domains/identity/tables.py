"""Tables of those who act for an organization: OAuth clients."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
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
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("locations", Document),
    Column("registered_only", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name"),
    CheckConstraint("length(name) BETWEEN 2 AND 64", name="name_length"),
)
