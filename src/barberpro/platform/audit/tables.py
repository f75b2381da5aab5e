"""What the log keeps in the database: leaves, every eighth level above them, signed heads, the installation's events.

All are shared: a leaf is a salted hash beside an event's id, and says nothing of whose it is.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text

from ..tables import Document, Instant, Key, shared_table

audit_leaves = shared_table(
    "audit_leaves",
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", Key, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
audit_nodes = shared_table(
    "audit_nodes",
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
audit_heads = shared_table(
    "audit_heads",
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
)
installation_events = shared_table(
    "installation_events",
    Column("id", Key, primary_key=True),
    Column("type", Key, nullable=False),
    Column("data", Document, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("salt", Text, nullable=False),
    Column("leaf", Text, nullable=False),
    Column("position", BigInteger),
)
WAITING = installation_events.c.position.is_(None)
Index(
    "ix_installation_events_waiting",
    installation_events.c.id,
    postgresql_where=WAITING,
    sqlite_where=WAITING,
)
