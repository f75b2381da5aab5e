"""Proofs in the form that is handed out: base64 hashes, with the signed head that they lead to."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from ..binding import across_tenants
from ..clock import now
from ..database import Database
from ..doors import survey
from ..events import events
from .checkpoints import BadHead, Head, Verifier
from .sequencer import asking
from .tables import audit_heads, audit_leaves, installation_events
from .tree import COUNT, WHY, Ask, Tree

leaf = audit_leaves.c
PLACED = across_tenants(
    select(events.c.position)
    .where(events.c.id == bindparam("entry"))
    .union_all(
        select(installation_events.c.position).where(installation_events.c.id == bindparam("entry"))
    ),
    WHY,
)
AT_ONCE = 20
"""Heads looked at in one read, until one is ours; mostly the first one is."""
NEWEST = across_tenants(
    select(audit_heads.c.size, audit_heads.c.note)
    .where(
        audit_heads.c.size <= select(COUNT).scalar_subquery(),
        audit_heads.c.size < bindparam("below"),
    )
    .order_by(audit_heads.c.size.desc())
    .limit(AT_ONCE),
    WHY,
)
HUGE = 2**63 - 1
LEAF = across_tenants(select(leaf.hash).where(leaf.position == bindparam("at")), WHY)


async def newest(ask: Ask, verifier: Verifier) -> Head | None:
    """The newest head that the workers show in the database and our key has signed; the files are what counts.

    What was put beside them is passed over: who can write a row there must not make us hand out a head of theirs.
    """
    below = HUGE
    while rows := await ask(NEWEST, {"below": below}):
        for row in rows:
            head = _opened(verifier, row.note)
            if head is not None and head.size == row.size:
                return head
        below = rows[-1].size
    return None


async def proved(ask: Ask, position: int, head: Head) -> Mapping[str, Any]:
    """The inclusion proof of a leaf that the head covers."""
    ((hash_,),) = await ask(LEAF, {"at": position})
    path = await Tree(ask).inclusion(position, head.size)
    return {
        "position": position,
        "leaf": encoded(hash_),
        "size": head.size,
        "path": [encoded(one) for one in path],
        "head": head.note,
    }


async def proof(database: Database, event: str, head: Head | None) -> Mapping[str, Any] | None:
    """The proof for an event of any tenant; None where the head does not cover it."""
    async with survey(database, now) as house:
        ask = asking(house)
        placed = await ask(PLACED, {"entry": event})
        if head is None or not placed or placed[0].position is None:
            return None
        if placed[0].position >= head.size:
            return None
        return await proved(ask, placed[0].position, head)


def _opened(verifier: Verifier, note: str) -> Head | None:
    try:
        return verifier.opened(note)
    except BadHead:
        return None


def encoded(value: bytes) -> str:
    return b64encode(value).decode()
