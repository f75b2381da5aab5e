"""The stored keys of tenants and people: made when first needed, held while used, destroyed for good."""

from typing import Any

from sqlalchemy import Row, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .. import ids
from ..doors import Transaction
from ..events import publish
from ..tables import Instant
from .events import TenantKeyMade
from .tables import INDEXING, WRAPPING, subject_keys, tenant_keys
from .vault import IndexKey, SubjectCipher, Vault

s, t = subject_keys.c, tenant_keys.c
INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
NEWEST_FIRST = select(t.id, t.generation, t.sealed).order_by(t.generation.desc()).limit(1)
HELD_NEWEST = NEWEST_FIRST.where(t.purpose == bindparam("of_purpose")).with_for_update(read=True)
INDEX_KEY = NEWEST_FIRST.where(t.purpose == INDEXING)
"""For readers: a row for `Vault.index`, or none where nothing was ever indexed."""
OWNED = and_(t.id == s.tenant_key_id, t.organization_id == s.organization_id)
OPENED_BY = (
    s.subject_id,
    s.sealed.label("subject_sealed"),
    t.id.label("tenant_key"),
    t.sealed.label("tenant_sealed"),
)
"""What it takes to open a person's values."""
# Two statements: what a lock was waited for is read as it is then, but not what is joined to it (PostgreSQL).
HELD = (
    select(s.destroyed_at).where(s.subject_id == bindparam("of_subject")).with_for_update(read=True)
)
OPENING = (
    select(*OPENED_BY)
    .join_from(subject_keys, tenant_keys, OWNED)
    .where(s.subject_id == bindparam("of_subject"))
)
DESTROY = (
    update(subject_keys)
    .where(s.subject_id == bindparam("of_subject"))
    .values(sealed=None, tenant_key_id=None, destroyed_at=bindparam("at", type_=Instant()))
)
MAKE_TENANT_KEY = {
    name: insert(tenant_keys).on_conflict_do_nothing().returning(t.id)
    for name, insert in INSERTS.items()
}
MAKE_SUBJECT_KEY = {
    name: insert(subject_keys).on_conflict_do_nothing().returning(s.id)
    for name, insert in INSERTS.items()
}


class KeyDestroyed(Exception):
    """The person was erased: nothing is sealed for them any more. A defect of whoever did not look first."""


async def cipher_of(tx: Transaction, subject: str) -> SubjectCipher:
    """What seals the values of a person, and opens them; their key is made here where they have none.

    The key is held until the transaction ends, so that none is destroyed or replaced under a value on its way.
    """
    of_subject = {"of_subject": subject}
    held = await tx.row(HELD, of_subject)
    if held is None:
        made = await _make(tx, subject)
        if made is not None:
            return made
        held = await tx.row(HELD, of_subject)  # somebody else made it just now
    found = await tx.row(OPENING, of_subject)
    if held is None or held.destroyed_at is not None or found is None:
        raise KeyDestroyed(subject)
    return cipher_in(tx.vault, tx.principal.tenant, found)


def cipher_in(vault: Vault, tenant: str, row: Any) -> SubjectCipher:
    """The cipher of a row that holds the columns OPENED_BY."""
    wrapping = (row.tenant_key, row.tenant_sealed)
    return vault.subject(tenant, wrapping, row.subject_id, row.subject_sealed)


async def destroy(tx: Transaction, subject: str) -> None:
    """Make every value of a person unreadable for good, in every copy of the database that loses the key as well."""
    tombstone = _row(tx, subject) | {"destroyed_at": tx.now}
    if await tx.row(MAKE_SUBJECT_KEY[tx.dialect], tombstone) is None:
        await tx.execute(DESTROY, {"of_subject": subject, "at": tx.now})


async def index_key(tx: Transaction) -> IndexKey:
    """What the tenant's values are found by; made where there is none. It outlives rotations: see `rotation`."""
    found = await newest_key(tx, INDEXING) or await make_tenant_key(tx, INDEXING, generation=1)
    return tx.vault.index(tx.principal.tenant, found.id, found.sealed)


async def newest_key(tx: Transaction, purpose: str) -> Row[Any] | None:
    """The tenant's newest key for this, held; None where it has none yet."""
    return await tx.row(HELD_NEWEST, {"of_purpose": purpose})


async def make_tenant_key(tx: Transaction, purpose: str, *, generation: int) -> Row[Any]:
    """The tenant's key of this generation, made unless somebody else made it just now."""
    key_id = ids.new("tky")
    row = {
        "id": key_id,
        "purpose": purpose,
        "generation": generation,
        "sealed": tx.vault.fresh_tenant_key(tx.principal.tenant, key_id, purpose),
        "created_at": tx.now,
    }
    if await tx.row(MAKE_TENANT_KEY[tx.dialect], row) is not None:
        event = TenantKeyMade(subject=key_id, purpose=purpose, generation=generation)
        await publish(tx, event)
    found = await newest_key(tx, purpose)
    assert found is not None  # noqa: S101 - it is there by now, whoever made it
    return found


async def _make(tx: Transaction, subject: str) -> SubjectCipher | None:
    """A key for a person who has none; None where somebody else made it meanwhile."""
    wrapping = await newest_key(tx, WRAPPING) or await make_tenant_key(tx, WRAPPING, generation=1)
    sealed, cipher = tx.vault.fresh_subject_key(
        tx.principal.tenant, (wrapping.id, wrapping.sealed), subject
    )
    row = _row(tx, subject) | {"tenant_key_id": wrapping.id, "sealed": sealed}
    made = await tx.row(MAKE_SUBJECT_KEY[tx.dialect], row)
    return cipher if made is not None else None


def _row(tx: Transaction, subject: str) -> dict[str, Any]:
    return {"id": ids.new("sky"), "subject_id": subject, "created_at": tx.now}
