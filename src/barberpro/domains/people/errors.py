"""What may stand in the way when providers and customers are looked after."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ProviderNotFound(NotFound):
    """No provider of this organization has that id, or the caller may not see them."""

    code = "PROVIDER_NOT_FOUND"
    says = "There is no provider {provider_id}."
    provider_id: str
    """The provider asked for."""


@dataclass(eq=False)
class CustomerNotFound(NotFound):
    """No customer of this organization has that id, or the caller may not see them."""

    code = "CUSTOMER_NOT_FOUND"
    says = "There is no customer {customer_id}."
    customer_id: str
    """The customer asked for."""


@dataclass(eq=False)
class ProviderLeft(Conflict):
    """The provider works for the organization no more."""

    code = "PROVIDER_LEFT"
    says = "The provider {provider_id} no longer works here."
    provider_id: str
    """The provider asked for."""


@dataclass(eq=False)
class ProviderNotAtLocation(Conflict):
    """The provider works for the organization, though not at this location."""

    code = "PROVIDER_NOT_AT_LOCATION"
    says = "The provider {provider_id} does not work at the location {location_id}."
    provider_id: str
    """The provider asked for."""
    location_id: str
    """The location asked for."""


@dataclass(eq=False)
class CustomerErased(Conflict):
    """The customer asked to be forgotten: nothing is written down of them any more."""

    code = "CUSTOMER_ERASED"
    says = "The customer {customer_id} was erased; register them anew."
    customer_id: str
    """The customer asked for."""


@dataclass(eq=False)
class InvalidDocumentNumber(Invalid):
    """The document number is of no form there is."""

    code = "INVALID_DOCUMENT_NUMBER"
    says = "A document number has {least} to {most} letters and digits."
    least: int
    """How many it has at least."""
    most: int
    """How many it has at most."""


@dataclass(eq=False)
class InvalidBirthDate(Invalid):
    """Nobody who is alive was born on that day."""

    code = "INVALID_BIRTH_DATE"
    says = "A birth date is in the past, in {earliest_year} or later."
    earliest_year: int
    """The first year that is taken."""


@dataclass(eq=False)
class AddressTooLong(Invalid):
    """The address has more characters than are kept."""

    code = "ADDRESS_TOO_LONG"
    says = "An address has at most {limit} characters; this one has {length}."
    limit: int
    """How many are allowed at most."""
    length: int
    """How many there are."""


@dataclass(eq=False)
class CustomerNotesTooLong(Invalid):
    """The notes have more characters than are kept."""

    code = "CUSTOMER_NOTES_TOO_LONG"
    says = "Notes on a customer have at most {limit} characters; these have {length}."
    limit: int
    """How many are allowed at most."""
    length: int
    """How many there are."""


@dataclass(eq=False)
class HomeLocationRequired(Invalid):
    """A caller limited to some locations must say which of them a customer belongs to."""

    code = "HOME_LOCATION_REQUIRED"
    says = "Say which of your locations the customer belongs to."


@dataclass(eq=False)
class AbsenceNotFound(NotFound):
    """No time off of this organization has that id, or the caller may not see it."""

    code = "ABSENCE_NOT_FOUND"
    says = "There is no time off {absence_id}."
    absence_id: str
    """The time off asked for."""


@dataclass(eq=False)
class InvalidAbsence(Invalid):
    """Time off that is over, ends before it begins, or lasts too long."""

    code = "INVALID_ABSENCE"
    says = "Time off ends in the future, after it begins, and lasts at most {days} days."
    days: int
    """How long it may last."""


@dataclass(eq=False)
class TooManyAbsences(Conflict):
    """The provider has as many times off ahead as are kept."""

    code = "TOO_MANY_ABSENCES"
    says = "A provider has at most {limit} times off ahead. Take one back first."
    limit: int
    """How many are allowed at most."""


@dataclass(eq=False)
class TooManyShifts(Invalid):
    """More shifts than a week can need."""

    code = "TOO_MANY_SHIFTS"
    says = "A provider's week has at most {limit} shifts."
    limit: int
    """How many are allowed at most."""


@dataclass(eq=False)
class ShiftsOverlap(Invalid):
    """Two shifts of one provider are at the same time."""

    code = "SHIFTS_OVERLAP"
    says = "On weekday {weekday}, a shift that starts at {starts} begins before another has ended."
    weekday: int
    """The day of the week, as in ISO 8601."""
    starts: str
    """When the later of the two starts, on the wall clock."""


@dataclass(eq=False)
class TooManySkills(Invalid):
    """More skills than anybody has."""

    code = "TOO_MANY_SKILLS"
    says = "A provider has at most {limit} skills."
    limit: int
    """How many are allowed at most."""
