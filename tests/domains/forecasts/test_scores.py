"""The measures of a backtest, by hand and by property."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.forecasts.training import scores

amounts = st.lists(st.integers(0, 1_000), min_size=1, max_size=30)


def test_each_measure_by_hand() -> None:
    actual, forecast = np.array([10.0, 0.0, 4.0]), np.array([8.0, 2.0, 4.0])
    assert scores.wape(actual, forecast) == pytest.approx(4 / 14)
    assert scores.bias(actual, forecast) == 0
    assert scores.smape(actual, forecast) == pytest.approx((4 / 18 + 2 + 0) / 3)
    learned = np.array([1.0] * 7 + [3.0] * 7)
    assert scores.mase(forecast - actual, learned, learned > 0) == pytest.approx((4 / 3) / 2)


def test_what_has_no_value_is_none() -> None:
    nothing = np.zeros(14)
    assert scores.wape(nothing, nothing + 1) is None
    assert scores.bias(nothing, nothing + 1) is None
    assert scores.mase(nothing + 1, nothing, nothing == 0) is None
    assert scores.mase(nothing[:0], nothing + 1, nothing == 0) is None
    assert scores.smape(nothing[:0], nothing[:0]) is None
    assert scores.smape(nothing, nothing) == 0


def test_pairs_with_a_closed_day_are_no_steps() -> None:
    learned = np.array([5.0] * 7 + [0.0] + [7.0] * 6)
    assert scores.mase(np.array([3.0]), learned, learned > 0) == pytest.approx(3 / 2)


@given(amounts, st.integers(1, 50), st.data())
def test_measures_do_not_depend_on_the_unit(
    counts: list[int], unit: int, data: st.DataObject
) -> None:
    size = len(counts)
    told = data.draw(st.lists(st.integers(0, 1_000), min_size=size, max_size=size))
    actual, forecast = np.array(counts, dtype=float), np.array(told, dtype=float)
    for measure in (scores.wape, scores.smape, scores.bias):
        plain, scaled = measure(actual, forecast), measure(actual * unit, forecast * unit)
        assert (plain is None) == (scaled is None)
        assert plain is None or plain == pytest.approx(scaled)
    smape, wape, bias = (f(actual, forecast) for f in (scores.smape, scores.wape, scores.bias))
    assert smape is not None
    assert 0 <= smape <= 2
    assert wape is None or bias is None or abs(bias) <= wape + 1e-12
