"""Holds the signed heads against the log's age and against what the database shows of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, union_all

from ..binding import across_tenants
from ..doors import Housekeeping
from ..events import events
from .checkpoints import Head
from .tables import audit_heads, audit_leaves, installation_events
from .tree import WHY

CHUNK = 10_000
"""Rows of heads read at a time."""

shown = audit_heads.c
SHOWN = across_tenants(
    select(shown.size, shown.root)
    .where(
        shown.size > bindparam("after"),
        or_(shown.size <= bindparam("newest"), shown.size > bindparam("leaves")),
    )
    .order_by(shown.size)
    .limit(CHUNK),
    WHY,
)
MADE = across_tenants(
    union_all(
        *(
            select(table.c.occurred_at)
            .join_from(audit_leaves, table, table.c.id == audit_leaves.c.entry)
            .where(audit_leaves.c.position == bindparam("at"))
            for table in (events, installation_events)
        )
    ),
    WHY,
)


async def held_against(
    house: Housekeeping, heads: Sequence[Head], size: int, patience_began: datetime
) -> list[tuple[int | None, str]]:
    """What is wrong with the heads of a log of so many leaves, each with the first leaf it concerns.

    `heads` were read before the log, so a worker may have signed one since that the database shows already; what
    it shows beyond the newest of ours is none of theirs only where it is beyond the log too.
    """
    found: list[tuple[int | None, str]] = []
    newest = max((head.size for head in heads), default=0)
    if size and not heads:
        found.append((None, f"there is no signed head to hold {size} leaves against"))
    elif newest < size:
        made = (await house.execute(MADE, {"at": newest})).all()
        if made and made[0].occurred_at < patience_began:
            since = f"{made[0].occurred_at:%F %T}"
            found.append(
                (newest, f"leaves from {newest} on are under no signed head since {since}")
            )
    ours = {(head.size, head.root) for head in heads}
    values = {"after": -1, "newest": newest, "leaves": size}
    while rows := (await house.execute(SHOWN, values)).all():
        for row in rows:
            if (row.size, row.root) not in ours:
                says = f"the database shows a head of {row.size} leaves that was not signed"
                found.append((min(row.size, size), says))
        values["after"] = rows[-1].size
    return found
