"""Why a plan of many visits is refused."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class PlanNotFound(NotFound):
    """No plan of this organization has that id, or the caller may not see it."""

    code = "PLAN_NOT_FOUND"
    says = "There is no plan {plan_id}."
    plan_id: str
    """The plan asked for."""


@dataclass(eq=False)
class WrongPlanStatus(Conflict):
    """The plan is being improved still, or is over."""

    code = "WRONG_PLAN_STATUS"
    says = "This cannot be done with a plan that is {from_status}."
    from_status: str
    """The status it has."""


@dataclass(eq=False)
class PlanNoLongerFits(Conflict):
    """Since the plan was made, something came in the way of some of its visits. Nothing was booked."""

    code = "PLAN_NO_LONGER_FITS"
    says = "{count} visits of the plan cannot be booked any more. Make it anew."
    count: int
    """How many visits cannot be booked."""
    item_ids: list[str]
    """Which, by the ids of the plan's items."""
    reasons: list[str]
    """For each of them the code of what is in its way."""


@dataclass(eq=False)
class PlanOutOfRange(Invalid):
    """A plan has more or fewer requests, days, seconds or points than can be planned."""

    code = "PLAN_OUT_OF_RANGE"
    says = "A plan takes {least} to {most} {what}; there are {given}."
    what: str
    """What is counted: `requests`, `days`, `seconds` or `points`."""
    least: int
    """How many there are at least."""
    most: int
    """How many there are at most."""
    given: int
    """How many were given."""


@dataclass(eq=False)
class WindowTooShort(Invalid):
    """In the time between a request's `earliest` and `latest` that is still to come, its service does not fit."""

    code = "WINDOW_TOO_SHORT"
    says = "Request {request} leaves {given} minutes for a service of {needed}."
    request: int
    """Its place among the requests, from 0."""
    needed: int
    """The minutes of the service."""
    given: int
    """The minutes left for it."""
