"""What clients ask of the schema, in the graph: by day, by operation and by field."""

import datetime as dt
from datetime import UTC, date, datetime
from typing import Annotated, Any

import strawberry

from barberpro.domains.identity.usage import service
from barberpro.graph.context import Context
from barberpro.graph.coordinates import deprecation
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched
from barberpro.graph.types import Query, extends, value

SCOPE = "usage:read"
OF_ALL = "audit:read"
"""Who may read what was done by everybody sees everybody's usage, too."""
LONGEST_DAYS = 93
USUAL_DAYS = 28
LONGEST_COORDINATE = 200


First = Annotated[
    date | None,
    strawberry.argument(description="From this day on, in UTC; from 28 days ago by default."),
]
Last = Annotated[
    date | None,
    strawberry.argument(
        description="Until this day, which is in it; at most 93 days. Today by default."
    ),
]
Client = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="By this client; by all that the caller may see by default."),
]
Coordinate = Annotated[
    str | None,
    strawberry.argument(
        description="Only what asked for this, by its schema coordinate: `Booking.notes`, say."
    ),
]


@value
class ApiUsageDay:
    """What was run in a day, in UTC."""

    date: dt.date
    """The day."""
    requests: int
    """How many operations were begun; of subscriptions the start and each event counts."""
    errors: int
    """How many had errors in the answer, or were stopped before there was one."""
    cost: int
    """What was charged."""


@value
class ApiUsageOperation:
    """What a client ran of one operation."""

    client_id: strawberry.ID
    """The client."""
    name: str | None
    """The operation's name, if it has one."""
    document_id: str | None
    """What it was called by; null where its text was sent."""
    requests: int
    """How often it was begun; of subscriptions the start and each event counts."""
    errors: int
    """How many had errors in the answer, or were stopped before there was one."""
    cost: int
    """What was charged."""
    first_seen_at: datetime
    """When it was first run in this time."""
    last_seen_at: datetime
    """When it was last run."""
    coordinates: list[str]
    """What it asks for, by schema coordinates: `Booking.status`, `Query.bookings(first:)`, `BookingStatus.HELD`."""


@value
class ApiUsageField:
    """What was run that asks for one field, argument or value of the schema."""

    coordinate: str
    """Its schema coordinate."""
    requests: int
    """How many operations asked for it."""
    errors: int
    """How many of these had errors in the answer or were stopped, for whatever reason."""
    clients: int
    """How many clients did."""
    first_seen_at: datetime
    """When it was first asked for in this time."""
    last_seen_at: datetime
    """When it was last asked for."""
    deprecation_reason: str | None
    """Why it should not be asked for any more; null where it may be."""


@value
class ApiUsage:
    """What was asked of this API, give or take the last five seconds."""

    requests: int
    """How many operations were begun; what was refused before is not counted."""
    errors: int
    """How many had errors in the answer, or were stopped before there was one."""
    cost: int
    """What was charged."""
    days: list[ApiUsageDay]
    """By day; days without any are left out."""
    operations: list[ApiUsageOperation]
    """By client and operation, what was run most first; at most 200."""
    fields: list[ApiUsageField]
    """By field, what was asked for most first; at most 1,000."""


async def api_usage(
    parents: Any,
    context: Context,
    since: First = None,
    until: Last = None,
    client_id: Client = None,
    coordinate: Coordinate = None,
) -> list[ApiUsage]:
    """What was asked of this API: by your own client; with `audit:read` for the whole organization, by all of its."""
    now = context.clock()
    last = until or now.astimezone(UTC).date()
    first = since or date.fromordinal(max(1, last.toordinal() - USUAL_DAYS + 1))
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise BadInput(f"`apiUsage` is of 1 to {LONGEST_DAYS} days; it is from {first} to {last}.")
    if coordinate is not None and len(coordinate) > LONGEST_COORDINATE:
        raise BadInput(f"`coordinate` has at most {LONGEST_COORDINATE} characters.")
    own = context.principal.client
    if not sees_all(context):
        if client_id not in (None, own):
            raise BadInput(f"Of other clients only who holds `{OF_ALL}` for all locations learns.")
        client_id = strawberry.ID(own)
    wanted = service.Wanted(first, last, client_id, coordinate)
    used = await service.used(context.rows, wanted)
    return [_shown(used, context) for _ in parents]


def sees_all(context: Context) -> bool:
    """Whether the caller learns of every client of the organization."""
    return OF_ALL in context.principal.scopes and context.principal.locations is None


def _shown(used: service.Usage, context: Context) -> Any:
    schema: Any = ApiUsage
    field: Any = ApiUsageField
    return schema(
        requests=used.requests,
        errors=used.errors,
        cost=used.cost,
        days=used.days,
        operations=used.operations,
        fields=[
            field(
                coordinate=each.coordinate,
                requests=each.requests,
                errors=each.errors,
                clients=len(each.clients),
                first_seen_at=each.first_seen_at,
                last_seen_at=each.last_seen_at,
                deprecation_reason=deprecation(context.schema.core, each.coordinate),
            )
            for each in used.fields
        ],
    )


@extends(Query)
class UsageQueries:
    api_usage: ApiUsage = batched(api_usage, cost=30, scope=SCOPE)
