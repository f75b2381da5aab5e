"""Confidence is believed only where it was shown to hold."""

import numpy as np
import pytest

from barberpro.domains.recommendations.training.calibration import (
    LEAST,
    calibrated,
    expected_error,
    features,
    logistic,
    ranking_power,
)
from barberpro.domains.recommendations.training.habits import HORIZON_DAYS
from barberpro.domains.recommendations.training.rehearsal import Rehearsal, rehearse

from .planted import past


def rehearsals(customers: int) -> tuple[Rehearsal, Rehearsal]:
    full = past(np.random.default_rng(2), customers)
    return rehearse(full, 2 * HORIZON_DAYS), rehearse(full, HORIZON_DAYS)


def test_the_error_weighs_each_bin_by_how_often_it_was_said() -> None:
    said = np.array([0.05, 0.05, 0.05, 0.05, 0.95])
    came = np.array([False, False, False, True, True])
    assert expected_error(said, came) == pytest.approx((4 * 0.20 + 0.05) / 5)
    assert expected_error(np.array([1.0, 0.0]), np.array([True, False])) == 0


def test_ranking_power_counts_pairs_in_the_right_order_and_ties_half() -> None:
    came = np.array([True, False, True, False])
    assert ranking_power(np.array([0.9, 0.1, 0.8, 0.2]), came) == 1
    assert ranking_power(np.array([0.1, 0.9, 0.2, 0.8]), came) == 0
    assert ranking_power(np.array([0.5, 0.5, 0.5, 0.5]), came) == 0.5
    assert ranking_power(np.array([0.9, 0.9, 0.8, 0.1]), came) == pytest.approx(2.5 / 4)
    assert ranking_power(np.array([0.3]), np.array([True])) == 0.5


def test_the_regression_finds_the_chances_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(3, 2, (20_000, 2))
    true = 1 / (1 + np.exp(-(0.8 * (x[:, 0] - 3) - 1)))
    found = logistic(x, rng.random(20_000) < true)
    assert np.abs(found.chances(x) - true).mean() < 0.01


def test_a_feature_that_never_varies_does_no_harm() -> None:
    x = np.stack([np.ones(400), np.arange(400) % 2], axis=1)
    found = logistic(x, x[:, 1] > 0)
    assert np.isfinite(found.chances(x)).all()


def test_confidence_holds_on_what_came_after_what_it_was_fitted_on() -> None:
    earlier, later = rehearsals(600)
    model, found = calibrated(earlier, later)
    assert model is not None and found is not None and found.holds
    assert found.n == len(later.ranked.score)
    assert found.ece <= 0.03
    assert found.auc >= 0.75
    said = model.chances(features(later.model, later.ranked))
    assert said.min() >= 0 and said.max() <= 1
    assert said.mean() == pytest.approx(later.booked.mean(), abs=1e-6)


def test_of_too_few_nothing_is_claimed() -> None:
    earlier, later = rehearsals(8)
    assert 0 < len(later.ranked.score) < LEAST
    assert calibrated(earlier, later) == (None, None)


def test_where_chances_have_moved_nothing_is_claimed() -> None:
    earlier, later = rehearsals(300)
    nobody = Rehearsal(later.model, later.ranked, later.came, np.zeros_like(later.booked))
    model, found = calibrated(earlier, nobody)
    assert model is None
    assert found is not None and found.ece > 0.05
