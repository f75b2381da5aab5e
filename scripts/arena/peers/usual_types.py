"""The types of the usual peer, with a resolver for every relation."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from barberpro.platform.clock import iso

from . import usual_models as models
from .usual_values import (
    BookingChannel,
    BookingOrder,
    BookingStatus,
    InvoiceStatus,
    Moment,
    Money,
    money,
)

Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class Customer:
    id: strawberry.ID
    name: str


@strawberry.type
class Service:
    id: strawberry.ID
    name: str
    duration_minutes: int
    price: Money


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str | None
    status: InvoiceStatus
    total: Money


@strawberry.type
class Provider:
    id: strawberry.ID
    name: str

    @strawberry.field
    async def bookings(self, info: Info, first: int, order_by: BookingOrder) -> Bookings:
        found = await info.context["loads"].bookings.load((self.id, first))
        return Bookings(nodes=[booking(each) for each in found])


@strawberry.type
class Location:
    id: strawberry.ID
    name: str
    city: str
    time_zone: str
    is_active: bool

    @strawberry.field
    async def providers(self, info: Info, first: int) -> Providers:
        found = await info.context["loads"].providers.load((self.id, first))
        return Providers(nodes=[provider(each) for each in found])


@strawberry.type
class Booking:
    id: strawberry.ID
    starts_at: Moment
    ends_at: Moment
    created_at: Moment
    status: BookingStatus
    channel: BookingChannel
    duration_minutes: int
    price: Money
    is_first_visit: bool
    row: strawberry.Private[models.Booking]

    @strawberry.field(graphql_type=str | None)
    def notes(self, info: Info) -> Any:
        return None if self.row.notes is None else info.context["loads"].notes.load(self.id)

    @strawberry.field
    async def location(self, info: Info) -> Location:
        return location(await info.context["loads"].one(models.Location).load(self.row.location_id))

    @strawberry.field
    async def provider(self, info: Info) -> Provider:
        return provider(await info.context["loads"].one(models.Provider).load(self.row.provider_id))

    @strawberry.field
    async def customer(self, info: Info) -> Customer:
        found = await info.context["loads"].one(models.Customer).load(self.row.customer_id)
        return Customer(id=found.id, name=found.name)

    @strawberry.field
    async def service(self, info: Info) -> Service:
        found = await info.context["loads"].one(models.Service).load(self.row.service_id)
        return Service(
            id=found.id,
            name=found.name,
            duration_minutes=found.duration_minutes,
            price=money(found.price_minor, found.currency_code),
        )

    @strawberry.field
    async def invoice(self, info: Info) -> Invoice | None:
        if self.row.invoice_id is None:
            return None
        found = await info.context["loads"].one(models.Invoice).load(self.row.invoice_id)
        return Invoice(
            id=found.id,
            number=None if found.number is None else f"{found.series:04}-{found.number:08}",
            status=InvoiceStatus(found.status),
            total=money(found.total_minor, found.currency_code),
        )


@strawberry.type
class PageInfo:
    end_cursor: str | None
    has_next_page: bool


@strawberry.type
class Bookings:
    nodes: list[Booking]
    page_info: PageInfo | None = None


@strawberry.type
class Providers:
    nodes: list[Provider]


@strawberry.type
class Locations:
    nodes: list[Location]


@strawberry.type
class Query:
    @strawberry.field
    async def location(self, info: Info, id: strawberry.ID) -> Location | None:
        found = await info.context["loads"].one(models.Location).load(id)
        return None if found is None else location(found)

    @strawberry.field
    async def locations(self, info: Info, first: int) -> Locations:
        found = await info.context["loads"].locations(first)
        return Locations(nodes=[location(each) for each in found])

    @strawberry.field
    async def bookings(
        self, info: Info, order_by: BookingOrder, first: int = 20, after: str | None = None
    ) -> Bookings:
        loads = info.context["loads"]
        found = await loads.page(first, after)
        shown = found[:first]
        ends = PageInfo(
            end_cursor=loads.cursor(shown[-1]) if shown else None, has_next_page=len(found) > first
        )
        return Bookings(nodes=[booking(each) for each in shown], page_info=ends)


def location(row: models.Location) -> Location:
    return Location(
        id=strawberry.ID(row.id),
        name=row.name,
        city=row.city,
        time_zone=row.time_zone,
        is_active=row.is_active,
    )


def provider(row: models.Provider) -> Provider:
    return Provider(id=strawberry.ID(row.id), name=row.name)


def booking(row: models.Booking) -> Booking:
    return Booking(
        id=strawberry.ID(row.id),
        starts_at=Moment(row.starts_at),
        ends_at=Moment(row.ends_at),
        created_at=Moment(row.created_at),
        status=BookingStatus(row.status),
        channel=BookingChannel(row.channel),
        duration_minutes=row.duration_minutes,
        price=money(row.price_minor, row.currency_code),
        is_first_visit=row.is_first_visit,
        row=row,
    )


MOMENTS = StrawberryConfig(scalar_map={Moment: strawberry.scalar(name="DateTime", serialize=iso)})
schema = strawberry.Schema(Query, config=MOMENTS)
