"""Values that several domains answer with."""

from typing import Any

from barberpro.graph.context import Context
from barberpro.graph.fields import computed
from barberpro.graph.scalars import CurrencyCode, Decimal
from barberpro.graph.types import input_type, value
from barberpro.platform import money as amounts


def formatted(minor: int, currency_code: str, context: Context) -> str:
    return amounts.Money(minor, currency_code).formatted(context.language)


@value
class Money:
    """An amount of money, exact."""

    amount: Decimal
    """In major units, as in `"12500.00"`."""
    currency_code: CurrencyCode
    """The currency."""
    formatted: str = computed("minor", "currency_code", fn=formatted)
    """As a person writes it, in the caller's language: `$ 12.500,00`."""


def money(minor: str, currency_code: str = "currency_code") -> Any:
    """A field of type Money over a column of minor units and one of the currency."""
    return computed(minor, currency_code, fn=amounts.Money)


@input_type
class MoneyInput:
    """An amount of money, exact."""

    amount: Decimal
    """In major units, as in `"12500.00"`; no finer than the currency's minor unit."""
    currency_code: CurrencyCode
    """The currency."""


def given(price: MoneyInput) -> amounts.Money:
    """The amount a caller gave. Raises AmountInexact where it is finer than the currency knows."""
    return amounts.Money.parse(price.amount, price.currency_code)
