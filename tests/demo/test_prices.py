"""Prices rise month by month to what they are today, in whole steps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.demo.prices import STEP, PriceList, by_month, rate

PESOS = st.integers(10, 2_000).map(lambda steps: steps * STEP)


def months(first: str, last: str) -> np.ndarray:
    return np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)


def test_prices_before_a_month_are_lower_by_its_rate() -> None:
    found = by_month(np.array([1_400_000]), months("2023-11", "2024-01"))
    # 19 % in January: 14,000 / 1.19 = 11,764.7; 23 % in December: 11,750 / 1.23 = 9,552.8.
    assert found[:, 0].tolist() == [955_000, 1_175_000, 1_400_000]


def test_inflation_was_steep_and_calms_down() -> None:
    at = [rate(np.datetime64(month, "M")) for month in ("2023-12", "2024-12", "2026-05")]
    assert at == [2_300, 270, 210]


@settings(deadline=None)
@given(st.lists(PESOS, min_size=1, max_size=5), st.integers(1, 60))
def test_prices_never_fall_and_end_at_todays(current: list[int], length: int) -> None:
    last = np.datetime64("2026-11", "M")
    found = by_month(np.array(current), np.arange(last - length + 1, last + 1))
    assert found.shape == (length, len(current))
    assert found[-1].tolist() == current
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found >= STEP).all()
    assert (found % STEP == 0).all()


def test_a_price_is_that_of_its_month_and_later_todays() -> None:
    prices = PriceList(
        np.array([1_400_000]), np.datetime64("2023-11-30"), np.datetime64("2024-01-15")
    )
    at = np.array(["2023-11-30T23:59:59", "2023-12-01T00:00:00", "2024-03-01T00:00:00"])
    found = prices.at(at.astype("datetime64[us]"), np.zeros(3, dtype=int))
    assert found.tolist() == [955_000, 1_175_000, 1_400_000]
