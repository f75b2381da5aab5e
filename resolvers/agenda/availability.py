"""What is free, in the graph."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry
from strawberry import argument

from barberpro.domains.bookings.availability import answering, search
from barberpro.domains.bookings.availability.answering import Asked
from barberpro.domains.bookings.availability.search import FURTHEST, STEPS, Search
from barberpro.domains.bookings.tables import bookings
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched, computed, one
from barberpro.graph.types import Query, enumeration, extends, input_type, value
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker

from ..catalogue import Service
from ..locations import Location
from ..people import Provider
from ..values import Money, money

MOST_SLOTS = 100
USUAL = timedelta(days=7)
COST = 100
"""As much as a page of some thirty bookings: it holds up to a hundred slots, each with what it is of."""


@enumeration
class AvailabilityOrder(enum.Enum):
    """Which slots come first."""

    BEST = "BEST"
    """
    Preferred providers first, then by price, then those that leave no gap too short for any service, then by time.
    """
    EARLIEST = "EARLIEST"
    """By time, then preferred providers, then by price."""


@input_type
class AvailabilityInput:
    """What is searched for."""

    service_ids: list[strawberry.ID]
    """Which services, 1 to 10: a slot is of any of them."""
    location_ids: list[strawberry.ID] | None = None
    """Where, at most 500; where it is left out, anywhere the caller may see, of more than 500 those opened first."""
    provider_ids: list[strawberry.ID] | None = None
    """With whom, at most 100 providers; with anybody where it is left out."""
    preferred_provider_ids: list[strawberry.ID] | None = None
    """Whom the customer likes, at most 100."""
    starts_from: datetime | None = None
    """The earliest start; now where it is left out, and never before."""
    starts_before: datetime | None = None
    """Before when a slot starts; a week after the earliest where it is left out, and at most 90 days from now."""
    wanted: datetime | None = None
    """
    A time in particular: who is free then comes first, and `refusals` say why others are not. Of more than 2,000
    combinations of location, provider and service only so many are looked at.
    """
    step_minutes: int = 15
    """From the full hour on, every so many minutes a slot may start: 5, 10, 15, 20, 30 or 60."""
    first: int = 20
    """How many slots at most, 1 to 100."""
    order: AvailabilityOrder = AvailabilityOrder.BEST
    """Which come first."""


@value
class AvailabilitySlot:
    """A free place in an agenda. It is not kept for anybody until it is booked."""

    starts_at: datetime
    """When the service would begin."""
    ends_at: datetime
    """When it would end."""
    price: Money = money("price_minor")
    """What it costs today."""
    is_preferred: bool
    """Whether it is with somebody the customer likes."""
    gap_minutes: int
    """How much of the provider's time it would leave in gaps too short for any service."""
    location: Location = one(bookings.c.location_id, scope="locations:read")
    """Where."""
    provider: Provider = one(bookings.c.provider_id, scope="people:read")
    """With whom."""
    service: Service = one(bookings.c.service_id, scope="catalogue:read")
    """What."""


def told(failure: Any, context: Context) -> str:
    """What stands in the way, for people, in the caller's language."""
    return context.catalogue.message(failure, context.language)


@value
class AvailabilityRefusal:
    """A rule that keeps something from being booked."""

    code: str
    """The rule, for programs, by the code that booking it would be refused with."""
    message: str = computed("failure", fn=told)
    location: Location | None = one(bookings.c.location_id, scope="locations:read")
    """Where; null where it is about something that is unknown."""
    provider: Provider | None = one(bookings.c.provider_id, scope="people:read")
    """With whom; null where it is about something that is unknown."""
    service: Service | None = one(bookings.c.service_id, scope="catalogue:read")
    """What; null where it is about something that is unknown."""


@value
class Availability:
    """What is free, and what cannot be booked."""

    slots: list[AvailabilitySlot]
    """The free slots, in the order asked for."""
    refusals: list[AvailabilityRefusal]
    """At most 50: of what is unknown or can never be booked so, and of the wanted time."""


@dataclass(frozen=True)
class Shown:
    """An AvailabilitySlot."""

    starts_at: datetime
    ends_at: datetime
    price_minor: int
    currency_code: str
    is_preferred: bool
    gap_minutes: int
    location_id: str
    provider_id: str
    service_id: str


@dataclass(frozen=True)
class ShownRefusal:
    """An AvailabilityRefusal."""

    code: str
    failure: Any
    location_id: str | None
    provider_id: str | None
    service_id: str | None


@dataclass(frozen=True)
class ShownAvailability:
    """An Availability."""

    slots: list[Shown]
    refusals: list[ShownRefusal]


Input = Annotated[AvailabilityInput, argument(description="What is searched for.")]


async def availability(
    parents: Sequence[Any], context: Context, input: Input
) -> list[ShownAvailability]:
    """Free slots of several locations, services and providers at once, as of now: who books one at once gets it."""
    now = context.clock()
    asked = _asked(input, now)
    found = await answering.answered(
        asked,
        read=context.kept,
        reader=Reader(context.database, worker(context.principal.tenant)),
        copies=context.copies,
        now=now,
    )
    shown = ShownAvailability(
        [_slot(each) for each in found.slots], [shown_refusal(each) for each in found.refusals]
    )
    return [shown for _ in parents]


def _asked(given: AvailabilityInput, now: datetime) -> Asked:
    begins = max(given.starts_from or now, now)
    ends = given.starts_before or begins + USUAL
    _check("serviceIds", len(given.service_ids), 1, answering.MOST_SERVICES)
    _check("locationIds", len(given.location_ids or ()), 0, answering.MOST_LOCATIONS)
    _check("providerIds", len(given.provider_ids or ()), 0, answering.MOST_PROVIDERS)
    _check(
        "preferredProviderIds",
        len(given.preferred_provider_ids or ()),
        0,
        answering.MOST_PROVIDERS,
    )
    _check("first", given.first, 1, MOST_SLOTS)
    if given.step_minutes not in STEPS:
        raise BadInput(f"`availability(input: stepMinutes)` must be one of {STEPS}.")
    if not begins < ends:
        raise BadInput("`availability(input: startsBefore)` must be after `startsFrom` and now.")
    if ends > now + FURTHEST:
        raise BadInput(
            f"`availability(input: startsBefore)` is at most {FURTHEST.days} days ahead."
        )
    return Asked(
        location_ids=given.location_ids,
        service_ids=given.service_ids,
        provider_ids=given.provider_ids,
        wanted=given.wanted,
        search=Search(
            begins=begins,
            ends=ends,
            step_minutes=given.step_minutes,
            first=given.first,
            order=search.Order(given.order.value),
            preferred=frozenset(given.preferred_provider_ids or ()),
            useful_minutes=1,
        ),
    )


def _check(name: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise BadInput(f"`availability(input: {name})` takes {least} to {most}; there are {count}.")


def _slot(slot: search.Slot) -> Shown:
    match = slot.match
    return Shown(
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        price_minor=match.offer.price_minor,
        currency_code=match.offer.currency_code,
        is_preferred=slot.is_preferred,
        gap_minutes=slot.gap_minutes,
        location_id=match.place.id,
        provider_id=match.person.id,
        service_id=match.offer.id,
    )


def shown_refusal(refusal: answering.Refusal) -> ShownRefusal:
    """A refusal as it is shown."""
    return ShownRefusal(
        code=refusal.failure.code,
        failure=refusal.failure,
        location_id=refusal.location_id,
        provider_id=refusal.provider_id,
        service_id=refusal.service_id,
    )


@extends(Query)
class AvailabilityQueries:
    availability: Availability = batched(availability, cost=COST, scope="bookings:read")
