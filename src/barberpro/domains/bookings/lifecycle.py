"""What may become of a booking: its statuses, and the steps that lead from one to another."""

from dataclasses import dataclass
from enum import StrEnum

from .errors import WrongStatus


class Status(StrEnum):
    """Where a booking stands."""

    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class Change(StrEnum):
    """What was done to a booking, as its history calls it."""

    MADE = "MADE"
    MOVED = "MOVED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    MISSED = "MISSED"
    RECORDED = "RECORDED"
    RETRACTED = "RETRACTED"


class Channel(StrEnum):
    """How a booking reached us."""

    WEB = "WEB"
    APP = "APP"
    PHONE = "PHONE"
    WALK_IN = "WALK_IN"
    PARTNER = "PARTNER"


@dataclass(frozen=True)
class Step:
    """From which statuses a change may set out, and where it ends."""

    starts: frozenset[Status]
    ends: Status


BEGINNING = Status.CONFIRMED
STEPS = {
    Change.MOVED: Step(frozenset({Status.CONFIRMED}), Status.CONFIRMED),
    Change.CHECKED_IN: Step(frozenset({Status.CONFIRMED}), Status.CHECKED_IN),
    Change.COMPLETED: Step(frozenset({Status.CONFIRMED, Status.CHECKED_IN}), Status.COMPLETED),
    Change.CANCELLED: Step(frozenset({Status.CONFIRMED}), Status.CANCELLED),
    Change.MISSED: Step(frozenset({Status.CONFIRMED}), Status.NO_SHOW),
    Change.RETRACTED: Step(frozenset({Status.COMPLETED}), Status.CANCELLED),
}
LEAVING_AS_IT_WAS = frozenset({Change.CHECKED_IN, Change.COMPLETED})
"""The changes after which the same provider and chair are taken at the same time as before."""
OCCUPYING = (Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED)
"""The statuses in which a booking holds its provider and its chair; the migrations say the same."""


def after(status: str, change: Change) -> Status:
    """The status a change leads to from this one. Raises WrongStatus where it leads nowhere."""
    step = STEPS[change]
    if status not in step.starts:
        raise WrongStatus(from_status=status, to_status=step.ends)
    return step.ends
