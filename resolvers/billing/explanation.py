"""Where every cent of an invoice comes from."""

import enum
from collections import defaultdict
from typing import Any

from sqlalchemy import Row

from barberpro.domains.billing import explaining, service
from barberpro.graph.context import Context
from barberpro.graph.fields import batched
from barberpro.graph.types import enumeration, extends, value

from ..values import Money, money
from .types import Invoice


@enumeration
class InvoiceRule(enum.Enum):
    """What makes an amount of an invoice. Amounts of one stage add up to what the next is applied to."""

    BOOKED_PRICE = "BOOKED_PRICE"
    """Quantity times the price agreed when it was booked, tax included."""
    WRITTEN_PRICE = "WRITTEN_PRICE"
    """Quantity times the price written on the line, tax included."""
    DISCOUNT = "DISCOUNT"
    """What was written to be taken off the line. Prices and discounts together are the total."""
    NET_OF_RATE = "NET_OF_RATE"
    """What all lines of a rate charge, divided by 1 + rate and rounded half to even: once, over the sum."""
    TAX_OF_RATE = "TAX_OF_RATE"
    """What is left of that sum: the tax of the rate."""
    NET_SHARE = "NET_SHARE"
    """A line's part of the net amount of its rate, by what it charges, rounded down."""
    NET_REMAINDER = "NET_REMAINDER"
    """A minor unit that rounding down left over, for the lines that lost most by it; the first of equals."""
    TAX_SHARE = "TAX_SHARE"
    """What is left of what a line charges: its tax."""


@value
class InvoiceCause:
    """An amount of an invoice, and the rule that made it."""

    rule: InvoiceRule
    """The rule."""
    position: int | None
    """The line it is about; null where it is about all lines of a rate."""
    tax_rate_bps: int | None
    """The rate of tax the rule took, in basis points; null where it took none."""
    base: Money = money("base_minor")
    """What the rule was applied to."""
    amount: Money = money("amount_minor")
    """What it made of it."""


async def explanation(parents: Any, context: Context) -> list[list[explaining.Cause]]:
    """Where every cent comes from: its prices and discounts, line by line, and then its rates of tax.

    It is reckoned anew from quantities, prices, discounts and rates; on a credit note as on the invoice it takes back.
    """
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await context.rows(service.charged(), {"invoices": [p.id for p in parents]}):
        found[row.invoice_id].append(row)
    return [explaining.explained(found[p.id]) for p in parents]


@extends(Invoice)
class InvoiceExplanation:
    explanation: list[InvoiceCause] = batched(explanation, cost=4, size=20, needs=("id",))
