"""Puts everything of a tenant under fresh keys, a batch a transaction, while all goes on.

A rotation begins with a new key of the tenant, which seals from then on. Then every person whose key is still under an
older one gets a new key, and all their values are sealed anew, in one transaction. At last the old keys of the tenant
go. What is left to do is what the tables say, so a rotation that was killed goes on where it stood, and one that is
over has nothing to do. A reader takes keys and values in one statement, and sees a person before or after.

Who has a value that does not open, for it was spoiled, is passed over and told: their old keys stay, and so does the
tenant's that they are under. Whoever runs a rotation remembers them meanwhile (`lost`, ids of people); the next one
tries them again.

The key that equal values are found by stays: with a new one nobody would be found until all was written anew, and
whoever has stolen it learns no more than the table shows, which rows are equal, and whether a guess is right.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, select, update
from sqlalchemy.exc import DBAPIError

from ..binding import across_tenants
from ..crypto import Cipher, Unsealable
from ..doors import Housekeeping, Transaction
from ..events import publish
from ..sets import among, key_set
from .events import SubjectKeysRenewed, TenantKeyRetired
from .keys import OPENED_BY, OWNED, cipher_in, make_tenant_key, newest_key, s, t
from .rows import EVERY, sealed_anew
from .tables import WRAPPING, subject_keys, tenant_keys
from .vault import tenant_key_place

BATCH = 20
"""People a transaction: their rows are locked meanwhile."""

LOCK_NOT_AVAILABLE = "55P03"  # of PostgreSQL; SQLite has one writer at a time

OLDER = and_(t.purpose == WRAPPING, t.generation < bindparam("newest"))
LOST = among(s.subject_id, key_set("lost"))
BEHIND = (
    select(s.id, *OPENED_BY)
    .join_from(subject_keys, tenant_keys, OWNED)
    .where(OLDER, ~LOST)
    .order_by(s.id)
    .limit(bindparam("most"))
    .with_for_update(of=subject_keys, skip_locked=True)
)
COUNT_BEHIND = (
    select(func.count()).select_from(subject_keys).join(tenant_keys, OWNED).where(OLDER, ~LOST)
)
RENEW = (
    update(subject_keys)
    .where(s.id == bindparam("of_key"))
    .values(tenant_key_id=bindparam("under"), sealed=bindparam("anew"))
)
OLD = select(t.id, t.generation).where(OLDER).order_by(t.generation).with_for_update()
IN_USE = select(s.tenant_key_id).where(among(s.tenant_key_id, key_set("keys"))).distinct()
RETIRE = delete(tenant_keys).where(t.id == bindparam("of_key"))
ALL = across_tenants(
    select(t.id, t.organization_id, t.purpose, t.sealed).order_by(t.id).with_for_update(),
    "the master key is the installation's",
)
REWRAP = across_tenants(
    update(tenant_keys).where(t.id == bindparam("of_key")).values(sealed=bindparam("anew")),
    "the master key is the installation's",
)


@dataclass(frozen=True)
class Renewed:
    """What came of a batch."""

    left: int
    """How many people are left behind, without those who are lost."""
    done: int = 0
    lost: frozenset[str] = frozenset()
    """Ids of people of whom something does not open, of this batch."""


async def begin(tx: Transaction, lost: Collection[str] = ()) -> int:
    """How many people's keys are to be renewed. A rotation that is not over goes on; else another one begins.

    One that leaves behind nobody but the lost is over.
    """
    newest = await newest_key(tx, WRAPPING)
    if newest is None:
        return 0  # nothing was ever sealed
    behind = await _behind(tx, newest, lost)
    if behind or (not lost and await tx.rows(OLD, {"newest": newest.generation})):
        return behind
    newest = await make_tenant_key(tx, WRAPPING, generation=newest.generation + 1)
    return await _behind(tx, newest, lost)


async def renew(tx: Transaction, most: int = BATCH, lost: Collection[str] = ()) -> Renewed:
    """Give some people new keys, and seal all their values anew.

    It waits for nobody, since it locks in no order that others keep: whoever is being written to is left for later.
    """
    newest = await newest_key(tx, WRAPPING)
    if newest is None:
        return Renewed(0)
    done, more = 0, set[str]()
    of_these = {"newest": newest.generation, "most": most, "lost": sorted(lost)}
    for person in await tx.rows(BEHIND, of_these):
        try:
            done += await _renewed(tx, newest, person)
        except Unsealable:
            more.add(person.subject_id)
    if done:
        await publish(tx, SubjectKeysRenewed(subject=newest.id, count=done))
    return Renewed(await _behind(tx, newest, {*lost, *more}), done, frozenset(more))


async def left(tx: Transaction, lost: Collection[str] = ()) -> int:
    """How many people are left behind, without the lost."""
    newest = await newest_key(tx, WRAPPING)
    return 0 if newest is None else await _behind(tx, newest, lost)


async def retire(tx: Transaction) -> bool:
    """Delete those of the tenant's older keys that are under nobody; False where some are in use still."""
    newest = await newest_key(tx, WRAPPING)
    if newest is None:
        return True
    old = await tx.rows(OLD, {"newest": newest.generation})  # waits for who makes a key under one
    used = {row.tenant_key_id for row in await tx.rows(IN_USE, {"keys": [key.id for key in old]})}
    for key in old:
        if key.id not in used:
            await tx.execute(RETIRE, {"of_key": key.id})
            await publish(tx, TenantKeyRetired(subject=key.id, generation=key.generation))
    return not used


async def rewrap(house: Housekeeping, old: Cipher, new: Cipher) -> int:
    """Seal the keys of all tenants with another master key; those that are already, stay. How many it were.

    All or none: the transaction is the caller's. Until every process has the new master key, those with the old one
    open nothing. Raises Unsealable where neither opens a key.
    """
    done = 0
    for key in await house.rows(ALL):
        place = tenant_key_place(key.organization_id, key.id, key.purpose)
        if _opens(new, key.sealed, place):
            continue
        anew = new.seal(old.open(key.sealed, place), place)
        await house.execute(REWRAP, {"of_key": key.id, "anew": anew})
        done += 1
    return done


async def _renewed(tx: Transaction, newest: Row[Any], person: Row[Any]) -> bool:
    """Whether it could be done now: none of the person's rows was in somebody else's hands.

    Raises Unsealable where the person's key or one of their values does not open; nothing of theirs was changed then.
    """
    tenant = tx.principal.tenant
    old = cipher_in(tx.vault, tenant, person)
    sealed, new = tx.vault.fresh_subject_key(tenant, (newest.id, newest.sealed), person.subject_id)
    try:
        async with tx.connection.begin_nested():
            for rows in EVERY:
                for row in await tx.rows(rows.of_subject, {"of_subject": person.subject_id}):
                    await tx.execute(rows.rewriting, sealed_anew(rows, row, old, new))
            await tx.execute(RENEW, {"of_key": person.id, "under": newest.id, "anew": sealed})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


async def _behind(tx: Transaction, newest: Row[Any], lost: Collection[str]) -> int:
    values = {"newest": newest.generation, "lost": sorted(lost)}
    return (await tx.execute(COUNT_BEHIND, values)).scalar_one()


def _opens(cipher: Cipher, sealed: bytes, place: bytes) -> bool:
    try:
        cipher.open(sealed, place)
    except Unsealable:
        return False
    return True
