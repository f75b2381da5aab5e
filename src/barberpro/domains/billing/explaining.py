"""Why an invoice is what it is: each of its amounts, with the rule that made it and what the rule was applied to. Pure.

It is reckoned anew from quantities, prices, discounts and rates alone, never copied from the amounts it explains.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .totals import Charge, split, taxed


class Rule(StrEnum):
    """What makes an amount."""

    BOOKED_PRICE = "BOOKED_PRICE"
    WRITTEN_PRICE = "WRITTEN_PRICE"
    DISCOUNT = "DISCOUNT"
    NET_OF_RATE = "NET_OF_RATE"
    TAX_OF_RATE = "TAX_OF_RATE"
    NET_SHARE = "NET_SHARE"
    NET_REMAINDER = "NET_REMAINDER"
    TAX_SHARE = "TAX_SHARE"


@dataclass(frozen=True)
class Cause:
    """An amount, the rule that made it and what that was applied to; `position` is a line's, None of a whole rate."""

    rule: Rule
    position: int | None
    tax_rate_bps: int | None
    base_minor: int
    amount_minor: int
    currency_code: str


def explained(lines: Iterable[Any]) -> list[Cause]:
    """All causes of one invoice, of its lines in order and then of its rates, the lowest first.

    Prices and discounts add up to the total; the net amounts and taxes of the rates to the invoice's; net share,
    remainder and tax share of a line to the line's.
    """
    in_order = sorted(lines, key=lambda line: line.position)
    by_rate: dict[int, list[Any]] = defaultdict(list)
    for line in in_order:
        by_rate[line.tax_rate_bps].append(line)
    priced = [cause for line in in_order for cause in _price(line)]
    return priced + [cause for rate in sorted(by_rate) for cause in _rate(rate, by_rate[rate])]


def _price(line: Any) -> Iterator[Cause]:
    rule = Rule.WRITTEN_PRICE if line.booking_id is None else Rule.BOOKED_PRICE
    full = line.quantity * line.unit_price_minor
    yield Cause(rule, line.position, None, line.unit_price_minor, full, line.currency_code)
    if line.discount_minor:
        off = -line.discount_minor
        yield Cause(Rule.DISCOUNT, line.position, None, full, off, line.currency_code)


def _rate(rate_bps: int, lines: list[Any]) -> Iterator[Cause]:
    code = lines[0].currency_code
    totals = [line.quantity * line.unit_price_minor - line.discount_minor for line in lines]
    whole = sum(totals)
    parts = split(whole, rate_bps)
    yield Cause(Rule.NET_OF_RATE, None, rate_bps, whole, parts.net_minor, code)
    yield Cause(Rule.TAX_OF_RATE, None, rate_bps, whole, parts.tax_minor, code)
    shares = taxed([Charge(total, rate_bps) for total in totals])
    for line, total, share in zip(lines, totals, shares, strict=True):
        exact = parts.net_minor * total // whole if whole else 0
        yield Cause(Rule.NET_SHARE, line.position, rate_bps, total, exact, code)
        if share.net_minor > exact:
            yield Cause(
                Rule.NET_REMAINDER, line.position, rate_bps, total, share.net_minor - exact, code
            )
        yield Cause(Rule.TAX_SHARE, line.position, rate_bps, total, share.tax_minor, code)
