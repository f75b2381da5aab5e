"""What clients in the mode `log` send as text, written down with how often: what locking them would refuse."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.platform import ids
from barberpro.platform.doors import Transaction

from . import identifiers
from .tables import unregistered

MOST = 500
"""Texts kept of a client; further ones are not told of. Who fills this up is far from being locked."""

c = unregistered.c


class Sent(NamedTuple):
    """A text that was sent so often in a span."""

    text: str
    name: str | None
    times: int
    since: datetime
    until: datetime


def _add(insert: Any, later: Any) -> Any:
    made = insert(unregistered)
    return made.on_conflict_do_update(
        index_elements=[c.organization_id, c.client_id, c.sha256],
        set_={
            "times": c.times + made.excluded.times,
            "last_seen_at": later(c.last_seen_at, made.excluded.last_seen_at),
        },
    )


ADD = {
    "postgresql": _add(postgresql.insert, func.greatest),
    "sqlite": _add(sqlite.insert, func.max),
}
KNOWN = select(c.sha256).where(c.client_id == bindparam("of_client"))


async def note(tx: Transaction, client: str, sent: Collection[Sent]) -> int:
    """Add to what is known of a client; how many of these were new and found no room."""
    rows = await tx.rows(KNOWN, {"of_client": client})
    known = {row.sha256 for row in rows}
    left_out, added = 0, []
    for each in sorted(sent, key=lambda one: identifiers.of(one.text).digest):
        sha256 = identifiers.of(each.text).digest
        if sha256 not in known and len(known) >= MOST:
            left_out += 1
            continue
        known.add(sha256)
        added.append(
            {
                "id": ids.new("unr"),
                "client_id": client,
                "sha256": sha256,
                "name": each.name,
                "text": each.text,
                "times": each.times,
                "first_seen_at": each.since,
                "last_seen_at": each.until,
            }
        )
    await tx.insert(ADD[tx.dialect], added)
    return left_out
