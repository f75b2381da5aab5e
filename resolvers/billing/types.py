"""Invoices in the graph, and where they hang on locations, customers and bookings."""

import enum
from collections import defaultdict
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.billing import numbering, service, tables, terms
from barberpro.domains.bookings.tables import bookings
from barberpro.graph.choices import at_least, below, equals, filtering, is_in, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import (
    Connection,
    batched,
    by_id,
    computed,
    connection,
    many,
    one,
    page,
)
from barberpro.graph.scalars import CurrencyCode
from barberpro.graph.types import Node, Query, entity, enumeration, extends, value

from ..bookings import Booking
from ..locations import Location
from ..people import Customer
from ..values import Money, money


@enumeration
class InvoiceKind(enum.Enum):
    """Which way the money goes."""

    INVOICE = "INVOICE"
    """The customer owes it."""
    CREDIT_NOTE = "CREDIT_NOTE"
    """The customer is owed it: an invoice was taken back. Its amounts are positive, too."""


@enumeration
class InvoiceStatus(enum.Enum):
    """How far an invoice has come."""

    DRAFT = "DRAFT"
    """It is being prepared and has no number; its bookings are no longer free to be billed."""
    ISSUED = "ISSUED"
    """It has its number and is to be paid; a credit note stays so."""
    PAID = "PAID"
    """All of it was paid."""
    CREDITED = "CREDITED"
    """A credit note took it back whole."""
    VOID = "VOID"
    """It was thrown away as a draft, and never had a number."""


@enumeration
class InvoiceTerms(enum.Enum):
    """How long the customer may take to pay; the day of issue does not count.

    A last day that is a weekend or a public holiday in the location's province is the next business day instead.
    """

    IMMEDIATE = "IMMEDIATE"
    """Until the day of issue ends at the location, whatever day it is."""
    NET_7 = "NET_7"
    """Until the seventh day after it ends, or the next business day."""
    NET_15 = "NET_15"
    """Until the fifteenth day after it ends, or the next business day."""
    NET_30 = "NET_30"
    """Until the thirtieth day after it ends, or the next business day."""


@enumeration
class PaymentMethod(enum.Enum):
    """How money was received."""

    CASH = "CASH"
    """In cash."""
    CARD = "CARD"
    """By credit or debit card."""
    TRANSFER = "TRANSFER"
    """By a transfer between accounts, by CBU or CVU."""
    WALLET = "WALLET"
    """By a payment app, as Mercado Pago."""
    OTHER = "OTHER"
    """Otherwise, or nobody said."""


@entity(tables.invoice_lines, scope="billing:read")
class InvoiceLine(Node):
    """One thing that is charged for. Prices include the tax."""

    position: int
    """Its place on the invoice, from 1."""
    description: str
    """What is charged for."""
    quantity: int
    """How many."""
    unit_price: Money = money("unit_price_minor")
    """What one costs, tax included."""
    discount: Money = money("discount_minor")
    """What is taken off the whole line, tax included."""
    tax_rate_bps: int
    """The rate of its tax, in basis points: `2100` is 21 %."""
    net: Money = money("net_minor")
    """The part of its total that is no tax. The lines of a rate add up to the invoice's net amount at it."""
    tax: Money = money("tax_minor")
    """The tax in its total."""
    total: Money = money("total_minor")
    """Quantity times unit price, less the discount: net and tax together."""
    booking: Booking | None = one(tables.invoice_lines.c.booking_id, scope="bookings:read")
    """The booking that is charged for; null for a line written by hand."""


@value
class InvoiceTax:
    """What an invoice charges at one rate. The tax is rounded once, half to even, over all of it."""

    rate_bps: int
    """The rate, in basis points: `2100` is 21 %."""
    net: Money = money("net_minor")
    """What the tax is charged on."""
    tax: Money = money("tax_minor")
    """The tax."""


async def taxes(parents: Any, context: Context) -> list[list[Row[Any]]]:
    """What it charges at each rate, the lowest rate first."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await context.rows(service.taxes(), {"invoices": [p.id for p in parents]}):
        found[row.invoice_id].append(row)
    return [found[p.id] for p in parents]


def is_overdue(status: str, due_at: datetime | None, context: Context) -> bool:
    """Whether it should have been paid by now, and was not."""
    return terms.is_overdue(status, due_at, context.clock())


@entity(tables.invoices, scope="billing:read")
class Invoice(Node):
    """What a customer is charged, or a credit note that takes such a charge back."""

    number: str | None = computed("series", "number", fn=numbering.shown)
    """The number as it is printed, `0001-00000042`: series, and place in it without a gap. Null until issued."""
    series: int | None
    """The series it is numbered in: its location's own, from 1. Null until issued."""
    kind: InvoiceKind
    """Whether it is an invoice or a credit note; each is numbered for itself."""
    status: InvoiceStatus
    """How far it has come."""
    terms: InvoiceTerms
    """How long the customer may take to pay."""
    currency_code: CurrencyCode
    """The currency of all its amounts."""
    discount: Money = money("discount_minor")
    """What was taken off its lines, tax included. The total is what is left."""
    net: Money = money("net_minor")
    """The part of the total that is no tax."""
    tax: Money = money("tax_minor")
    """The tax in the total."""
    total: Money = money("total_minor")
    """What is to be paid: net and tax together."""
    taxes: list[InvoiceTax] = batched(taxes, cost=4, size=2)
    issued_at: datetime | None
    """When it got its number; null until then."""
    due_at: datetime | None
    """The midnight, at the location, that ends the last day to pay on. Null until issued, and on credit notes."""
    is_overdue: bool = computed("status", "due_at", fn=is_overdue)
    paid_at: datetime | None
    """When it was paid; null before."""
    created_at: datetime
    """When it was drafted."""
    lines: list[InvoiceLine] = many(
        tables.invoice_lines.c.invoice_id, order=(tables.invoice_lines.c.position,), size=5
    )
    """What it charges for, in order."""
    location: Location = one(tables.invoices.c.location_id, scope="locations:read")
    """Who issues it."""
    customer: Customer | None = one(tables.invoices.c.customer_id, scope="people:read")
    """Who is charged; null for a final consumer, or where the caller may not see them."""
    bookings: list[Booking] = many(
        bookings.c.invoice_id, order=(bookings.c.starts_at,), size=2, scope="bookings:read"
    )
    """The bookings it bills, the earliest first; none once it is void or credited."""


@extends(Invoice)
class InvoiceCorrections:
    corrects: Invoice | None = one(tables.invoices.c.corrects_id)
    """The invoice that this credit note takes back; null on an invoice."""
    credit_notes: list[Invoice] = many(
        tables.invoices.c.corrects_id, order=(tables.invoices.c.created_at,), size=1
    )
    """The credit notes that took this invoice back."""


InvoiceOrder = ordering(
    "Invoice",
    {"CREATED_AT": "By when the invoice was drafted."},
    CREATED_AT=tables.invoices.c.created_at,
)


@filtering
class InvoiceFilter:
    """Which invoices."""

    kind: InvoiceKind | None = equals(tables.invoices.c.kind)
    """Only invoices, or only credit notes."""
    status: list[InvoiceStatus] | None = is_in(tables.invoices.c.status)
    """Those in one of these statuses."""
    location_id: strawberry.ID | None = equals(tables.invoices.c.location_id)
    """Those of this location."""
    customer_id: strawberry.ID | None = equals(tables.invoices.c.customer_id)
    """Those of this customer."""
    issued_from: datetime | None = at_least(tables.invoices.c.issued_at)
    """Those issued at this instant or later."""
    issued_before: datetime | None = below(tables.invoices.c.issued_at)
    """Those issued before this instant."""
    due_before: datetime | None = below(tables.invoices.c.due_at)
    """Those to be paid before this instant."""


@extends(Booking)
class BookingInvoice:
    invoice: Invoice | None = one(bookings.c.invoice_id, scope="billing:read")
    """The one invoice that bills it, be it a draft, issued or paid; null where none does."""


@extends(Location)
class LocationInvoices:
    invoices: Connection[Invoice] = connection(
        tables.invoices.c.location_id,
        ordering=InvoiceOrder,
        filter=InvoiceFilter,
        scope="billing:read",
    )
    """What was invoiced here."""


@extends(Customer)
class CustomerInvoices:
    invoices: Connection[Invoice] = connection(
        tables.invoices.c.customer_id,
        ordering=InvoiceOrder,
        filter=InvoiceFilter,
        scope="billing:read",
    )
    """What the customer was charged, as far as the caller may see it."""


@extends(Query)
class InvoiceQueries:
    invoice: Invoice | None = by_id(tables.invoices)
    """An invoice or credit note by id; null where the caller can see none."""
    invoices: Connection[Invoice] = page(
        tables.invoices, ordering=InvoiceOrder, filter=InvoiceFilter
    )
    """The invoices and credit notes the caller may see."""
