"""Drops rows whose time is over, a batch a transaction. What a table keeps, and how long, its domain says as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Delete, bindparam, delete, select

from .binding import across_tenants
from .clock import Clock
from .database import Database
from .doors import housekeeping

BATCH = 1_000
"""Rows a transaction: on SQLite every writer waits meanwhile."""
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Kept:
    """Rows of a table go once this instant of theirs lies so far back; those without one stay."""

    since: Column[datetime]
    span: timedelta = NO_TIME

    @cached_property
    def forgetting(self) -> Delete:
        """The oldest rows that are over, a batch of them. `SKIP LOCKED`: who uses one just now is not waited for."""
        table, key = self.since.table, self.since.table.c.id
        over = (
            select(key)
            .where(self.since <= bindparam("by", type_=self.since.type))
            .order_by(self.since)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        dropped: Any = delete(table).where(key.in_(over))  # type: ignore[arg-type]
        return across_tenants(dropped, "what is over is over in every tenant")


async def forget(database: Database, clock: Clock, rules: Iterable[Kept]) -> int:
    """Drop all that is over by these rules, in their order; how many rows it were."""
    dropped = 0
    for rule in rules:
        found = BATCH
        while found == BATCH:
            async with housekeeping(database, clock) as house:
                by = {"by": house.now - rule.span}
                found = (await house.execute(rule.forgetting, by)).rowcount
            dropped += found
    return dropped
