"""Writes down how often operations were run, and adds to what other processes wrote."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.sets import among, key_set

from .tables import usage_days, usage_shapes

MOST = 5_000
"""Shapes kept of an organization; further ones are not told of."""
DIGEST_BYTES = 16

d, s = usage_days.c, usage_shapes.c


@dataclass(frozen=True)
class Shape:
    """What an operation asks for: the coordinates of its fields, arguments and values, as the schema has them."""

    operation: str | None
    coordinates: frozenset[str]

    @cached_property
    def digest(self) -> str:
        text = "\n".join([self.operation or "", *sorted(self.coordinates)])
        return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


class Ran(NamedTuple):
    """An operation that a client ran so often in a span within a day."""

    client: str
    shape: Shape
    document_id: str | None
    requests: int
    errors: int
    cost: int
    since: datetime
    until: datetime


def _see(insert: Any, later: Any) -> Any:
    made = insert(usage_shapes)
    return made.on_conflict_do_update(
        index_elements=[s.organization_id, s.digest],
        set_={"last_seen_at": later(s.last_seen_at, made.excluded.last_seen_at)},
    )


def _add(insert: Any, earlier: Any, later: Any) -> Any:
    made = insert(usage_days)
    new = made.excluded
    return made.on_conflict_do_update(
        index_elements=[d.organization_id, d.date, d.client_id, d.digest, d.document_id],
        set_={
            "requests": d.requests + new.requests,
            "errors": d.errors + new.errors,
            "cost": d.cost + new.cost,
            "first_seen_at": earlier(d.first_seen_at, new.first_seen_at),
            "last_seen_at": later(d.last_seen_at, new.last_seen_at),
        },
    )


SEE = {
    "postgresql": _see(postgresql.insert, func.greatest),
    "sqlite": _see(sqlite.insert, func.max),
}
ADD = {
    "postgresql": _add(postgresql.insert, func.least, func.greatest),
    "sqlite": _add(sqlite.insert, func.min, func.max),
}
KNOWN = select(s.digest).where(among(s.digest, key_set("keys")))
MANY = select(func.count().label("many")).select_from(usage_shapes)


async def note(tx: Transaction, ran: Collection[Ran]) -> int:
    """Add to what is known; how many requests were of shapes that found no room.

    Rows are written in one order, so that processes that write at once wait for each other and never in a circle.
    """
    shapes = {each.shape.digest: each.shape for each in ran}
    known = {row.digest for row in await tx.rows(KNOWN, {"keys": sorted(shapes)})}
    room = MOST - (await tx.rows(MANY))[0].many
    kept = known | set(sorted(shapes.keys() - known)[: max(0, room)])
    seen = _latest(ran)
    await tx.insert(
        SEE[tx.dialect],
        [
            {
                "id": ids.new("ush"),
                "digest": digest,
                "operation": shapes[digest].operation,
                "coordinates": sorted(shapes[digest].coordinates),
                "last_seen_at": seen[digest],
            }
            for digest in sorted(kept)
        ],
    )
    rows = [
        {
            "id": ids.new("usd"),
            "client_id": each.client,
            "digest": each.shape.digest,
            "document_id": each.document_id or "",
            "date": each.until.astimezone(UTC).date(),
            "requests": each.requests,
            "errors": each.errors,
            "cost": each.cost,
            "first_seen_at": each.since,
            "last_seen_at": each.until,
        }
        for each in ran
        if each.shape.digest in kept
    ]
    rows.sort(key=lambda row: (row["date"], row["client_id"], row["digest"], row["document_id"]))
    await tx.insert(ADD[tx.dialect], rows)
    return sum(each.requests for each in ran if each.shape.digest not in kept)


def _latest(ran: Iterable[Ran]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for each in ran:
        digest = each.shape.digest
        found[digest] = max(each.until, found.get(digest, each.until))
    return found
