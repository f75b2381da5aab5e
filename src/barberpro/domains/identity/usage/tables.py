"""Tables of usage: what operations ask for, each set of fields once, and how often each client ran them by day.

Fields are not counted one by one: an operation of fifty would be fifty rows a day for each client. What is counted is
the operation, by the digest of all it asks for; two texts that differ in a value alone are the same one.
"""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, UniqueConstraint

from barberpro.platform.tables import Document, Instant, Key, tenant_table

usage_shapes = tenant_table(
    "usage_shapes",
    "ush",
    Column("digest", Key, nullable=False),
    Column("operation", Key),
    Column("coordinates", Document, nullable=False),  # sorted
    Column("last_seen_at", Instant, nullable=False, index=True),
    UniqueConstraint("organization_id", "digest", name="uq_usage_shapes_digest"),
    audited=False,
)

usage_days = tenant_table(
    "usage_days",
    "usd",
    Column("client_id", Key, ForeignKey("clients.id"), nullable=False),
    Column("digest", Key, nullable=False),
    Column("document_id", Key, nullable=False),  # empty where the text was sent
    Column("date", Date, nullable=False),  # in UTC
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False, index=True),
    UniqueConstraint(
        "organization_id", "date", "client_id", "digest", "document_id", name="uq_usage_days_date"
    ),
    audited=False,
)
