"""Predicted ratings: only from enough of them, and only where they beat the mean."""

from dataclasses import replace

import numpy as np

from barberpro.domains.recommendations.training.past import Opinions
from barberpro.domains.recommendations.training.satisfaction import satisfaction

from .planted import AT_DAY

PROVIDERS = [f"prv_{n}" for n in range(8)]


def opinions(count: int, *, noise: float = 0.3, seed: int = 0) -> Opinions:
    """Providers 0 to 6 of rising quality, rated over a year; nobody but customer 0 rates 7, once."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, 50, count)
    provider = rng.integers(0, 7, count)
    score = np.clip(np.round(2 + provider * 0.45 + rng.normal(0, noise, count)), 1, 5)
    customer[-1], provider[-1] = 0, 7
    return Opinions(
        customer=customer,
        provider=[PROVIDERS[n] for n in provider],
        score=score,
        day=np.sort(AT_DAY - rng.uniform(0, 365, count)),
    )


def test_better_providers_get_better_predictions_within_the_stars() -> None:
    model, accuracy = satisfaction(opinions(1500), 60, PROVIDERS, AT_DAY)
    assert model is not None and accuracy is not None
    assert accuracy.rmse < 0.6 * accuracy.rmse_mean
    assert accuracy.n > LEAST_TESTED
    predicted = model.predicted(np.zeros(7, dtype=int), np.arange(7))
    assert (np.diff(predicted) > 0).all()
    assert predicted.min() >= 1 and predicted.max() <= 5


LEAST_TESTED = 50


def test_of_whom_too_little_is_known_nothing_is_predicted() -> None:
    model, _ = satisfaction(opinions(1500), 60, PROVIDERS, AT_DAY)
    assert model is not None
    who, with_whom = np.array([0, 55, 0]), np.array([7, 3, 3])  # 7 was rated once; 55 rated nobody
    assert np.isnan(model.predicted(who, with_whom)).tolist() == [True, True, False]


def test_the_same_ratings_give_the_same_predictions() -> None:
    every = np.arange(7)
    first, second = (satisfaction(opinions(1500), 60, PROVIDERS, AT_DAY)[0] for _ in range(2))
    assert first is not None and second is not None
    a, b = (m.predicted(every, every) for m in (first, second))
    np.testing.assert_array_equal(a, b)


def test_too_few_ratings_predict_nothing() -> None:
    assert satisfaction(opinions(1), 60, PROVIDERS, AT_DAY) == (None, None)
    assert satisfaction(opinions(150), 60, PROVIDERS, AT_DAY)[0] is None
    none = Opinions(np.zeros(0, dtype=int), [], np.zeros(0), np.zeros(0))
    assert satisfaction(none, 60, PROVIDERS, AT_DAY) == (None, None)


def test_ratings_that_nothing_explains_predict_nothing() -> None:
    given = opinions(1500)
    rng = np.random.default_rng(9)
    noise = replace(given, score=rng.integers(1, 6, 1500).astype(float))
    model, accuracy = satisfaction(noise, 60, PROVIDERS, AT_DAY)
    assert accuracy is not None
    assert model is None
    assert accuracy.rmse >= accuracy.rmse_mean
