"""Invoices as they change, for those who stand at a till."""

import enum
from typing import Annotated

import strawberry

from barberpro.domains.billing import events
from barberpro.graph.subscriptions import subscription
from barberpro.graph.types import Subscription, enumeration, extends

from .types import Invoice


@enumeration
class InvoiceChangeKind(enum.Enum):
    """What was done to an invoice."""

    DRAFTED = "DRAFTED"
    """It is being prepared."""
    ISSUED = "ISSUED"
    """It has its number, and is to be paid."""
    PAID = "PAID"
    """All of it was paid."""
    VOIDED = "VOIDED"
    """The draft was thrown away."""
    CREDITED = "CREDITED"
    """It was taken back whole."""


KINDS = {
    events.InvoiceDrafted: InvoiceChangeKind.DRAFTED,
    events.InvoiceIssued: InvoiceChangeKind.ISSUED,
    events.InvoicePaid: InvoiceChangeKind.PAID,
    events.InvoiceVoided: InvoiceChangeKind.VOIDED,
    events.InvoiceCredited: InvoiceChangeKind.CREDITED,
}


At = Annotated[strawberry.ID, strawberry.argument(description="The location of the invoices.")]


@subscription(Invoice, kinds=KINDS, scope="billing:read")
def invoice_changed(event: events.InvoiceDrafted, *, location_id: At) -> bool:
    """An invoice of this location was drafted, or came a step further.

    Of several changes of one invoice that were not told yet, only the latest is.
    """
    return event.location_id == location_id


@extends(Subscription)
class InvoiceSubscriptions:
    invoice_changed = invoice_changed
