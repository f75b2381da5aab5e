"""What an invoice charges for, line by line. Pure: bookings are given as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel.numbers import is_currency
from sqlalchemy import Row

from barberpro.domains.catalogue.errors import UnknownCurrency
from barberpro.domains.catalogue.service import HIGHEST_PRICE
from barberpro.platform import ids, text
from barberpro.platform.money import Money

from .errors import (
    DiscountOutOfRange,
    InvalidDescription,
    MixedCurrencies,
    NoLines,
    QuantityOutOfRange,
    TooManyLines,
    TotalOutOfRange,
    UnitPriceOutOfRange,
    UnknownTaxRate,
)
from .totals import RATES, STANDARD_RATE, Charge, taxed

MOST_LINES = 200
MOST_OF_ONE = 10_000
LONGEST_DESCRIPTION = 200
HIGHEST_TOTAL = 10**15  # minor units: sums of thousands of invoices still fit a column


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many of something, at a unit price with the tax in it. `discount` is off the whole line."""

    description: str
    quantity: int
    unit_price: Money
    discount: Money | None = None
    tax_rate_bps: int = STANDARD_RATE
    booking_id: str | None = None

    @property
    def discount_minor(self) -> int:
        return self.discount.minor if self.discount else 0

    @property
    def total_minor(self) -> int:
        return self.quantity * self.unit_price.minor - self.discount_minor


def count(booking_ids: Sequence[str], lines: Sequence[Line]) -> None:
    """Raise where there is nothing to charge for, or too much; before any of it is looked at."""
    found = len(booking_ids) + len(lines)
    if not found:
        raise NoLines
    if found > MOST_LINES:
        raise TooManyLines(MOST_LINES, found)


def of_booking(booking: Row[Any]) -> Line:
    """A booked service as a line, at the price agreed when it was booked."""
    return Line(
        description=booking.service_name,
        quantity=1,
        unit_price=Money(booking.price_minor, booking.currency_code),
        booking_id=booking.id,
    )


def by_hand(line: Line, position: int) -> Line:
    """The line as it is kept, where its parts make sense; `position` is what refusals call it by."""
    if not is_currency(line.unit_price.currency_code):
        raise UnknownCurrency
    if not 1 <= line.quantity <= MOST_OF_ONE:
        raise QuantityOutOfRange(position, 1, MOST_OF_ONE)
    if not 1 <= line.unit_price.minor <= HIGHEST_PRICE:
        raise UnitPriceOutOfRange(position, _amount(HIGHEST_PRICE, line))
    if line.discount is not None and line.discount.currency_code != line.unit_price.currency_code:
        raise MixedCurrencies(sorted({line.discount.currency_code, line.unit_price.currency_code}))
    full = line.quantity * line.unit_price.minor
    if not 0 <= line.discount_minor <= full:
        raise DiscountOutOfRange(position, _amount(full, line))
    if line.tax_rate_bps not in RATES:
        raise UnknownTaxRate(position, [str(rate) for rate in RATES])
    return replace(line, description=_description(line.description, position))


def check_sum(lines: Sequence[Line]) -> None:
    """Raise where the lines of one invoice do not make one sum."""
    currencies = sorted({line.unit_price.currency_code for line in lines})
    if len(currencies) > 1:
        raise MixedCurrencies(currencies)
    if not 1 <= sum(line.total_minor for line in lines) <= HIGHEST_TOTAL:
        raise TotalOutOfRange(_amount(HIGHEST_TOTAL, lines[0]))


def rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines as they are stored, all but their invoice, with what each consists of."""
    splits = taxed([Charge(line.total_minor, line.tax_rate_bps) for line in lines])
    return [
        {
            "id": ids.new("inl"),
            "booking_id": line.booking_id,
            "position": position,
            "description": line.description,
            "quantity": line.quantity,
            "currency_code": line.unit_price.currency_code,
            "unit_price_minor": line.unit_price.minor,
            "discount_minor": line.discount_minor,
            "tax_rate_bps": line.tax_rate_bps,
            **vars(split),
            "total_minor": line.total_minor,
        }
        for position, (line, split) in enumerate(zip(lines, splits, strict=True), 1)
    ]


SUMMED = ("discount_minor", "net_minor", "tax_minor", "total_minor")


def sums(stored: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The invoice's own amounts: those of its lines together."""
    return {name: sum(row[name] for row in stored) for name in SUMMED}


def _description(given: str, position: int) -> str:
    try:
        return text.name(given, limit=LONGEST_DESCRIPTION)
    except text.InvalidName:
        raise InvalidDescription(position, LONGEST_DESCRIPTION) from None


def _amount(minor: int, line: Line) -> str:
    return Money(minor, line.unit_price.currency_code).amount
