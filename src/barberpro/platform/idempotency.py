"""The same request twice has one effect: the key is kept with the result, in the same transaction.

A key belongs to one client and one operation for a day. A refused request leaves no key, so it may be sent again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Column, UniqueConstraint, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from . import ids
from .doors import Transaction
from .errors import Conflict
from .sets import among, key_set
from .tables import Instant, Key, tenant_table

KEPT = timedelta(hours=24)
LONGEST = 128  # characters of a key

idempotency_keys = tenant_table(
    "idempotency_keys",
    "idk",
    Column("client", Key, nullable=False),
    Column("operation", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("fingerprint", Key, nullable=False),
    Column("result", Key),
    Column("created_at", Instant, nullable=False, index=True),
    UniqueConstraint(
        "organization_id", "client", "operation", "key", name="uq_idempotency_keys_key"
    ),
    audited=False,
)


c = idempotency_keys.c
CLAIM = {
    name: insert(idempotency_keys).on_conflict_do_nothing().returning(c.id)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
SAME = and_(
    c.client == bindparam("of_client"),
    c.operation == bindparam("of_operation"),
    c.key == bindparam("of_key"),
)
HELD = select(c.fingerprint, c.result).where(SAME)
FORGET = delete(idempotency_keys).where(among(c.result, key_set("results")))
KEEP = update(idempotency_keys).where(SAME).values(result=bindparam("kept"))


@dataclass(eq=False)
class IdempotencyKeyReused(Conflict):
    """The key was used before, for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"
    says = "This idempotency key was used for a different request. Use a new key for a new request."


async def claim(
    tx: Transaction, operation: str, key: str, request: Mapping[str, Any]
) -> str | None:
    """The result of an earlier request with this key, or None: the key is now this transaction's.

    Raises IdempotencyKeyReused where the earlier request was another one. A request that is still in work
    holds its key; the second one waits for it.
    """
    mark = fingerprint(request)
    made = {
        "id": ids.new("idk"),
        "client": tx.principal.actor,
        "operation": operation,
        "key": key,
        "fingerprint": mark,
        "created_at": tx.now,
    }
    if await tx.row(CLAIM[tx.dialect], made) is not None:
        return None
    held = await tx.row(HELD, _same(tx, operation, key))
    if held is None or held.fingerprint != mark:
        raise IdempotencyKeyReused
    return held.result


async def keep(tx: Transaction, operation: str, key: str, result: str) -> None:
    """Store the result beside its key."""
    await tx.execute(KEEP, {**_same(tx, operation, key), "kept": result})


async def forget_old(tx: Transaction) -> None:
    """Drop the keys of this tenant that are past their day."""
    await tx.execute(delete(idempotency_keys).where(c.created_at < tx.now - KEPT))


async def forget_results(tx: Transaction, results: Iterable[str]) -> None:
    """Drop the keys whose requests made these: a fingerprint lets guesses at what was asked be tried."""
    await tx.execute(FORGET, {"results": list(results)})


def fingerprint(request: Mapping[str, Any]) -> str:
    """A digest of the request's input, the key itself left out."""
    return hashlib.sha256(
        orjson.dumps(request, option=orjson.OPT_SORT_KEYS, default=str)
    ).hexdigest()


def _same(tx: Transaction, operation: str, key: str) -> dict[str, str]:
    # Of the user where there is one: one user of a client must not learn of what another did with the same key.
    return {"of_client": tx.principal.actor, "of_operation": operation, "of_key": key}
