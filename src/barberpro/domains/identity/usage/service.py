"""What was used: by day, by operation and by field, of a client or of all of an organization's."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Rows
from barberpro.platform.sets import among, key_set

from ..tables import clients
from .noting import note as note
from .tables import usage_days, usage_shapes

MOST_OPERATIONS = 200
MOST_FIELDS = 1_000

d, s = usage_days.c, usage_shapes.c
TOTALS = (
    func.sum(d.requests).label("requests"),
    func.sum(d.errors).label("errors"),
    func.sum(d.cost).label("cost"),
    func.min(d.first_seen_at).label("first_seen_at"),
    func.max(d.last_seen_at).label("last_seen_at"),
)
SHAPES = select(s.digest, s.operation, s.coordinates).where(among(s.digest, key_set("keys")))
"""Of what was found alone: an organization's may be megabytes, and a client's are few."""
READS = "the operator looks at every tenant's usage before the schema changes"
BY_CLIENT = across_tenants(
    select(clients.c.name.label("client"), d.digest, d.organization_id, *TOTALS)
    .join_from(usage_days, clients, clients.c.id == d.client_id)
    .where(d.date >= bindparam("since"))
    .group_by(clients.c.name, d.digest, d.organization_id)
    .order_by(clients.c.name),
    READS,
)
ALL_SHAPES = across_tenants(select(s.organization_id, s.digest, s.coordinates), READS)

Date = date
Read = Callable[[Select[*tuple[Any, ...]], Mapping[str, Any]], Awaitable[Rows]]


@dataclass(frozen=True)
class Wanted:
    """Which usage: from one day to another, both in it, in UTC; of one client, of what asks for one thing."""

    since: date
    until: date
    client: str | None = None
    coordinate: str | None = None


@dataclass(kw_only=True)
class Total:
    """How much it was."""

    requests: int = 0
    errors: int = 0
    cost: int = 0

    def add(self, row: Any) -> None:
        """Add the sums of a row."""
        self.requests += int(row.requests)
        self.errors += int(row.errors)
        self.cost += int(row.cost)


@dataclass(kw_only=True)
class Day(Total):
    """What was run in a day."""

    date: Date


@dataclass(kw_only=True)
class Operation(Total):
    """What a client ran of one operation."""

    client_id: str
    name: str | None
    document_id: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    coordinates: Sequence[str]


@dataclass(kw_only=True)
class Field(Total):
    """What was run that asks for one thing of the schema."""

    coordinate: str
    first_seen_at: datetime
    last_seen_at: datetime
    clients: set[str] = field(default_factory=set)

    def see(self, row: Any) -> None:
        """Add an operation that asks for it."""
        self.add(row)
        self.clients.add(row.client_id)
        self.first_seen_at = min(self.first_seen_at, row.first_seen_at)
        self.last_seen_at = max(self.last_seen_at, row.last_seen_at)


@dataclass(kw_only=True)
class Usage(Total):
    """All of it."""

    days: Sequence[Day] = ()
    operations: Sequence[Operation] = ()
    fields: Sequence[Field] = ()


async def used(read: Read, wanted: Wanted) -> Usage:
    """What was run, in three statements."""
    values: dict[str, Any] = {"since": wanted.since, "until": wanted.until}
    if wanted.client is not None:
        values["of_client"] = wanted.client
    rows = await read(_grouped((d.client_id, d.digest, d.document_id), values), values)
    shapes = {
        row.digest: row
        for row in await read(SHAPES, {"keys": sorted({row.digest for row in rows})})
        if wanted.coordinate is None or wanted.coordinate in row.coordinates
    }
    if wanted.coordinate is not None:
        rows = [row for row in rows if row.digest in shapes]
        values["keys"] = sorted(shapes)
    days = await read(_grouped((d.date,), values), values)
    found = Usage(days=[_of(Day(date=row.date), row) for row in days])
    fields: dict[str, Field] = {}
    operations = []
    for row in rows:
        found.add(row)
        shape = shapes.get(row.digest)
        coordinates = list(shape.coordinates) if shape is not None else []
        operation = Operation(
            client_id=row.client_id,
            name=shape.operation if shape is not None else None,
            document_id=row.document_id or None,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            coordinates=coordinates,
        )
        operations.append(_of(operation, row))
        for coordinate in coordinates:
            if wanted.coordinate in (None, coordinate):
                seen = {"first_seen_at": row.first_seen_at, "last_seen_at": row.last_seen_at}
                fields.setdefault(coordinate, Field(coordinate=coordinate, **seen)).see(row)
    found.operations = _most(operations, lambda o: (o.client_id, o.name or ""), MOST_OPERATIONS)
    found.fields = _most(list(fields.values()), lambda f: (f.coordinate,), MOST_FIELDS)
    return found


def _of(total: Any, row: Any) -> Any:
    total.add(row)
    return total


def _most(found: list[Any], name: Callable[[Any], tuple[str, ...]], most: int) -> list[Any]:
    return sorted(found, key=lambda each: (-each.requests, name(each)))[:most]


def _grouped(columns: tuple[Any, ...], given: Collection[str]) -> Select[*tuple[Any, ...]]:
    statement = (
        select(*columns, *TOTALS)
        .where(d.date >= bindparam("since"), d.date <= bindparam("until"))
        .group_by(*columns)
        .order_by(*columns)
    )
    if "of_client" in given:
        statement = statement.where(d.client_id == bindparam("of_client"))
    if "keys" in given:
        statement = statement.where(among(d.digest, key_set("keys")))
    return statement


async def used_by(
    read: Callable[[Any, Mapping[str, Any]], Awaitable[Rows]], since: date
) -> Mapping[str, list[Any]]:
    """For each coordinate the clients of every tenant that asked for it since then, by name: rows with their totals."""
    shapes = {
        (row.organization_id, row.digest): row.coordinates for row in await read(ALL_SHAPES, {})
    }
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await read(BY_CLIENT, {"since": since}):
        for coordinate in shapes.get((row.organization_id, row.digest), ()):
            found[coordinate].append(row)
    return found
