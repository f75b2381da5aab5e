"""What may become of an invoice: its statuses, and the steps that lead from one to another."""

from dataclasses import dataclass
from enum import StrEnum

from .errors import WrongInvoiceStatus


class Kind(StrEnum):
    """Which way the money goes."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


class Status(StrEnum):
    """Where an invoice stands. A credit note is issued at once, and stays so."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PAID = "PAID"
    CREDITED = "CREDITED"
    VOID = "VOID"


class Change(StrEnum):
    """What is done to an invoice."""

    ISSUED = "ISSUED"
    PAID = "PAID"
    VOIDED = "VOIDED"
    CREDITED = "CREDITED"


@dataclass(frozen=True)
class Step:
    """From which statuses a change may set out, and where it ends."""

    starts: frozenset[Status]
    ends: Status


STEPS = {
    Change.ISSUED: Step(frozenset({Status.DRAFT}), Status.ISSUED),
    Change.VOIDED: Step(frozenset({Status.DRAFT}), Status.VOID),
    Change.PAID: Step(frozenset({Status.ISSUED}), Status.PAID),
    Change.CREDITED: Step(frozenset({Status.ISSUED, Status.PAID}), Status.CREDITED),
}


def after(status: str, change: Change) -> Status:
    """The status a change leads to from this one. Raises WrongInvoiceStatus where it leads nowhere."""
    step = STEPS[change]
    if status not in step.starts:
        raise WrongInvoiceStatus(from_status=status, to_status=step.ends)
    return step.ends
