"""Looks entries of the log up, the newest first: those of every organization, or the installation's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from ..binding import across_tenants
from ..clock import now
from ..database import Database
from ..doors import survey
from ..events import events
from .tables import installation_events
from .tree import WHY


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries of every organization: what is given must hold."""

    organization: str | None = None
    type: str | None = None
    actor: str | None = None
    subject: str | None = None
    since: datetime | None = None


async def entries(database: Database, wanted: Wanted, *, most: int) -> Sequence[Row[Any]]:
    """Rows of `events`."""
    e = events.c
    found = select(events).order_by(e.occurred_at.desc(), e.id.desc()).limit(most)
    asked = {
        e.organization_id: wanted.organization,
        e.type: wanted.type,
        e.actor: wanted.actor,
        e.subject: wanted.subject,
    }
    found = found.where(*(column == value for column, value in asked.items() if value is not None))
    if wanted.since is not None:
        found = found.where(e.occurred_at >= wanted.since)
    async with survey(database, now) as house:
        return await house.rows(across_tenants(found, WHY))


async def of_the_installation(
    database: Database, *, type: str | None, since: datetime | None, most: int
) -> Sequence[Row[Any]]:
    """Rows of `installation_events`, which have neither organization, actor nor subject."""
    i = installation_events.c
    found = select(installation_events).order_by(i.occurred_at.desc(), i.id.desc()).limit(most)
    if type is not None:
        found = found.where(i.type == type)
    if since is not None:
        found = found.where(i.occurred_at >= since)
    async with survey(database, now) as house:
        return await house.rows(across_tenants(found, WHY))
