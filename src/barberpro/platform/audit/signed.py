"""Holds what the database shows of the heads, and the age of what none covers, against the heads that were signed."""

from datetime import datetime

from sqlalchemy import bindparam, select, union_all

from ..binding import across_tenants
from ..doors import Housekeeping
from ..events import events
from .checkpoints import Head
from .tables import audit_heads, audit_leaves, installation_events
from .tree import WHY

MOST = 100
"""Heads beyond the log's end that are looked at."""

shown = audit_heads.c
WITHIN = across_tenants(
    select(shown.size, shown.root)
    .where(shown.size > bindparam("after"), shown.size <= bindparam("newest"))
    .order_by(shown.size),
    WHY,
)
BEYOND = across_tenants(
    select(shown.size, shown.root)
    .where(shown.size > bindparam("leaves"))
    .order_by(shown.size)
    .limit(MOST),
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


class Signed:
    """The heads that were met so far, in order of size, and what the database shows beside them."""

    def __init__(self, house: Housekeeping) -> None:
        self._house = house
        self._met: set[tuple[int, bytes]] = set()
        self._looked = -1
        self.newest = 0
        """The size of the last one; 0 before the first."""

    def meet(self, head: Head) -> None:
        self._met.add((head.size, head.root))
        self.newest = head.size

    async def unsigned(self) -> list[int]:
        """Sizes of heads shown since the last look, up to the last one met, that are none of those met since.

        Heads are read before what is shown, so a worker may have signed one since that is shown already: what is
        shown beyond the last one is left for later.
        """
        if not self._met:
            return []
        within = {"after": self._looked, "newest": self.newest}
        rows = (await self._house.execute(WITHIN, within)).all()
        unknown = [row.size for row in rows if (row.size, row.root) not in self._met]
        self._met, self._looked = set(), self.newest
        return unknown

    async def beyond(self, leaves: int) -> set[tuple[int, bytes]]:
        """Size and root of heads shown for more leaves than there are."""
        rows = (await self._house.execute(BEYOND, {"leaves": leaves})).all()
        return {(row.size, row.root) for row in rows}

    async def missing(self, size: int, patience_began: datetime) -> tuple[int | None, str] | None:
        """What is to be said where the log has leaves that no head covers, though a worker had time enough."""
        if size and not self.newest:
            return None, f"there is no signed head to hold {size} leaves against"
        if self.newest < size:
            made = (await self._house.execute(MADE, {"at": self.newest})).all()
            if made and made[0].occurred_at < patience_began:
                since = f"{made[0].occurred_at:%F %T}"
                says = f"leaves from {self.newest} on are under no signed head since {since}"
                return self.newest, says
        return None
