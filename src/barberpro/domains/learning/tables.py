"""The table of model versions. What a version says stands in tables of the domain that asked for it."""

from sqlalchemy import CheckConstraint, Column, Index, Text

from barberpro.platform.tables import Document, Instant, Key, tenant_table

model_versions = tenant_table(
    "model_versions",
    "mdl",
    Column("kind", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("data_hash", Key),
    Column("trained_through", Instant),
    Column("metrics", Document, nullable=False),
    Column("reason", Text),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("status IN ('TRAINING', 'ACTIVE', 'RETIRED', 'FAILED')", name="status"),
    CheckConstraint(
        "status NOT IN ('ACTIVE', 'RETIRED') OR trained_through IS NOT NULL", name="trained"
    ),
)
v = model_versions.c
Index(
    "uq_model_versions_active",
    v.organization_id,
    v.kind,
    unique=True,
    postgresql_where=v.status == "ACTIVE",
    sqlite_where=v.status == "ACTIVE",
)
Index(None, v.organization_id, v.kind, v.started_at, v.id)
