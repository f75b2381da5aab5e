"""The catalogue in the graph: what can be booked."""

from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.catalogue import service, tables
from barberpro.domains.catalogue.errors import (
    BufferBeforeOutOfRange,
    BufferOutOfRange,
    DurationOutOfRange,
    GapOutOfRange,
    PriceOutOfRange,
    ServiceNameTaken,
    ServiceNotFound,
    UnknownCurrency,
)
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.fields import Connection, by_id, page
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, Node, Query, entity, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.money import AmountInexact
from barberpro.platform.text import InvalidName

from .values import Money, MoneyInput, given, money


@entity(tables.services, scope="catalogue:read")
class Service(Node):
    """Something a customer can book."""

    name: str
    """What it is called, unique within the organization."""
    duration_minutes: int
    """How long it takes."""
    buffer_before_minutes: int
    """How long chair and provider are occupied before it."""
    buffer_minutes: int
    """How long chair and provider stay occupied after it."""
    gap_after_minutes: int
    """How long the provider works before the gap; 0 where the service has no gap."""
    gap_minutes: int
    """How long the provider is free in the middle, and can be booked by others, while the customer keeps the chair."""
    price: Money = money("price_minor")
    """What it costs today; a booking keeps the price it was made at."""
    is_active: bool
    """Whether it can be booked."""


ServiceOrder = ordering(
    "Service",
    {
        "NAME": "By name, in the order of the alphabet.",
        "PRICE": "By price, the currency aside.",
        "DURATION": "By how long it takes.",
    },
    NAME=tables.services.c.name_key,
    PRICE=tables.services.c.price_minor,
    DURATION=tables.services.c.duration_minutes,
)


@filtering
class ServiceFilter:
    """Which services."""

    is_active: bool | None = equals(tables.services.c.is_active)
    """Those that can be booked, or those that cannot."""


@input_type
class ServiceOfferInput:
    """A service to be offered."""

    name: str
    """What it is called, unique within the organization."""
    duration_minutes: int
    """How long it takes: 5 to 720."""
    buffer_before_minutes: int = 0
    """How long chair and provider are occupied before it: 0 to 240."""
    buffer_minutes: int = 0
    """How long chair and provider stay occupied after it: 0 to 240."""
    gap_after_minutes: int = 0
    """How long the provider works before the gap: 5 or more, or 0 where there is no gap."""
    gap_minutes: int = 0
    """How long the provider is free in the middle, as while colour sets: 5 or more, with 5 left after it; or 0."""
    price: MoneyInput
    """What it costs."""


@input_type
class ServiceRepriceInput:
    """A service with a new price."""

    service_id: strawberry.ID
    """Which service."""
    price: MoneyInput
    """What it costs from now on."""


@input_type
class ServiceWithdrawInput:
    """A service to be offered no more."""

    service_id: strawberry.ID
    """Which service."""


PRICED: Foreseen = {
    PriceOutOfRange: "price.amount",
    AmountInexact: "price.amount",
    UnknownCurrency: "price.currencyCode",
}


@mutation(
    Service,
    raises={
        **PRICED,
        InvalidName: "name",
        ServiceNameTaken: "name",
        DurationOutOfRange: "durationMinutes",
        BufferBeforeOutOfRange: "bufferBeforeMinutes",
        BufferOutOfRange: "bufferMinutes",
        GapOutOfRange: "gapMinutes",
    },
    scope="catalogue:write",
)
async def service_offer(tx: Transaction, input: ServiceOfferInput) -> Row[Any]:
    """Put a service on the menu."""
    return await service.offer_service(
        tx,
        name=input.name,
        duration_minutes=input.duration_minutes,
        buffer_before_minutes=input.buffer_before_minutes,
        buffer_minutes=input.buffer_minutes,
        gap_after_minutes=input.gap_after_minutes,
        gap_minutes=input.gap_minutes,
        price=given(input.price),
    )


@mutation(Service, raises={**PRICED, ServiceNotFound: "serviceId"}, scope="catalogue:write")
async def service_reprice(tx: Transaction, input: ServiceRepriceInput) -> Row[Any]:
    """Ask another price. Bookings made before keep theirs."""
    return await service.reprice(tx, input.service_id, price=given(input.price))


@mutation(Service, raises={ServiceNotFound: "serviceId"}, scope="catalogue:write")
async def service_withdraw(tx: Transaction, input: ServiceWithdrawInput) -> Row[Any]:
    """Take a service off the menu. Bookings of it still stand."""
    return await service.withdraw(tx, input.service_id)


@extends(Mutation)
class CatalogueMutations:
    service_offer = service_offer
    service_reprice = service_reprice
    service_withdraw = service_withdraw


@extends(Query)
class CatalogueQueries:
    service: Service | None = by_id(tables.services)
    """A service by its id; null where the caller can see none."""
    services: Connection[Service] = page(
        tables.services, ordering=ServiceOrder, filter=ServiceFilter
    )
    """The services of the organization."""
