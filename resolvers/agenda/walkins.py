"""How long a walk-in waits, in the graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import argument

from barberpro.domains.bookings.walkins import answering
from barberpro.graph.context import Context
from barberpro.graph.fields import batched
from barberpro.graph.types import Query, extends, input_type, value
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker

from .availability import COST, AvailabilityRefusal, ShownRefusal, shown_refusal


@input_type
class WalkInWaitInput:
    """Who walks in, and for what."""

    location_id: strawberry.ID
    """Where."""
    service_id: strawberry.ID
    """What they want."""
    provider_id: strawberry.ID | None = None
    """With whom; with whoever has time first where it is left out."""


@value
class WalkInWait:
    """How long somebody waits who walks in now, drawn 200 times over the rest of the day. Nothing is kept for them."""

    p50_minutes: int | None
    """Within so many minutes one of two begins. Null where fewer are served today."""
    p90_minutes: int | None
    """Within so many minutes nine of ten begin. Null where fewer are served today."""
    served_today_bps: int
    """In how many of 10,000 cases they begin before the shop closes; 0 where there is no time left today."""
    timed_visits: int
    """
    Of how many visits of the past 90 days at this location the spread is learned: those with a check-in and an end,
    at most the latest 500. Below 30 a usual spread stands in: two of three visits end within a fifth of their time.
    """
    refusals: list[AvailabilityRefusal]
    """Of what is unknown, or can never be booked so."""


@dataclass(frozen=True)
class ShownWait:
    """A WalkInWait."""

    p50_minutes: int | None
    p90_minutes: int | None
    served_today_bps: int
    timed_visits: int
    refusals: list[ShownRefusal]


Input = Annotated[WalkInWaitInput, argument(description="Who walks in, and for what.")]


async def walk_in_wait(parents: Sequence[Any], context: Context, input: Input) -> list[ShownWait]:
    """How long somebody waits at a shop who walks in now without a booking."""
    found = await answering.answered(
        location_id=input.location_id,
        service_id=input.service_id,
        provider_id=input.provider_id,
        read=context.kept,
        reader=Reader(context.database, worker(context.principal.tenant)),
        copies=context.copies,
        now=context.clock(),
    )
    wait = found.wait
    refusals = [shown_refusal(each) for each in found.refusals]
    shown = ShownWait(wait.half, wait.most, wait.served_bps, found.timed, refusals)
    return [shown for _ in parents]


@extends(Query)
class WalkInQueries:
    walk_in_wait: WalkInWait = batched(walk_in_wait, cost=COST, scope="bookings:read")
