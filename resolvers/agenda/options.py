"""Ways to fit several services at once, in the graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import argument

from barberpro.domains.bookings.appointments import proposing
from barberpro.domains.bookings.appointments.errors import AppointmentOutOfRange
from barberpro.domains.bookings.appointments.proposing import Piece, Window
from barberpro.domains.bookings.availability import answering
from barberpro.domains.bookings.availability.search import FURTHEST, STEPS
from barberpro.domains.bookings.tables import bookings
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched, one
from barberpro.graph.types import Query, extends, input_type, value
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker

from ..catalogue import Service
from ..locations import Location
from ..people import Provider
from .availability import USUAL, AvailabilityRefusal, ShownRefusal, shown_refusal

MOST_OPTIONS = 20
MOST_LOCATIONS = 50
COST = 100
"""As much as a search for slots: it looks at as many agendas."""


@input_type
class AppointmentOptionItemInput:
    """A service that is wanted."""

    service_id: strawberry.ID
    """What."""
    provider_ids: list[strawberry.ID] | None = None
    """With one of these; with anybody who does it where it is left out."""
    guest: int = 0
    """For which of the guests, 0 to 9: services of one guest follow each other, those of several go side by side."""
    after_minutes: int = 0
    """How many minutes, 0 to 480, after the guest's service before, or their first after the beginning."""


@input_type
class AppointmentOptionsInput:
    """An appointment that is looked for."""

    items: list[AppointmentOptionItemInput]
    """The services in order, 1 to 10."""
    location_ids: list[strawberry.ID]
    """Where, 1 to 50; all of it takes place at one of them."""
    starts_from: datetime | None = None
    """The earliest beginning; now where it is left out, and never before."""
    starts_before: datetime | None = None
    """Before when it begins; a week after the earliest where it is left out, and at most 90 days from now."""
    step_minutes: int = 15
    """From the full hour on, every so many minutes it may begin: 5, 10, 15, 20, 30 or 60."""
    first: int = 5
    """How many ways at most, 1 to 20."""


@value
class AppointmentOptionItem:
    """One service of a way to fit an appointment."""

    guest: int
    """For which of the guests."""
    starts_at: datetime
    """When it would begin."""
    ends_at: datetime
    """When it would end."""
    provider: Provider = one(bookings.c.provider_id, scope="people:read")
    """With whom."""
    service: Service = one(bookings.c.service_id, scope="catalogue:read")
    """What."""


@value
class AppointmentOption:
    """A way to fit all of an appointment. It is not kept for anybody until it is booked."""

    starts_at: datetime
    """When it would begin."""
    ends_at: datetime
    """When the last of it would end."""
    location: Location = one(bookings.c.location_id, scope="locations:read")
    """Where."""
    items: list[AppointmentOptionItem]
    """The services in the order asked for."""


@value
class AppointmentOptions:
    """Ways to fit an appointment."""

    options: list[AppointmentOption]
    """What finishes earliest first; one for each beginning and location."""
    refusals: list[AvailabilityRefusal]
    """Of the services and locations that are unknown."""


@dataclass(frozen=True)
class ShownItem:
    """An AppointmentOptionItem."""

    guest: int
    starts_at: datetime
    ends_at: datetime
    provider_id: str
    service_id: str


@dataclass(frozen=True)
class ShownOption:
    """An AppointmentOption."""

    starts_at: datetime
    ends_at: datetime
    location_id: str
    items: list[ShownItem]


@dataclass(frozen=True)
class ShownOptions:
    """An AppointmentOptions."""

    options: list[ShownOption]
    refusals: list[ShownRefusal]


Input = Annotated[AppointmentOptionsInput, argument(description="What is looked for.")]


async def appointment_options(
    parents: Sequence[Any], context: Context, input: Input
) -> list[ShownOptions]:
    """The earliest ways to fit several services, for one or several guests, as of now: those that finish first."""
    now = context.clock()
    pieces = [
        Piece(
            each.service_id,
            None if each.provider_ids is None else frozenset(each.provider_ids),
            each.guest,
            each.after_minutes,
        )
        for each in input.items
    ]
    try:
        found, refusals = await proposing.options(
            pieces,
            input.location_ids,
            _window(input, now),
            read=context.kept,
            reader=Reader(context.database, worker(context.principal.tenant)),
            copies=context.copies,
            now=now,
        )
    except AppointmentOutOfRange as failure:
        raise BadInput(f"`appointmentOptions(input: items)`: {failure}") from None
    shown = [
        ShownOption(
            each.starts_at,
            each.ends_at,
            each.location_id,
            [
                ShownItem(
                    part.guest,
                    part.slot.starts_at,
                    part.slot.ends_at,
                    part.provider_id,
                    piece.service_id,
                )
                for part, piece in zip(each.parts, pieces, strict=True)
            ],
        )
        for each in found
    ]
    return [ShownOptions(shown, [shown_refusal(each) for each in refusals]) for _ in parents]


def _window(given: AppointmentOptionsInput, now: datetime) -> Window:
    begins = max(given.starts_from or now, now)
    ends = given.starts_before or begins + USUAL
    for name, count, most in (
        ("locationIds", len(given.location_ids), MOST_LOCATIONS),
        ("first", given.first, MOST_OPTIONS),
        *(
            ("providerIds", len(each.provider_ids), answering.MOST_PROVIDERS)
            for each in given.items
            if each.provider_ids is not None
        ),
    ):
        if not 1 <= count <= most:
            raise BadInput(f"`appointmentOptions(input: {name})` takes 1 to {most}, not {count}.")
    if given.step_minutes not in STEPS:
        raise BadInput(f"`appointmentOptions(input: stepMinutes)` must be one of {STEPS}.")
    if not begins < ends <= now + FURTHEST:
        raise BadInput(
            "`appointmentOptions(input: startsBefore)` must be after `startsFrom` and now, and is"
            f" at most {FURTHEST.days} days ahead."
        )
    return Window(begins, ends, given.step_minutes, given.first)


@extends(Query)
class AppointmentOptionQueries:
    appointment_options: AppointmentOptions = batched(
        appointment_options, cost=COST, scope="bookings:read"
    )
