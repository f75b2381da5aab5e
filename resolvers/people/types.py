"""Providers and customers, and what of a customer is sealed."""

from datetime import date, datetime
from functools import partial
from typing import Any

from barberpro.domains.people import service, tables
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, by_id, connection, many, one, page
from barberpro.graph.scalars import EmailAddress, PhoneNumber
from barberpro.graph.sealed import sealed
from barberpro.graph.types import Node, Query, entity, extends

from ..locations import Location


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


PERSONAL = "customers:pii"
contacts = tables.customer_contacts.c
personal = partial(sealed, rows=tables.CONTACTS, scope=PERSONAL)


@entity(tables.customers, scope="people:read")
class Customer(Node):
    """Someone who sits in the chair."""

    name: str
    """What the shop calls them."""
    created_at: datetime
    """When they were registered."""
    erased_at: datetime | None
    """When they were forgotten at their wish: their name and all else about them is gone; null of all others."""
    home_location: Location | None = one(
        tables.customers.c.home_location_id, scope="locations:read"
    )
    """The location they call theirs; null where they have none, or the caller may not see it."""
    visit_count: int = batched(visit_count, cost=1)
    last_visit_at: datetime | None = batched(last_visit_at, cost=1)
    email: EmailAddress | None = personal(contacts.email)
    """Where they get mail."""
    phone: PhoneNumber | None = personal(contacts.phone)
    """Where they can be called."""
    document_number: str | None = personal(contacts.document_number)
    """The number of their identity document: capitals and digits alone."""
    birth_date: date | None = personal(contacts.birth_date, read=date.fromisoformat)
    """When they were born."""
    address: str | None = personal(contacts.address)
    """Where they live."""
    notes: str | None = personal(contacts.notes)
    """What the shop should know of them."""


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
