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
from .checkpoints import Head
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
NEWEST = across_tenants(
    select(audit_heads)
    .where(audit_heads.c.size <= select(COUNT).scalar_subquery())
    .order_by(audit_heads.c.size.desc())
    .limit(1),
    WHY,
)
LEAF = across_tenants(select(leaf.hash).where(leaf.position == bindparam("at")), WHY)


async def newest(ask: Ask) -> Head | None:
    """The newest head as the workers show it in the database; the files are what counts.

    One that claims more leaves than there are is none of ours. The signature is for the reader of the note to check.
    """
    rows = await ask(NEWEST, {})
    return Head(rows[0].size, rows[0].root, rows[0].note) if rows else None


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


def encoded(value: bytes) -> str:
    return b64encode(value).decode()
