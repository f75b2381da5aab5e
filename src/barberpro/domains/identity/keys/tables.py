"""Tables of the keys that clients call with."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, UniqueConstraint

from barberpro.platform.tables import Document, Instant, Key, Refers, shared_table, tenant_table

# A key comes before its tenant is known. This is all that the installation knows of it.
key_owners = shared_table(
    "key_owners",
    Column("id", Key, primary_key=True),
    Column("organization_id", Key, ForeignKey("organizations.id"), nullable=False),
)

keys = tenant_table(
    "keys",
    "key",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False, index=True),
    Column("kind", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("public_key", Document),
    Column("scopes", Document, nullable=False),
    Column("networks", Document),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Refers("replaces_id", "keys", nullable=True),
    UniqueConstraint("organization_id", "replaces_id", name="uq_keys_replaces"),
    CheckConstraint("kind IN ('API', 'SIGNATURE')", name="kind"),
    CheckConstraint("(secret_hash IS NULL) = (kind = 'SIGNATURE')", name="secret"),
    CheckConstraint("(public_key IS NULL) = (kind = 'API')", name="public_key"),
)

# Apart from the keys, for it is written with every call (once a minute at most), and no audit log wants that.
key_uses = tenant_table(
    "key_uses",
    "kus",
    Refers("key_id", "keys"),
    Column("last_used_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "key_id", name="uq_key_uses_key"),
    audited=False,
)
