"""Bulk scheduling, in the graph: plans of many visits over many locations."""

import enum
from datetime import datetime
from typing import Any

import strawberry
from pydantic import ValidationError
from sqlalchemy import Row

from barberpro.domains.bookings import tables
from barberpro.domains.bookings.planning import service
from barberpro.domains.bookings.planning.drawing import Wanted
from barberpro.domains.bookings.planning.errors import (
    PlanNoLongerFits,
    PlanNotFound,
    PlanOutOfRange,
    WindowTooShort,
    WrongPlanStatus,
)
from barberpro.domains.bookings.planning.instance import Policies
from barberpro.domains.catalogue.errors import ServiceNotFound, ServiceWithdrawn
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import CustomerErased, CustomerNotFound, ProviderNotFound
from barberpro.graph.choices import ordering
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import Connection, by_id, computed, connection, one
from barberpro.graph.mutations import mutation
from barberpro.graph.types import Mutation, Node, Query, entity, enumeration, extends, input_type
from barberpro.platform.doors import Transaction

from .bookings import Booking
from .catalogue import Service
from .locations import Chair, Location
from .people import Customer, Provider


@enumeration
class SchedulePlanStatus(enum.Enum):
    """Where a plan stands."""

    IMPROVING = "IMPROVING"
    """It is being improved: what it says is what was best at first."""
    PROPOSED = "PROPOSED"
    """It is as good as it gets, and can be applied."""
    APPLIED = "APPLIED"
    """All its visits were booked."""
    CANCELLED = "CANCELLED"
    """It was given up."""


@enumeration
class ScheduleRule(enum.Enum):
    """What is against a visit."""

    SKILL = "SKILL"
    """The provider does not do the service."""
    PROVIDER = "PROVIDER"
    """The provider is not among those wanted."""
    LOCATION = "LOCATION"
    """The location is not among those wanted."""
    WINDOW = "WINDOW"
    """It is not when wanted."""
    SHIFT = "SHIFT"
    """The provider is not at work for long enough."""
    BUSY = "BUSY"
    """Other visits are in the way."""
    CHAIR = "CHAIR"
    """No chair is free."""
    TRAVEL = "TRAVEL"
    """It is further than a provider may travel in a day."""


def rules(breaks: Any) -> list[str]:
    """The rules, as they are kept."""
    return list(breaks)


def is_placed(chair_id: str | None) -> bool:
    """What has a chair has a place."""
    return chair_id is not None


def part(minutes: int, shift_minutes: int) -> float:
    """Of the minutes of all shifts, in parts of one."""
    return round(minutes / max(1, shift_minutes), 4)


i = tables.plan_items.c
SchedulePlanItemOrder = ordering(
    "SchedulePlanItem",
    {
        "PLACE_IN_PLAN": "In the order in which they were asked for.",
    },
    PLACE_IN_PLAN=i.place_in_plan,
)


@entity(tables.plan_items, scope="bookings:read")
class SchedulePlanItem(Node):
    """One request of a plan, with its place; or, where it has none, with the place it comes nearest to."""

    place_in_plan: int
    """Its place among the requests, from 0."""
    is_placed: bool = computed("chair_id", fn=is_placed)
    """Whether it has a place."""
    starts_at: datetime | None
    """When it begins, or would begin; null where no time would do."""
    breaks: list[ScheduleRule] = computed("breaks", fn=rules)
    """The rules against the place it comes nearest to; none where it has a place."""
    location: Location | None = one(i.location_id, scope="locations:read")
    """Where."""
    provider: Provider | None = one(i.provider_id, scope="people:read")
    """With whom."""
    chair: Chair | None = one(i.chair_id, scope="locations:read")
    """In which chair; null where it has no place."""
    customer: Customer | None = one(i.customer_id, scope="people:read")
    """For whom."""
    service: Service = one(i.service_id, scope="catalogue:read")
    """What."""
    booking: Booking | None = one(i.booking_id)
    """What was booked when the plan was applied."""


@entity(tables.plans, scope="bookings:read")
class SchedulePlan(Node):
    """A proposal of when, where and with whom many visits could take place. Nothing is booked until it is applied.

    A caller limited to locations sees the plans with a visit there, and of these the visits there.
    """

    status: SchedulePlanStatus
    """Where it stands."""
    progress: int
    """How much of the improving is done, in percent."""
    requests: int
    """How many visits were asked for."""
    accepted: int
    """How many have a place."""
    greedy_accepted: int
    """How many had a place at first, when each was given the first that fitted."""
    utilisation: float = computed("taken_minutes", "shift_minutes", fn=part)
    """The minutes taken, with what was booked before and all buffers, of the minutes of all shifts; in parts of one."""
    greedy_utilisation: float = computed("greedy_minutes", "shift_minutes", fn=part)
    """The same at first."""
    bound_utilisation: float = computed("bound_minutes", "shift_minutes", fn=part)
    """What no plan of these requests can exceed, proved."""
    created_at: datetime
    """When it was made."""
    items: Connection[SchedulePlanItem] = connection(i.plan_id, ordering=SchedulePlanItemOrder)
    """The requests, in the order given."""


@input_type
class ScheduleRequestInput:
    """A visit that somebody asks for."""

    customer_id: strawberry.ID
    """For whom."""
    service_id: strawberry.ID
    """What."""
    earliest: datetime
    """When it may begin."""
    latest: datetime
    """By when it has ended."""
    location_ids: list[strawberry.ID] | None = None
    """Where it must be; anywhere where it is left out."""
    provider_ids: list[strawberry.ID] | None = None
    """With whom it must be; with anybody where it is left out."""
    preferred_provider_ids: list[strawberry.ID] | None = None
    """With whom it had better be."""
    value: int | None = None
    """What giving it a place is worth, 0 to 1,000,000 points; its minutes where it is left out."""


@input_type
class SchedulePlanMakeInput:
    """Visits to be planned together."""

    requests: list[ScheduleRequestInput]
    """The visits, 1 to 300, all within seven days."""
    improve_seconds: int = 20
    """For how long the plan is improved, 0 to 300 seconds."""
    seed: int = 1
    """Of the chances taken while it is improved."""
    preferred_provider: int = 15
    """Points for a visit with somebody it had better be with, 0 to 1,000,000."""
    fairness: int = 0
    """Points lost for each provider fully booked, 0 to 1,000,000, growing with the square of the share booked."""
    max_travel_minutes: int | None = None
    """The longest a provider may be on the way in a day, 0 to 1,440; without limit where it is left out."""
    min_rest_minutes: int = 0
    """Free minutes between two visits of a provider, 0 to 1,440."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the plan is made once. Kept for a day."""


@input_type
class SchedulePlanApplyInput:
    """A plan to be applied."""

    plan_id: strawberry.ID
    """Which plan."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: the plan is applied once. Kept for a day."""


@input_type
class SchedulePlanCancelInput:
    """A plan to be given up."""

    plan_id: strawberry.ID
    """Which plan."""


@mutation(
    SchedulePlan,
    raises={
        PlanOutOfRange: "requests",
        WindowTooShort: "requests",
        CustomerNotFound: "requests",
        CustomerErased: "requests",
        ServiceNotFound: "requests",
        ServiceWithdrawn: "requests",
        LocationNotFound: "requests",
        ProviderNotFound: "requests",
    },
    scope="bookings:write",
    idempotent=True,
)
async def schedule_plan_make(tx: Transaction, input: SchedulePlanMakeInput) -> Row[Any]:
    """Plan many visits over many locations around what is booked: by first fit at once, then better as it improves."""
    policies = _policies(input)
    wanted = [
        Wanted(
            customer_id=each.customer_id,
            service_id=each.service_id,
            earliest=each.earliest,
            latest=each.latest,
            location_ids=each.location_ids,
            provider_ids=each.provider_ids,
            preferred_provider_ids=each.preferred_provider_ids or (),
            value=each.value,
        )
        for each in input.requests
    ]
    return await service.make_plan(
        tx, wanted=wanted, seconds=input.improve_seconds, seed=input.seed, policies=policies
    )


@mutation(
    SchedulePlan,
    raises={PlanNotFound: "planId", WrongPlanStatus: "planId", PlanNoLongerFits: "planId"},
    scope="bookings:write",
    idempotent=True,
)
async def schedule_plan_apply(tx: Transaction, input: SchedulePlanApplyInput) -> Row[Any]:
    """Book every visit of a plan that has a place. Where one of them cannot be booked any more, none is."""
    return await service.apply_plan(tx, input.plan_id)


@mutation(
    SchedulePlan,
    raises={PlanNotFound: "planId", WrongPlanStatus: "planId"},
    scope="bookings:write",
)
async def schedule_plan_cancel(tx: Transaction, input: SchedulePlanCancelInput) -> Row[Any]:
    """Give a plan up; its improving ends within seconds."""
    return await service.cancel_plan(tx, input.plan_id)


def _policies(given: SchedulePlanMakeInput) -> Policies:
    try:
        return Policies(
            preferred_provider=given.preferred_provider,
            fairness=given.fairness,
            max_travel_minutes=given.max_travel_minutes,
            min_rest_minutes=given.min_rest_minutes,
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        raise BadInput(f"`input.{wrong['loc'][0]}`: {wrong['msg']}.") from None


@extends(Mutation)
class PlanningMutations:
    schedule_plan_make = schedule_plan_make
    schedule_plan_apply = schedule_plan_apply
    schedule_plan_cancel = schedule_plan_cancel


@extends(Query)
class PlanningQueries:
    schedule_plan: SchedulePlan | None = by_id(tables.plans)
    """A plan by id; null where the caller can see none."""
