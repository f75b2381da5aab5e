"""What can be done with providers."""

from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service
from barberpro.domains.people.errors import ProviderLeft, ProviderNotFound
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName

from .types import Provider


@input_type
class ProviderRegisterInput:
    """Someone who is going to work."""

    name: str
    """What customers call them."""
    location_ids: list[strawberry.ID]
    """Where they work."""


@input_type
class ProviderAssignInput:
    """A provider and one more location."""

    provider_id: strawberry.ID
    """Which provider."""
    location_id: strawberry.ID
    """Where they work from now on, too."""


@input_type
class ProviderUnassignInput:
    """A provider and a location they leave."""

    provider_id: strawberry.ID
    """Which provider."""
    location_id: strawberry.ID
    """Where they work no more."""


@input_type
class ProviderLeaveInput:
    """A provider who leaves."""

    provider_id: strawberry.ID
    """Which provider."""


PLACED: Foreseen = {ProviderNotFound: "providerId", LocationNotFound: "locationId"}


@mutation(
    Provider,
    raises={InvalidName: "name", LocationNotFound: "locationIds"},
    scope="people:write",
)
async def provider_register(tx: Transaction, input: ProviderRegisterInput) -> Row[Any]:
    """Take on someone who cuts, at these locations."""
    return await service.register_provider(tx, name=input.name, location_ids=input.location_ids)


@mutation(Provider, raises={**PLACED, ProviderLeft: "providerId"}, scope="people:write")
async def provider_assign(tx: Transaction, input: ProviderAssignInput) -> Row[Any]:
    """Let a provider be booked at one more location."""
    return await service.assign_location(tx, input.provider_id, input.location_id)


@mutation(Provider, raises=PLACED, scope="people:write")
async def provider_unassign(tx: Transaction, input: ProviderUnassignInput) -> Row[Any]:
    """Take no more bookings for a provider at a location."""
    return await service.unassign_location(tx, input.provider_id, input.location_id)


@mutation(Provider, raises={ProviderNotFound: "providerId"}, scope="people:write")
async def provider_leave(tx: Transaction, input: ProviderLeaveInput) -> Row[Any]:
    """Take no more bookings for a provider anywhere. Those they have still stand."""
    return await service.leave(tx, input.provider_id)


@extends(Mutation)
class ProviderMutations:
    provider_register = provider_register
    provider_assign = provider_assign
    provider_unassign = provider_unassign
    provider_leave = provider_leave
