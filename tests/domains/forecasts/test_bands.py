"""The 80 % interval holds eight days of ten, and the mean always."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.forecasts.training.bands import Band, scale


def test_on_days_like_those_it_was_made_of_it_holds_eight_of_ten() -> None:
    rng = np.random.default_rng(11)
    inside, opened = [], np.zeros(84, dtype=bool)
    for _ in range(200):
        mean = rng.uniform(1, 30, 84)
        ones = np.ones(84)
        band = Band.of((rng.poisson(mean) - mean) / scale(mean, ones))
        came = rng.poisson(mean)
        lower, upper = band.around(mean, ones, opened)
        inside.append(((lower <= came) & (came <= upper)).mean())
    assert 0.78 < np.mean(inside) < 0.86


def test_few_errors_bound_it_by_the_largest() -> None:
    assert Band.of(np.array([-2.0, 0.5, 1.0])) == Band(below=2.0, above=1.0)
    assert Band.of(np.array([1.0, 2.0])) == Band(below=0.0, above=2.0)


def test_ten_thousand_pesos_a_booking_only_change_the_unit() -> None:
    mean, band = np.array([0.0, 0.3, 9.0]), Band(1.0, 2.0)
    opened = np.zeros(3, dtype=bool)
    lower, upper = band.around(mean, np.ones(3), opened)
    assert (lower.tolist(), upper.tolist()) == ([0.0, 0.0, 6.0], [2.0, 2.3, 15.0])
    in_money = band.around(mean * 10_000, np.full(3, 10_000.0), opened)
    assert np.allclose(in_money, (lower * 10_000, upper * 10_000))


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=100),
    st.lists(st.floats(0, 1e9), min_size=1, max_size=20),
    st.integers(0, 1_000_000),
)
def test_it_holds_the_mean_and_nothing_below_zero(
    errors: list[float], means: list[float], unit: int
) -> None:
    mean = np.array(means)
    opened = np.zeros(len(mean), dtype=bool)
    lower, upper = Band.of(np.array(errors)).around(mean, np.full(len(mean), float(unit)), opened)
    assert (lower >= 0).all()
    assert (lower <= mean).all()
    assert (mean <= upper).all()
    assert np.isfinite(upper).all()
