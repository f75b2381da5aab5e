"""Why customers are not asked to move, or not moved."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ReshuffleTermsOutOfRange(Invalid):
    """The minutes or days of a shop's terms are outside of what is allowed."""

    code = "RESHUFFLE_TERMS_OUT_OF_RANGE"
    says = "{what} is from {least} to {most}; it is {given}."
    what: str
    """Which: `withinMinutes`, `leastMinutes` or `daysAhead`."""
    least: int
    """The least there may be."""
    most: int
    """The most there may be."""
    given: int
    """What was given."""


@dataclass(eq=False)
class NothingToWin(Conflict):
    """No moves within the terms win as much time as the terms ask for."""

    code = "NOTHING_TO_WIN"
    says = (
        "Moving visits by at most {within_minutes} minutes wins less than {least_minutes} minutes."
    )
    within_minutes: int
    """How far a visit may be moved."""
    least_minutes: int
    """How much must be won."""


@dataclass(eq=False)
class AlreadyAsked(Conflict):
    """Customers of that day were asked, and have not all answered."""

    code = "ALREADY_ASKED"
    says = "The customers of that day are being asked already, by {reshuffle_id}."
    reshuffle_id: str
    """The reshuffle that is open."""


@dataclass(eq=False)
class ReshuffleNotFound(NotFound):
    """No reshuffle of this organization has that id, or the caller may not see it."""

    code = "RESHUFFLE_NOT_FOUND"
    says = "There is no reshuffle {reshuffle_id}."
    reshuffle_id: str
    """The reshuffle asked for."""


@dataclass(eq=False)
class ReshuffleMoveNotFound(NotFound):
    """No move of this organization has that id, or the caller may not see it."""

    code = "RESHUFFLE_MOVE_NOT_FOUND"
    says = "There is no move {move_id}."
    move_id: str
    """The move asked for."""


@dataclass(eq=False)
class ReshuffleOver(Conflict):
    """Nobody is asked any more."""

    code = "RESHUFFLE_OVER"
    says = "The reshuffle is {from_status}; nobody is asked any more."
    from_status: str
    """The status it has."""


@dataclass(eq=False)
class MoveAnswered(Conflict):
    """The customer has answered already."""

    code = "MOVE_ANSWERED"
    says = "The answer to this move is {from_status} already."
    from_status: str
    """The answer there is."""


@dataclass(eq=False)
class ReshuffleOvertaken(Conflict):
    """All agreed, and something has come in the way since they were asked. Nobody was moved; withdraw it."""

    code = "RESHUFFLE_OVERTAKEN"
    says = "Something came in the way of {booking_id}. Nobody was moved."
    booking_id: str
    """The visit that cannot be moved as agreed."""
    reason: str
    """The code of what is in its way."""
