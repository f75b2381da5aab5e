"""Reads the leaves beside the rows that they were made of, and works each one out again."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table, Text, and_, bindparam, cast, select, type_coerce

from ..binding import across_tenants
from ..doors import Housekeeping
from ..events import AFTERWARDS, events, leaf_of
from .installation import NOBODY, PREFIX
from .tables import audit_leaves, installation_events
from .tree import WHY

TABLES = (events, installation_events)
NO_FRACTION = ".000000Z"
"""How SQLite stores an instant on the second; leaves show it without."""


def _body(table: Table) -> tuple[str, ...]:
    """The columns that a leaf commits to, the id first."""
    return ("id", *(str(c.name) for c in table.c if c.name not in AFTERWARDS | {"id"}))


def _chunk(table: Table) -> Any:
    at = audit_leaves.c.position
    joined = audit_leaves.outerjoin(table, table.c.id == audit_leaves.c.entry)
    # Read as they stand: it costs a third of the time to parse them, and what was spoiled must not stop us.
    at_text = type_coerce(table.c.occurred_at, Text)  # which PostgreSQL's driver parses anyway
    raw = {"data": cast(table.c.data, Text), "occurred_at": at_text}
    body = [raw.get(name, table.c[name]) for name in _body(table)]
    mine = audit_leaves.c.entry.like(f"{PREFIX}\\_%", escape="\\")
    within = and_(
        at >= bindparam("start"), at < bindparam("end"), mine if table is not events else ~mine
    )
    columns = (at, audit_leaves.c.entry, audit_leaves.c.hash, table.c.position.label("placed"))
    return across_tenants(
        select(*columns, *body).select_from(joined).where(within).order_by(at), WHY
    )


CHUNKS = [(_chunk(table), _body(table)) for table in TABLES]


class Leaf(NamedTuple):
    """A leaf as it is stored, at its place."""

    at: int
    entry: str
    hash: bytes
    problem: str | None
    """What is wrong between it and its event."""


async def leaves(house: Housekeeping, size: int, chunk: int) -> AsyncIterator[list[Leaf]]:
    """The first `size` leaves in order, so many at a time; those that are gone leave gaps."""
    for start in range(0, size, chunk):
        values = {"start": start, "end": min(size, start + chunk)}
        found: list[Leaf] = []
        for statement, names in CHUNKS:
            rows: Sequence[Any] = (await house.execute(statement, values)).all()
            for at, entry, hash_, *row in rows:
                found.append(Leaf(at, entry, hash_, _problem(names, at, hash_, *row)))
        if found:
            yield sorted(found)


def _problem(
    names: Sequence[str], at: int, hash_: bytes, placed: int | None, *body: Any
) -> str | None:
    """Whether the leaf is still that of its row."""
    if body[0] is None:
        return "is gone"
    if recomputed(names, body) != hash_:
        return "was changed"
    return None if placed == at else f"stands at {placed}"


def recomputed(names: Sequence[str], body: Sequence[Any]) -> bytes:
    """The leaf hash of a row of either table, its JSON as text; empty where that is none."""
    entry = dict(zip(names, body, strict=True))
    at = entry["occurred_at"]
    if isinstance(at, str) and at.endswith(NO_FRACTION):
        entry["occurred_at"] = at.removesuffix(NO_FRACTION) + "Z"
    try:
        entry["data"] = orjson.loads(entry["data"])
    except orjson.JSONDecodeError:
        return b""
    entry.setdefault("organization_id", NOBODY)
    return leaf_of(entry)
