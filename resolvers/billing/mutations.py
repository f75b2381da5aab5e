"""What can be done with invoices."""

from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.billing import service
from barberpro.domains.billing.errors import (
    BookingAtOtherLocation,
    BookingOfOtherCustomer,
    DiscountOutOfRange,
    InvalidDescription,
    InvoiceNotFound,
    MixedCurrencies,
    NoLines,
    NotAnInvoice,
    QuantityOutOfRange,
    TooManyLines,
    TotalOutOfRange,
    UnitPriceOutOfRange,
    UnknownTaxRate,
    WrongInvoiceStatus,
)
from barberpro.domains.billing.totals import STANDARD_RATE
from barberpro.domains.bookings.errors import AlreadyBilled, BookingNotFound, NotBillable
from barberpro.domains.catalogue.errors import UnknownCurrency
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import CustomerNotFound
from barberpro.graph.errors import BadInput
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.money import AmountInexact

from ..values import MoneyInput, given
from .types import Invoice, InvoiceTerms, PaymentMethod


@input_type
class InvoiceLineInput:
    """One thing to charge for that was not booked."""

    description: str
    """What it is, in 1 to 200 characters."""
    quantity: int = 1
    """How many, up to 10,000."""
    unit_price: MoneyInput
    """What one costs, tax included; more than nothing."""
    discount: MoneyInput | None = None
    """What is taken off the whole line, tax included."""
    tax_rate_bps: int = STANDARD_RATE
    """The rate of the tax in the price, in basis points: 0, 250, 500, 1050, 2100 or 2700."""


@input_type
class InvoiceDraftInput:
    """What to charge for: bookings, lines written by hand, or both; 200 together at most."""

    location_id: strawberry.ID
    """Who issues it. Its bookings are of this location."""
    customer_id: strawberry.ID | None = None
    """Who is charged. Without one, the customer of the bookings; without those, a final consumer."""
    booking_ids: list[strawberry.ID] | None = None
    """The bookings to bill, of one customer, each at the price agreed when it was booked."""
    lines: list[InvoiceLineInput] | None = None
    """What else to charge for, after the bookings."""
    terms: InvoiceTerms = InvoiceTerms.IMMEDIATE
    """How long the customer may take to pay."""


@input_type
class InvoiceCreateInput:
    """An invoice to be prepared."""

    draft: InvoiceDraftInput
    """What to charge for."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is drafted once. Kept for a day."""


@input_type
class InvoiceIssueInput:
    """An invoice to be issued: a draft there is, or one drafted in the same step. Give one of the two."""

    invoice_id: strawberry.ID | None = None
    """A draft there is."""
    draft: InvoiceDraftInput | None = None
    """What to charge for, where there is no draft."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is issued once. Kept for a day."""


@input_type
class InvoicePayInput:
    """An invoice that was paid."""

    invoice_id: strawberry.ID
    """Which invoice."""
    method: PaymentMethod = PaymentMethod.OTHER
    """How the money was received."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is paid once. Kept for a day."""


@input_type
class InvoiceVoidInput:
    """A draft to be thrown away."""

    invoice_id: strawberry.ID
    """Which draft."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is voided once. Kept for a day."""


@input_type
class InvoiceCreditInput:
    """An invoice to be taken back whole."""

    invoice_id: strawberry.ID
    """Which invoice; it may have been paid."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is credited once. Kept for a day."""


DRAFTING: Foreseen = {
    LocationNotFound: "draft.locationId",
    CustomerNotFound: "draft.customerId",
    BookingNotFound: "draft.bookingIds",
    NotBillable: "draft.bookingIds",
    AlreadyBilled: "draft.bookingIds",
    BookingAtOtherLocation: "draft.bookingIds",
    BookingOfOtherCustomer: "draft.bookingIds",
    NoLines: "draft",
    TooManyLines: "draft",
    MixedCurrencies: "draft",
    TotalOutOfRange: "draft",
    InvalidDescription: "draft.lines",
    QuantityOutOfRange: "draft.lines",
    UnitPriceOutOfRange: "draft.lines",
    DiscountOutOfRange: "draft.lines",
    UnknownTaxRate: "draft.lines",
    AmountInexact: "draft.lines",
    UnknownCurrency: "draft.lines",
}
"""What may stand in the way of a draft, and the part of the input it is about."""

STEPPING: Foreseen = {InvoiceNotFound: "invoiceId", WrongInvoiceStatus: "invoiceId"}


@mutation(Invoice, raises=DRAFTING, scope="billing:write", idempotent=True)
async def invoice_create(tx: Transaction, input: InvoiceCreateInput) -> Row[Any]:
    """Draft an invoice. It has no number yet; its bookings are taken, until it is void or credited."""
    return await drafted(tx, input.draft)


@mutation(Invoice, raises={**DRAFTING, **STEPPING}, scope="billing:write", idempotent=True)
async def invoice_issue(tx: Transaction, input: InvoiceIssueInput) -> Row[Any]:
    """Give an invoice its number: of a draft there is, or of bookings and lines in one step.

    What is issued is never altered; it is taken back by a credit note.
    """
    match input.invoice_id, input.draft:
        case str(draft_id), None:
            pass
        case None, InvoiceDraftInput() as asked:
            draft_id = (await drafted(tx, asked)).id
        case _:
            raise BadInput("Give either `invoiceId` or `draft`.")
    return await service.issue(tx, draft_id)


@mutation(
    Invoice,
    raises={**STEPPING, NotAnInvoice: "invoiceId"},
    scope="billing:write",
    idempotent=True,
)
async def invoice_pay(tx: Transaction, input: InvoicePayInput) -> Row[Any]:
    """Write down that all of an invoice was paid, now."""
    method = service.Method(input.method.value)
    return await service.pay(tx, input.invoice_id, method=method)


@mutation(Invoice, raises=STEPPING, scope="billing:write", idempotent=True)
async def invoice_void(tx: Transaction, input: InvoiceVoidInput) -> Row[Any]:
    """Throw a draft away. Its bookings may be billed again; it never had a number."""
    return await service.void(tx, input.invoice_id)


@mutation(
    Invoice,
    raises={**STEPPING, NotAnInvoice: "invoiceId"},
    scope="billing:write",
    idempotent=True,
)
async def invoice_credit(tx: Transaction, input: InvoiceCreditInput) -> Row[Any]:
    """Take an issued invoice back whole, and give the credit note. Its bookings may be billed again."""
    return await service.credit(tx, input.invoice_id)


async def drafted(tx: Transaction, draft: InvoiceDraftInput) -> Row[Any]:
    """The draft a caller asked for. Raises AmountInexact where a price is finer than its currency."""
    return await service.create(
        tx,
        location_id=draft.location_id,
        customer_id=draft.customer_id,
        booking_ids=draft.booking_ids or [],
        by_hand=[line(each) for each in draft.lines or []],
        terms=service.Terms(draft.terms.value),
    )


def line(asked: InvoiceLineInput) -> service.Line:
    return service.Line(
        description=asked.description,
        quantity=asked.quantity,
        unit_price=given(asked.unit_price),
        discount=given(asked.discount) if asked.discount else None,
        tax_rate_bps=asked.tax_rate_bps,
    )


@extends(Mutation)
class InvoiceMutations:
    invoice_create = invoice_create
    invoice_issue = invoice_issue
    invoice_pay = invoice_pay
    invoice_void = invoice_void
    invoice_credit = invoice_credit
