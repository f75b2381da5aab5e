"""People in the graph: providers and customers."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service, tables
from barberpro.domains.people.errors import HomeLocationRequired, ProviderLeft, ProviderNotFound
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, by_id, connection, many, one, page
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, Node, Query, entity, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName

from .locations import Location


async def visit_count(parents: Any, context: Context) -> list[int]:
    """How many completed visits the customer has made, at the locations the caller may see."""
    rows = await context.rows(service.visit_counts([p.id for p in parents]))
    counts = {row.customer_id: row.visit_count for row in rows}
    return [counts.get(p.id, 0) for p in parents]


async def last_visit_at(parents: Any, context: Context) -> list[datetime | None]:
    """When the latest completed visit ended, at the locations the caller may see; null before the first."""
    rows = await context.rows(service.last_visits([p.id for p in parents]))
    latest = {row.customer_id: row.ended_at for row in rows}
    return [latest.get(p.id) for p in parents]


@entity(tables.providers, scope="people:read")
class Provider(Node):
    """Someone who cuts, shaves or colours, in one location or several."""

    name: str
    """What customers call them."""
    is_active: bool
    """Whether they take bookings."""
    locations: list[Location] = many(
        tables.provider_locations.c.provider_id,
        through=tables.provider_locations.c.location_id,
        size=3,
        scope="locations:read",
    )
    """Where they work."""


@entity(tables.customers, scope="people:read")
class Customer(Node):
    """Someone who sits in the chair."""

    name: str
    """What the shop calls them."""
    created_at: datetime
    """When they were registered."""
    home_location: Location | None = one(
        tables.customers.c.home_location_id, scope="locations:read"
    )
    """The location they call theirs; null where they have none, or the caller may not see it."""
    visit_count: int = batched(visit_count, cost=1)
    last_visit_at: datetime | None = batched(last_visit_at, cost=1)


ProviderOrder = ordering(
    "Provider",
    {
        "NAME": "By name, in the order of the alphabet.",
        "CREATED_AT": "By when it came to be.",
    },
    NAME=tables.providers.c.name_key,
    CREATED_AT=tables.providers.c.created_at,
)
CustomerOrder = ordering(
    "Customer",
    {
        "NAME": "By name, in the order of the alphabet.",
        "CREATED_AT": "By when it came to be.",
    },
    NAME=tables.customers.c.name_key,
    CREATED_AT=tables.customers.c.created_at,
)


@filtering
class ProviderFilter:
    """Which providers."""

    is_active: bool | None = equals(tables.providers.c.is_active)
    """Those who take bookings, or those who have left."""


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


@input_type
class CustomerRegisterInput:
    """Someone who is going to be booked."""

    name: str
    """What the shop calls them."""
    home_location_id: strawberry.ID | None = None
    """The location they call theirs; needed from callers who are limited to locations."""


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


@mutation(
    Customer,
    raises={
        InvalidName: "name",
        LocationNotFound: "homeLocationId",
        HomeLocationRequired: "homeLocationId",
    },
    scope="people:write",
)
async def customer_register(tx: Transaction, input: CustomerRegisterInput) -> Row[Any]:
    """Take down a customer."""
    return await service.register_customer(
        tx, name=input.name, home_location_id=input.home_location_id
    )


@extends(Mutation)
class PeopleMutations:
    provider_register = provider_register
    provider_assign = provider_assign
    provider_unassign = provider_unassign
    provider_leave = provider_leave
    customer_register = customer_register


@extends(Location)
class LocationPeople:
    providers: Connection[Provider] = connection(
        tables.provider_locations.c.location_id,
        through=tables.provider_locations.c.provider_id,
        ordering=ProviderOrder,
        filter=ProviderFilter,
        scope="people:read",
    )
    """Who works here."""


@extends(Query)
class PeopleQueries:
    provider: Provider | None = by_id(tables.providers)
    """A provider by id; null where the caller can see none."""
    providers: Connection[Provider] = page(
        tables.providers, ordering=ProviderOrder, filter=ProviderFilter
    )
    """The providers the caller may see."""
    customer: Customer | None = by_id(tables.customers)
    """A customer by id; null where the caller can see none."""
    customers: Connection[Customer] = page(tables.customers, ordering=CustomerOrder)
    """The customers the caller may see."""
