"""Scores are the published ones, errors know of clusters, and calibration finds who is too sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foedus.errors import MeaningError
from foedus.history import scores

THREE = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])


def test_scores_by_hand() -> None:
    happened = np.array([2, 0])
    np.testing.assert_allclose(scores.log_score(THREE, happened), [-np.log(0.3), 0.0], atol=1e-15)
    np.testing.assert_allclose(scores.brier(THREE, happened), [0.04 + 0.25 + 0.49, 0.0])
    np.testing.assert_allclose(scores.ranked(THREE, happened), [(0.04 + 0.49) / 2, 0.0])


def test_yes_and_no_score_as_usual() -> None:
    p, happened = np.array([[0.7, 0.3], [0.1, 0.9]]), np.array([1, 1])
    np.testing.assert_allclose(scores.brier(p, happened), [0.49, 0.01])
    np.testing.assert_allclose(scores.ranked(p, happened), scores.brier(p, happened))


def test_what_was_called_impossible_costs_infinitely_and_leaves_no_interval() -> None:
    lost = scores.log_score(THREE, np.array([1, 2]))
    assert lost[1] == np.inf
    found = scores.mean(lost)
    assert found.value == np.inf and np.isnan(found.error)


def test_a_near_miss_loses_less_than_a_far_one() -> None:
    p = np.array([[0.0, 0.0, 0.8, 0.2]] * 2)
    near, far = scores.ranked(p, np.array([3, 0]))
    assert near < far
    assert len(set(scores.brier(np.array([[0.0, 0.0, 1.0, 0.0]] * 2), np.array([3, 0])))) == 1, "which Brier's does not see"


@given(
    st.lists(st.floats(0.05, 1), min_size=3, max_size=5),
    st.lists(st.floats(0.05, 1), min_size=3, max_size=5),
    st.sampled_from(sorted(scores.SCORES)),
)
def test_no_other_forecast_scores_better_in_expectation(truth: list[float], said: list[float], name: str) -> None:
    k = min(len(truth), len(said))
    p, q = (np.array(x[:k]) / sum(x[:k]) for x in (truth, said))
    levels = np.arange(k)
    of = scores.SCORES[name]
    assert p @ of(np.tile(p, (k, 1)), levels) <= p @ of(np.tile(q, (k, 1)), levels) + 1e-12


def test_the_error_of_independent_cases_is_the_usual_one() -> None:
    values = np.random.default_rng(1).normal(size=40)
    found = scores.mean(values)
    assert found.error == pytest.approx(values.std(ddof=1) / np.sqrt(40))
    assert found.low < found.value < found.high and found.clusters == found.n == 40


def test_copies_of_a_case_add_nothing_within_a_cluster() -> None:
    values = np.random.default_rng(2).normal(size=12)
    once = scores.mean(values)
    thrice = scores.mean(np.repeat(values, 3), np.repeat(np.arange(12), 3))
    assert thrice.error == pytest.approx(once.error)
    assert scores.mean(np.repeat(values, 3)).error < 0.6 * once.error


def test_the_interval_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        shared = random.normal(size=15)
        values = np.repeat(shared, 4) + random.normal(size=60)
        found = scores.mean(values, np.repeat(np.arange(15), 4))
        covered += found.low <= 0 <= found.high
    assert 0.92 < covered / 400 < 0.98


def test_differences_are_paired() -> None:
    random = np.random.default_rng(4)
    hard = random.normal(size=50) * 10
    found = scores.difference(hard, hard + 0.5 + 0.1 * random.normal(size=50))
    assert found.high < 0 and found.error < 0.03
    tied = scores.difference(np.array([np.inf, 1.0]), np.array([np.inf, 2.0]))
    assert tied.value == -0.5


def simulated(sharpness: float, n: int = 4000) -> tuple[scores.Array, scores.Level]:
    random = np.random.default_rng(5)
    z = random.normal(size=(n, 3))
    truth = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    said = np.exp(sharpness * z) / np.exp(sharpness * z).sum(axis=1, keepdims=True)
    happened = (random.random((n, 1)) > truth.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return said, happened


def test_right_forecasts_are_found_calibrated() -> None:
    found = scores.calibration(*simulated(1.0), bins=8, draws=300)
    assert abs(found.slope - 1) < 3 * found.error
    assert sum(b.n for b in found.bins) == 3 * 4000
    outside = sum(not b.band[0] <= b.rate <= b.band[1] for b in found.bins)
    assert outside <= 2
    assert all(b.low < b.rate < b.high for b in found.bins)


@pytest.mark.parametrize("sharpness", [0.5, 2.0])
def test_forecasts_too_sure_or_too_timid_are_found_out(sharpness: float) -> None:
    found = scores.calibration(*simulated(sharpness), bins=8, draws=300)
    assert found.slope == pytest.approx(1 / sharpness, abs=4 * found.error)
    ends = [found.bins[0], found.bins[-1]]
    assert all(not b.band[0] <= b.rate <= b.band[1] for b in ends)
    assert (ends[1].rate < ends[1].forecast) == (sharpness > 1)


def test_the_same_forecast_for_all_is_one_bin_and_has_no_slope() -> None:
    found = scores.calibration(np.full((20, 4), 0.25), np.arange(20) % 4, draws=100)
    assert len(found.bins) == 1 and found.bins[0].rate == 0.25
    assert np.isnan(found.slope)


def test_yes_and_no_are_one_forecast_a_case() -> None:
    p = np.array([[0.7, 0.3], [0.2, 0.8]] * 10)
    assert sum(b.n for b in scores.calibration(p, np.arange(20) % 2, draws=100).bins) == 20


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([[0.5, 0.4]], [0], "the forecast of case 1 is no distribution"),
        ([[0.5, 0.5], [1.5, -0.5]], [0, 1], "the forecast of case 2"),
        ([[0.5, 0.5]], [2], "outside the scale"),
        ([[0.5, 0.5]], [0.5], "outside the scale"),
        ([0.5, 0.5], [0, 1], "the shape"),
    ],
)
def test_what_is_no_forecast_is_refused(p: list[float], y: list[float], message: str) -> None:
    with pytest.raises(MeaningError, match=message):
        scores.log_score(np.array(p), np.array(y))


def test_clusters_of_other_cases_are_refused() -> None:
    with pytest.raises(MeaningError, match="2 clusters for 3 cases"):
        scores.mean(np.ones(3), ["a", "b"])
    with pytest.raises(MeaningError, match="no case"):
        scores.mean(np.array([]))
