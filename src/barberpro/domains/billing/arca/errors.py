"""What keeps an invoice from becoming an electronic receipt, found before ARCA is asked."""

from dataclasses import dataclass
from datetime import date

from barberpro.platform.errors import Invalid


@dataclass(eq=False)
class ConditionUnfit(Invalid):
    """ARCA knows no such VAT condition, or none of its receipts goes from this issuer to this receiver."""

    code = "CONDITION_UNFIT"
    says = "No receipt goes from VAT condition {issuer_condition} to {receiver_condition}."
    issuer_condition: int
    """ARCA's number of the issuer's VAT condition."""
    receiver_condition: int
    """ARCA's number of the receiver's VAT condition."""


@dataclass(eq=False)
class ReceiverDocumentUnfit(Invalid):
    """The receiver's document is of no known kind, its check digit is wrong, or a class A receipt has no CUIT."""

    code = "RECEIVER_DOCUMENT_UNFIT"
    says = "A document of kind {document_kind} with that number will not do on this receipt."
    document_kind: int
    """ARCA's number of the kind of document: 80 CUIT, 96 DNI, 99 none."""


@dataclass(eq=False)
class ReceiverUnidentified(Invalid):
    """From a certain total on, even a final consumer is named by a document."""

    code = "RECEIVER_UNIDENTIFIED"
    says = "From {threshold_minor} centavos on, the receiver's document is needed."
    threshold_minor: int
    """The total from which it is needed, in centavos."""


@dataclass(eq=False)
class ReceiptDayUnfit(Invalid):
    """A receipt of services is dated at most ten days from the day ARCA is asked."""

    code = "RECEIPT_DAY_UNFIT"
    says = "A receipt dated {issued_on} can be asked for from {first} to {last} only."
    issued_on: date
    """The receipt's day."""
    first: date
    """The first day on which it can be asked for."""
    last: date
    """The last day on which it can be asked for."""


@dataclass(eq=False)
class NothingCharged(Invalid):
    """A receipt of nothing is none."""

    code = "NOTHING_CHARGED"
    says = "A receipt needs an amount above zero."


@dataclass(eq=False)
class NoteUnassociated(Invalid):
    """A credit or debit note is about receipts of its own class by the same taxpayer; an invoice is about none."""

    code = "NOTE_UNASSOCIATED"
    says = "A receipt of kind {kind} is not about the receipts it names."
    kind: int
    """ARCA's number of the kind of receipt."""
