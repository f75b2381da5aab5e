"""What may stand in the way of an invoice; of bookings, shops and customers, their domains tell."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class InvoiceNotFound(NotFound):
    """No invoice of this organization has that id, or the caller may not see it."""

    code = "INVOICE_NOT_FOUND"
    says = "There is no invoice {invoice_id}."
    invoice_id: str
    """The invoice asked for."""


@dataclass(eq=False)
class WrongInvoiceStatus(Conflict):
    """From the status the invoice has, this change leads nowhere."""

    code = "WRONG_INVOICE_STATUS"
    says = "An invoice that is {from_status} cannot become {to_status}."
    from_status: str
    """The status it has."""
    to_status: str
    """The status asked for."""


@dataclass(eq=False)
class NotAnInvoice(Conflict):
    """A credit note takes an invoice back; it is neither paid nor taken back itself."""

    code = "NOT_AN_INVOICE"
    says = "{invoice_id} is a credit note: only invoices are paid or credited."
    invoice_id: str
    """The credit note."""


@dataclass(eq=False)
class NoLines(Invalid):
    """An invoice that charges nothing is none."""

    code = "NO_LINES"
    says = "An invoice needs a booking or a line."


@dataclass(eq=False)
class TooManyLines(Invalid):
    """The invoice has more lines than can be kept."""

    code = "TOO_MANY_LINES"
    says = "An invoice has at most {limit} lines, bookings among them; this one has {count}."
    limit: int
    """How many are allowed at most."""
    count: int
    """How many there are."""


@dataclass(eq=False)
class InvalidDescription(Invalid):
    """A line's description is empty, too long, or holds characters that cannot be read."""

    code = "INVALID_DESCRIPTION"
    says = "The description of line {line} needs 1 to {limit} readable characters."
    line: int
    """Which of the lines given, from 1."""
    limit: int
    """How many are allowed at most."""


@dataclass(eq=False)
class QuantityOutOfRange(Invalid):
    """A line charges for nothing, or for too many."""

    code = "QUANTITY_OUT_OF_RANGE"
    says = "The quantity of line {line} must be from {least} to {most}."
    line: int
    """Which of the lines given, from 1."""
    least: int
    """The least that is allowed."""
    most: int
    """The most that is allowed."""


@dataclass(eq=False)
class UnitPriceOutOfRange(Invalid):
    """A line's unit price is nothing, negative or too large."""

    code = "UNIT_PRICE_OUT_OF_RANGE"
    says = "The unit price of line {line} must be more than nothing, and at most {most}."
    line: int
    """Which of the lines given, from 1."""
    most: str
    """The highest unit price, in major units of its currency."""


@dataclass(eq=False)
class DiscountOutOfRange(Invalid):
    """A line's discount is negative, or more than the line charges."""

    code = "DISCOUNT_OUT_OF_RANGE"
    says = "The discount of line {line} must be from nothing to {most}, what the line charges."
    line: int
    """Which of the lines given, from 1."""
    most: str
    """What the line charges without it, in major units of its currency."""


@dataclass(eq=False)
class UnknownTaxRate(Invalid):
    """No VAT of that rate is known to the tax authority."""

    code = "UNKNOWN_TAX_RATE"
    says = "Line {line} has no tax rate there is. In basis points they are: {known}."
    line: int
    """Which of the lines given, from 1."""
    known: list[str]
    """The rates there are, in basis points."""


@dataclass(eq=False)
class MixedCurrencies(Invalid):
    """All of an invoice is in one currency."""

    code = "MIXED_CURRENCIES"
    says = "An invoice is in one currency, and this one has prices in {currencies}."
    currencies: list[str]
    """The currencies there are, in the order of the alphabet."""


@dataclass(eq=False)
class TotalOutOfRange(Invalid):
    """The invoice would charge nothing, or more than can be counted."""

    code = "TOTAL_OUT_OF_RANGE"
    says = "The total must be more than nothing, and at most {most}."
    most: str
    """The highest total, in major units of its currency."""


@dataclass(eq=False)
class BookingAtOtherLocation(Invalid):
    """An invoice bills bookings of the location that issues it."""

    code = "BOOKING_AT_OTHER_LOCATION"
    says = "The booking {booking_id} is at another location, which issues invoices of its own."
    booking_id: str
    """The booking that is elsewhere."""


@dataclass(eq=False)
class BookingOfOtherCustomer(Invalid):
    """An invoice bills bookings of one customer."""

    code = "BOOKING_OF_OTHER_CUSTOMER"
    says = "The booking {booking_id} is of another customer, who gets an invoice of their own."
    booking_id: str
    """The booking of somebody else."""
