"""Money: integer minor units and a currency. No floats come near it."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel.numbers import format_currency, get_currency_precision

from .errors import Invalid


@dataclass(eq=False)
class AmountInexact(Invalid):
    """An amount has more decimals than its currency."""

    code = "AMOUNT_INEXACT"
    says = "The amount has more than {digits} decimals, and its currency has no smaller unit."
    digits: int
    """How many decimals the currency has."""


@cache
def precision(currency_code: str) -> int:
    """How many decimals a currency has."""
    return get_currency_precision(currency_code)


@dataclass(frozen=True)
class Money:
    """An amount in minor units (centavos) of an ISO 4217 currency."""

    minor: int
    currency_code: str

    @classmethod
    def parse(cls, amount: str, currency_code: str) -> "Money":
        """From major units, as in `"12500.00"`. Raises AmountInexact where minor units cannot hold it."""
        digits = precision(currency_code)
        minor = Decimal(amount).scaleb(digits)
        if minor != minor.to_integral_value():
            raise AmountInexact(digits)
        return cls(int(minor), currency_code)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-precision(self.currency_code))

    @property
    def amount(self) -> str:
        """The amount in major units as the wire shows it: `"12500.00"`."""
        digits = precision(self.currency_code)
        if not digits:
            return str(self.minor)
        sign, whole = ("-" if self.minor < 0 else ""), str(abs(self.minor)).zfill(digits + 1)
        return f"{sign}{whole[:-digits]}.{whole[-digits:]}"

    def formatted(self, language: str) -> str:
        """As a person of that language writes it: `$12.500,00`."""
        return format_currency(self.decimal, self.currency_code, locale=language.replace("-", "_"))
