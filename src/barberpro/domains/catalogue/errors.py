"""What may stand in the way when services are offered and changed."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ServiceNotFound(NotFound):
    """No service of this organization has that id."""

    code = "SERVICE_NOT_FOUND"
    says = "There is no service {service_id}."
    service_id: str
    """The service asked for."""


@dataclass(eq=False)
class ServiceNameTaken(Conflict):
    """Another service of the organization has this name; case and accents do not count."""

    code = "SERVICE_NAME_TAKEN"
    says = "Another service is called {name} already. Choose another name."
    name: str
    """The name that is taken."""


@dataclass(eq=False)
class ServiceWithdrawn(Conflict):
    """The service is offered no more."""

    code = "SERVICE_WITHDRAWN"
    says = "The service {service_id} is no longer offered."
    service_id: str
    """The service asked for."""


@dataclass(eq=False)
class DurationOutOfRange(Invalid):
    """A service is too short or too long."""

    code = "DURATION_OUT_OF_RANGE"
    says = "A service takes {minimum} to {maximum} minutes."
    minimum: int
    """The least that is allowed."""
    maximum: int
    """The most that is allowed."""


@dataclass(eq=False)
class BufferOutOfRange(Invalid):
    """The time kept free after a service is negative or too long."""

    code = "BUFFER_OUT_OF_RANGE"
    says = "The time kept free after a service is {minimum} to {maximum} minutes."
    minimum: int
    """The least that is allowed."""
    maximum: int
    """The most that is allowed."""


@dataclass(eq=False)
class BufferBeforeOutOfRange(Invalid):
    """The time kept free before a service is negative or too long."""

    code = "BUFFER_BEFORE_OUT_OF_RANGE"
    says = "The time kept free before a service is {minimum} to {maximum} minutes."
    minimum: int
    """The least that is allowed."""
    maximum: int
    """The most that is allowed."""


@dataclass(eq=False)
class GapOutOfRange(Invalid):
    """The gap in a service does not leave work before and after it, or is too short to be of use."""

    code = "GAP_OUT_OF_RANGE"
    says = (
        "A gap in this service takes {minimum} to {maximum} minutes,"
        " with {minimum} minutes of work or more before and after it."
    )
    minimum: int
    """The least that a gap takes, and the work on each side of it."""
    maximum: int
    """The most that a gap takes in a service of this duration; 0 where none fits."""


@dataclass(eq=False)
class PriceOutOfRange(Invalid):
    """The price is negative or too large."""

    code = "PRICE_OUT_OF_RANGE"
    says = "A price is from nothing to {maximum}."
    maximum: str
    """The highest price, as an amount of its currency."""


@dataclass(eq=False)
class UnknownCurrency(Invalid):
    """The currency is not one of ISO 4217."""

    code = "UNKNOWN_CURRENCY"
    says = "There is no such currency. Use a code of ISO 4217, as ARS."
