"""The keys of tenants and of people, each sealed with the one above it; and the type of a sealed column."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    TypeDecorator,
    UniqueConstraint,
)

from ..crypto import FORM
from ..tables import Instant, Key, Refers, tenant_table

WRAPPING, INDEXING = "WRAPPING", "INDEXING"
"""What a tenant's key is for: to seal the keys of people, or to find equal values."""


class Sealed(TypeDecorator[bytes]):
    """A column of sealed values. What is no such value is refused, so nothing is stored in the open by mistake."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is not None and not (isinstance(value, bytes) and value.startswith(FORM)):
            raise TypeError("a sealed column takes sealed values only")  # and never says which
        return value


tenant_keys = tenant_table(
    "tenant_keys",
    "tky",
    Column("purpose", Key, nullable=False),
    Column("generation", Integer, nullable=False),  # from 1; the newest seals
    Column("sealed", LargeBinary, nullable=False),  # by the master key
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "purpose", "generation", name="uq_tenant_keys_generation"),
    CheckConstraint(f"purpose IN ('{WRAPPING}', '{INDEXING}')", name="purpose"),
)

# Read only beside a row of the person's, whose own rule says who may. A destroyed key leaves its row, so that none is
# ever made for that person again.
subject_keys = tenant_table(
    "subject_keys",
    "sky",
    Column("subject_id", Key, nullable=False),
    Refers("tenant_key_id", "tenant_keys", nullable=True),
    Column("sealed", LargeBinary),  # by the tenant's key
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
    UniqueConstraint("organization_id", "subject_id", name="uq_subject_keys_subject"),
    CheckConstraint(
        "(sealed IS NULL) = (destroyed_at IS NOT NULL)"
        " AND (tenant_key_id IS NULL) = (destroyed_at IS NOT NULL)",
        name="destroyed",
    ),
)
Index(None, subject_keys.c.organization_id, subject_keys.c.tenant_key_id, subject_keys.c.id)
