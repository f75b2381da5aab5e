"""What this domain tells others. The subject is the invoice; amounts are minor units, tax included."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class InvoiceDrafted(Event):
    """An invoice is being prepared; its bookings are no longer free to be billed."""

    type = "invoice.drafted"
    location_id: str
    customer_id: str | None
    booking_ids: list[str]
    total_minor: int
    currency_code: str


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice has its number, and is to be paid."""

    type = "invoice.issued"
    location_id: str
    customer_id: str | None
    series: int
    number: int
    total_minor: int
    currency_code: str
    issued_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class InvoicePaid(Event):
    """All of it was paid."""

    type = "invoice.paid"
    location_id: str
    customer_id: str | None
    total_minor: int
    currency_code: str


@dataclass(frozen=True, kw_only=True)
class InvoiceVoided(Event):
    """A draft was thrown away; its bookings are free to be billed again."""

    type = "invoice.voided"
    location_id: str
    booking_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class InvoiceCredited(Event):
    """An invoice was taken back whole; its bookings are free to be billed again."""

    type = "invoice.credited"
    location_id: str
    customer_id: str | None
    booking_ids: list[str]
    credit_note_id: str
    total_minor: int
    currency_code: str


@dataclass(frozen=True, kw_only=True)
class CreditNoteIssued(Event):
    """A credit note, the subject, has its number."""

    type = "credit_note.issued"
    location_id: str
    customer_id: str | None
    corrects_id: str
    series: int
    number: int
    total_minor: int
    currency_code: str
    issued_at: datetime
