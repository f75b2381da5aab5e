"""Tables of tenants."""

from sqlalchemy import Column, Table, Text

from barberpro.platform.tables import Instant, Key, metadata

organizations = Table(
    "organizations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    info={"prefix": "org", "rows": (), "tenant": "id"},
)
