"""What may become of a booking: its statuses, and the steps that lead from one to another."""

from dataclasses import dataclass
from enum import StrEnum

from .errors import WrongStatus


class Status(StrEnum):
    """Where a booking stands."""

    HELD = "HELD"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


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
    HELD = "HELD"
    EXTENDED = "EXTENDED"
    CONFIRMED = "CONFIRMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


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
    Change.EXTENDED: Step(frozenset({Status.HELD}), Status.HELD),
    Change.CONFIRMED: Step(frozenset({Status.HELD}), Status.CONFIRMED),
    Change.RELEASED: Step(frozenset({Status.HELD}), Status.RELEASED),
    Change.EXPIRED: Step(frozenset({Status.HELD}), Status.EXPIRED),
}
LEAVING_AS_IT_WAS = frozenset(
    {
        Change.CHECKED_IN,
        Change.COMPLETED,
        Change.EXTENDED,
        Change.CONFIRMED,
        Change.EXPIRED,
    }
)
"""The changes after which the same provider and chair are taken at the same time as before.

A copy of an agenda with a hold in it is read again when the hold runs out, so it learns then whether that was
extended or confirmed; and what ran out was free already.
"""
ONCE_BEGUN = frozenset({Change.COMPLETED, Change.MISSED})
"""The changes that can only be told of what has begun."""
STANDING = (Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED)
"""The statuses of what took place, or will: it is counted, billed and learned from."""
OCCUPYING = (Status.HELD, *STANDING)
"""The statuses in which a booking holds its provider and its chair; the migrations say the same."""


def after(status: str, change: Change) -> Status:
    """The status a change leads to from this one. Raises WrongStatus where it leads nowhere."""
    step = STEPS[change]
    if status not in step.starts:
        raise WrongStatus(from_status=status, to_status=step.ends)
    return step.ends
