"""When providers are at work, and what they can do."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.domains.locations.errors import InvalidHours, LocationNotFound
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service, tables
from barberpro.domains.people.errors import (
    AbsenceNotFound,
    InvalidAbsence,
    ProviderNotFound,
    ShiftsOverlap,
    TooManyAbsences,
    TooManyShifts,
    TooManySkills,
)
from barberpro.graph.fields import computed, many, one
from barberpro.graph.mutations import mutation
from barberpro.graph.scalars import LocalTime, local_time, minutes
from barberpro.graph.types import Mutation, Node, entity, extends, input_type
from barberpro.platform.doors import Transaction

from ..catalogue import Service
from ..locations import Location
from ..people import Provider


@entity(tables.shifts, scope="people:read")
class Shift(Node):
    """When a provider is at work on a weekday."""

    weekday: int
    """Day of the week as in ISO 8601: Monday is 1, Sunday is 7."""
    starts_at: LocalTime = computed("starts_minute", fn=local_time)
    """When it starts, on the location's wall clock."""
    ends_at: LocalTime = computed("ends_minute", fn=local_time)
    """When it ends; a booking has ended by then."""
    location: Location = one(tables.shifts.c.location_id, scope="locations:read")
    """Where."""


@entity(tables.absences, scope="people:read")
class Absence(Node):
    """A provider's time off."""

    starts_at: datetime
    """From when on."""
    ends_at: datetime
    """Until when."""
    location: Location | None = one(tables.absences.c.location_id, scope="locations:read")
    """Where they are away; null: everywhere."""


@extends(Provider)
class ProviderRoster:
    shifts: list[Shift] = many(
        tables.shifts.c.provider_id,
        order=(tables.shifts.c.weekday, tables.shifts.c.starts_minute),
        size=10,
    )
    """When they are at work, from Monday on. Who has none anywhere works whenever their locations are open."""
    absences: list[Absence] = many(
        tables.absences.c.provider_id, order=(tables.absences.c.starts_at,), size=5
    )
    """Their time off, past and to come, in order."""
    skills: list[Service] = many(
        tables.skills.c.provider_id,
        through=tables.skills.c.service_id,
        size=10,
        scope="catalogue:read",
    )
    """The services they do; whatever is offered where there are none."""


@input_type
class ShiftInput:
    """When a provider is at work on a weekday."""

    location_id: strawberry.ID
    """Where."""
    weekday: int
    """Day of the week as in ISO 8601: Monday is 1, Sunday is 7."""
    starts_at: LocalTime
    """When it starts, on the location's wall clock."""
    ends_at: LocalTime
    """When it ends; `24:00` for midnight."""


@input_type
class ProviderSetShiftsInput:
    """A provider's week."""

    provider_id: strawberry.ID
    """Which provider."""
    shifts: list[ShiftInput]
    """All their shifts from now on, at most 56. With none they work whenever their locations are open."""


@input_type
class ProviderTakeOffInput:
    """Time off."""

    provider_id: strawberry.ID
    """Which provider."""
    starts_at: datetime
    """From when on."""
    ends_at: datetime
    """Until when."""
    location_id: strawberry.ID | None = None
    """Where they are away; everywhere where it is left out."""


@input_type
class ProviderComeBackInput:
    """Time off that is taken back."""

    absence_id: strawberry.ID
    """Which."""


@input_type
class ProviderSetSkillsInput:
    """What a provider does."""

    provider_id: strawberry.ID
    """Which provider."""
    service_ids: list[strawberry.ID]
    """All the services they do from now on, at most 500. With none they do whatever is offered."""


@mutation(
    Provider,
    raises={
        ProviderNotFound: "providerId",
        LocationNotFound: "shifts",
        InvalidHours: "shifts",
        ShiftsOverlap: "shifts",
        TooManyShifts: "shifts",
    },
    scope="people:write",
)
async def provider_set_shifts(tx: Transaction, input: ProviderSetShiftsInput) -> Row[Any]:
    """Replace a provider's shifts at the locations the caller may see. Bookings outside them still stand."""
    week = [
        service.Shift(s.location_id, Span(s.weekday, minutes(s.starts_at), minutes(s.ends_at)))
        for s in input.shifts
    ]
    return await service.set_shifts(tx, input.provider_id, week=week)


@mutation(
    Absence,
    raises={
        ProviderNotFound: "providerId",
        LocationNotFound: "locationId",
        InvalidAbsence: "endsAt",
        TooManyAbsences: None,
    },
    scope="people:write",
)
async def provider_take_off(tx: Transaction, input: ProviderTakeOffInput) -> Row[Any]:
    """Take no bookings for a provider meanwhile. Those they have still stand."""
    return await service.take_off(
        tx,
        input.provider_id,
        starts_at=input.starts_at,
        ends_at=input.ends_at,
        location_id=input.location_id,
    )


@mutation(Provider, raises={AbsenceNotFound: "absenceId"}, scope="people:write")
async def provider_come_back(tx: Transaction, input: ProviderComeBackInput) -> Row[Any]:
    """Take time off back: the provider can be booked then."""
    return await service.come_back(tx, input.absence_id)


@mutation(
    Provider,
    raises={
        ProviderNotFound: "providerId",
        ServiceNotFound: "serviceIds",
        TooManySkills: "serviceIds",
    },
    scope="people:write",
)
async def provider_set_skills(tx: Transaction, input: ProviderSetSkillsInput) -> Row[Any]:
    """Say what a provider does. Bookings of other services still stand."""
    return await service.set_skills(tx, input.provider_id, service_ids=input.service_ids)


@extends(Mutation)
class RosterMutations:
    provider_set_shifts = provider_set_shifts
    provider_take_off = provider_take_off
    provider_come_back = provider_come_back
    provider_set_skills = provider_set_skills
