"""Tables of the documents that clients are registered with, and of those they call without."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
)

from barberpro.platform.tables import Document, Instant, Key, tenant_table

STATUSES = ("PENDING", "ACTIVE", "REJECTED", "REVOKED")
DIGESTS = ("sha256", "sha1", "md5")

# One row for each text of a client, whatever became of it. Its id for callers is the SHA-256; the others are there
# where a manifest named it so.
documents = tenant_table(
    "documents",
    "doc",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False),
    Column("name", Key, nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", Key, nullable=False),
    Column("sha1", Key),
    Column("md5", Key),
    Column("status", Key, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("cost", Integer, nullable=False),
    Column("published_by", Key, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("reviewed_by", Key),
    Column("reviewed_at", Instant),
    *(
        UniqueConstraint("organization_id", "client_id", digest, name=f"uq_documents_{digest}")
        for digest in DIGESTS
    ),
    CheckConstraint("status IN ('PENDING', 'ACTIVE', 'REJECTED', 'REVOKED')", name="status"),
    CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name="review"),
)

# What clients in the mode `log` sent as text, counted.
unregistered = tenant_table(
    "unregistered_documents",
    "unr",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False),
    Column("sha256", Key, nullable=False),
    Column("name", Key),
    Column("text", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False, index=True),
    UniqueConstraint(
        "organization_id", "client_id", "sha256", name="uq_unregistered_documents_sha256"
    ),
    audited=False,
)
