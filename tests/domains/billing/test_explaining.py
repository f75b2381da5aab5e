"""Every cent of an invoice has a rule that made it, and those of each stage add up to what is stored."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing import lines
from barberpro.domains.billing.explaining import Cause, Rule, explained
from barberpro.domains.billing.service import Line
from barberpro.domains.billing.totals import RATES, split
from barberpro.platform.money import Money


@st.composite
def any_line(draw: Any) -> Line:
    quantity, price = draw(st.integers(1, 50)), draw(st.integers(1, 10**7))
    return Line(
        description="Gel",
        quantity=quantity,
        unit_price=Money(price, "ARS"),
        discount=Money(draw(st.integers(0, quantity * price)), "ARS"),
        tax_rate_bps=draw(st.sampled_from(RATES)),
        booking_id=draw(st.sampled_from([None, "bkg"])),
    )


def stored(charged: list[Line]) -> list[Any]:
    return [SimpleNamespace(**row) for row in lines.rows(charged)]


def test_the_cents_of_three_small_lines() -> None:
    """Three of 0.10 at 21 %: 0.25 net together, which is 0.08 each and one more for the first."""
    line = Line(description="Gel", quantity=1, unit_price=Money(10, "ARS"))
    causes = explained(stored([line] * 3))
    assert causes == [
        *[Cause(Rule.WRITTEN_PRICE, n, None, 10, 10, "ARS") for n in (1, 2, 3)],
        Cause(Rule.NET_OF_RATE, None, 2100, 30, 25, "ARS"),
        Cause(Rule.TAX_OF_RATE, None, 2100, 30, 5, "ARS"),
        Cause(Rule.NET_SHARE, 1, 2100, 10, 8, "ARS"),
        Cause(Rule.NET_REMAINDER, 1, 2100, 10, 1, "ARS"),
        Cause(Rule.TAX_SHARE, 1, 2100, 10, 1, "ARS"),
        Cause(Rule.NET_SHARE, 2, 2100, 10, 8, "ARS"),
        Cause(Rule.TAX_SHARE, 2, 2100, 10, 2, "ARS"),
        Cause(Rule.NET_SHARE, 3, 2100, 10, 8, "ARS"),
        Cause(Rule.TAX_SHARE, 3, 2100, 10, 2, "ARS"),
    ]


def test_a_booking_and_a_discount_are_told_apart() -> None:
    booked = Line(
        description="Corte",
        quantity=1,
        unit_price=Money(500, "ARS"),
        discount=Money(20, "ARS"),
        tax_rate_bps=0,
        booking_id="bkg",
    )
    assert explained(stored([booked]))[:2] == [
        Cause(Rule.BOOKED_PRICE, 1, None, 500, 500, "ARS"),
        Cause(Rule.DISCOUNT, 1, None, 500, -20, "ARS"),
    ]


@given(st.lists(any_line(), min_size=1, max_size=12))
def test_the_causes_add_up_to_what_is_stored(charged: list[Line]) -> None:
    rows = stored(charged)
    of_rule: dict[Rule, int] = defaultdict(int)
    of_line: dict[tuple[str, int | None], int] = defaultdict(int)
    for cause in explained(rows):
        of_rule[cause.rule] += cause.amount_minor
        of_line[cause.rule.partition("_")[0], cause.position] += cause.amount_minor
        if cause.rule is Rule.NET_REMAINDER:
            assert cause.amount_minor == 1
        if cause.rule is Rule.NET_OF_RATE:
            assert cause.amount_minor == split(cause.base_minor, cause.tax_rate_bps or 0).net_minor
    sums = lines.sums(lines.rows(charged))
    priced = (Rule.BOOKED_PRICE, Rule.WRITTEN_PRICE, Rule.DISCOUNT)
    assert sum(of_rule[rule] for rule in priced) == sums["total_minor"]
    assert -of_rule[Rule.DISCOUNT] == sums["discount_minor"]
    assert of_rule[Rule.NET_OF_RATE] == sums["net_minor"]
    assert of_rule[Rule.TAX_OF_RATE] == sums["tax_minor"]
    for row in rows:
        assert of_line["NET", row.position] == row.net_minor
        assert of_line["TAX", row.position] == row.tax_minor
