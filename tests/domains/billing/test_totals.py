"""The arithmetic of tax: what always holds, and figures worked out by hand."""

import random
from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing.totals import RATES, Charge, Split, half_even, split, taxed

amounts = st.integers(0, 10**15)
rates = st.sampled_from(RATES)
charges = st.lists(st.builds(Charge, amounts, rates), max_size=200)


def by_rate(given_charges: list[Charge]) -> dict[int, list[int]]:
    """Total, net and tax at each rate."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for charge, part in zip(given_charges, taxed(given_charges), strict=True):
        for at, amount in enumerate((charge.total_minor, part.net_minor, part.tax_minor)):
            sums[charge.rate_bps][at] += amount
    return dict(sums)


@pytest.mark.parametrize(
    ("total", "rate", "net", "tax"),
    [
        (1_210_00, 2100, 1_000_00, 210_00),
        (1_250_000, 2100, 1_033_058, 216_942),  # 10330.5785… and 2169.42…
        (1_105, 1050, 1_000, 105),
        (100, 0, 100, 0),
        (0, 2100, 0, 0),
        (1, 2100, 1, 0),
        (41, 250, 40, 1),
    ],
)
def test_a_final_price_is_taken_apart(total: int, rate: int, net: int, tax: int) -> None:
    assert split(total, rate) == Split(net, tax)


@pytest.mark.parametrize(
    ("numerator", "rounded"), [(5, 2), (15, 8), (25, 12), (14, 7), (16, 8), (0, 0)]
)
def test_halves_go_to_the_even_one(numerator: int, rounded: int) -> None:
    assert half_even(numerator * 5, 10) == rounded


@given(st.integers(0, 10**20), st.integers(1, 20_000))
def test_rounding_is_that_of_fractions(numerator: int, denominator: int) -> None:
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(charges)
def test_net_and_tax_of_each_line_close_and_are_never_negative(given_charges: list[Charge]) -> None:
    for charge, part in zip(given_charges, taxed(given_charges), strict=True):
        assert part.net_minor + part.tax_minor == charge.total_minor
        assert 0 <= part.net_minor <= charge.total_minor


@given(charges)
def test_the_tax_is_rounded_once_a_rate_over_the_whole_of_it(given_charges: list[Charge]) -> None:
    for rate, (total, net, tax) in by_rate(given_charges).items():
        assert Split(net, tax) == split(total, rate)
        assert abs(Fraction(total * 10_000, 10_000 + rate) - net) <= Fraction(1, 2)


@given(charges)
def test_no_line_is_a_whole_unit_from_its_own_share(given_charges: list[Charge]) -> None:
    sums = by_rate(given_charges)
    for charge, part in zip(given_charges, taxed(given_charges), strict=True):
        total, net, _ = sums[charge.rate_bps]
        share = Fraction(net * charge.total_minor, total) if total else 0
        assert abs(part.net_minor - share) < 1


@given(charges, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(
    given_charges: list[Charge], rnd: random.Random
) -> None:
    shuffled = rnd.sample(given_charges, len(given_charges))
    assert by_rate(shuffled) == by_rate(given_charges)


def test_rounding_once_differs_from_rounding_each_line() -> None:
    """Three of 0.10 at 21 %: 0.0826… each, which is 0.08 three times, but 0.25 together."""
    parts = taxed([Charge(10, 2100)] * 3)
    assert [split(10, 2100).net_minor] * 3 == [8, 8, 8]
    assert [part.net_minor for part in parts] == [9, 8, 8]
    assert sum(part.tax_minor for part in parts) == 5
