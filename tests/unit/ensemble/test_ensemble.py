"""Streams, designs and joint draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import TRIP, edited, refused, scenario_of
from scipy import stats

from foedus.ensemble.designs import DESIGNS, points
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import permutation, uniforms
from foedus.numbers import FAMILIES
from foedus.scenario.loader import load_scenario

NAMES = ["a", "b", "c"]


def test_a_stream_is_known_to_the_bit() -> None:
    """Stored once: a later version that draws other numbers changes every published result."""
    assert uniforms(2020, "rho_0", 0, 3).tolist() == [0.8152437757561922, 0.828742387963904, 0.511747094752918]


@pytest.mark.parametrize("start", [0, 1, 3, 4, 5, 1001])
def test_a_draw_does_not_depend_on_where_reading_starts(start: int) -> None:
    np.testing.assert_array_equal(uniforms(1, "x", start, 50), uniforms(1, "x", 0, 2000)[start : start + 50])


def test_streams_differ_by_name_and_seed() -> None:
    first = uniforms(1, "x", 0, 100_000)
    for other in (uniforms(1, "y", 0, 100_000), uniforms(2, "x", 0, 100_000), uniforms(12, "", 0, 100_000)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.015


def test_a_stream_is_uniform() -> None:
    drawn = uniforms(5, "x", 0, 50_000)
    assert stats.kstest(drawn, "uniform").pvalue > 1e-3
    assert drawn.min() > 0
    assert drawn.max() < 1


def test_far_draws_are_quick_and_fine() -> None:
    assert uniforms(1, "x", 10**15, 2).shape == (2,)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_permutation(size: int) -> None:
    assert sorted(permutation(1, "x", size)) == list(range(size))
    np.testing.assert_array_equal(permutation(1, "x", size), permutation(1, "x", size))


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("total", [64, 100])
def test_a_design_lies_in_the_cube(design: str, total: int) -> None:
    found = points(design, 3, NAMES, total, 0, total)
    assert list(found) == NAMES
    assert all(v.shape == (total,) and v.min() > 0 and v.max() < 1 for v in found.values())


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("start", [0, 1, 5, 32])
def test_part_of_a_design_is_part_of_the_whole(design: str, start: int) -> None:
    whole, part = points(design, 3, NAMES, 64, 0, 64), points(design, 3, NAMES, 64, start, 20)
    for name in NAMES:
        np.testing.assert_array_equal(part[name], whole[name][start : start + 20])


@pytest.mark.parametrize("total", [7, 100])
def test_a_latin_design_has_one_draw_in_each_slice(total: int) -> None:
    for values in points("latin", 3, NAMES, total, 0, total).values():
        assert sorted(np.floor(values * total)) == list(range(total))


def test_a_sobol_design_fills_every_pair_evenly() -> None:
    """256 points, one in each box of every dyadic 16 × 16 grid of the first two dimensions."""
    found = points("sobol", 3, NAMES, 256, 0, 256)
    for name in NAMES:
        assert sorted(np.floor(found[name] * 256)) == list(range(256))
    boxes = {(int(x * 16), int(y * 16)) for x, y in zip(found["a"], found["b"], strict=True)}
    assert len(boxes) == 256


def test_an_unknown_design() -> None:
    assert refused(points, "sobel", 1, NAMES, 4, 0, 4).fix == "did you mean 'sobol'?"


def test_a_design_integrates_better_than_chance() -> None:
    def error(design: str) -> float:
        found = points(design, 11, NAMES, 1024, 0, 1024)
        return abs(float(np.mean(found["a"] + found["b"] ** 2 + found["c"] ** 3)) - (1 / 2 + 1 / 3 + 1 / 4))

    assert error("sobol") < error("random") / 5
    assert error("latin") < error("random") / 5


@pytest.mark.parametrize("design", DESIGNS)
def test_every_number_is_drawn(design: str, tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path)
    drawn = draw(scenario, 128, design=design)
    assert list(drawn) == scenario.labels
    assert drawn["fine"].shape == (128,)
    assert drawn["chi"].shape == ()


def test_prior_sets_share_their_coordinates(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path)
    reference, strict = draw(scenario, 500), draw(scenario, 500, prior_set="strict")
    for label in scenario.labels:
        if label != "rho_0":
            np.testing.assert_array_equal(reference[label], strict[label])
    quantiles = [stats.beta(2, 5).cdf(reference["rho_0"]), stats.beta(6, 2).cdf(strict["rho_0"])]
    np.testing.assert_allclose(*quantiles, atol=1e-9)


def test_correlated_draws_have_the_stated_correlation(tmp_path: Path) -> None:
    """The correlation of normal scores, which keep their own distributions."""
    drawn = draw(scenario_of(tmp_path), 40_000)
    labels = ["zeal[strict]", "zeal[lax]", "fine"]
    ranks = [stats.norm.ppf(stats.rankdata(drawn[n]) / 40_001) for n in labels]
    found = np.corrcoef(ranks)
    np.testing.assert_allclose(found[np.triu_indices(3, 1)], 0.5, atol=0.02)
    assert stats.kstest(drawn["zeal[strict]"], "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(drawn["rho_0"], drawn["fine"])[0, 1]) < 0.02


@pytest.mark.parametrize("correlation", [-0.49, -0.2, 0.9])
def test_every_correlation_that_is_accepted_can_be_drawn(correlation: float, tmp_path: Path) -> None:
    drawn = draw(scenario_of(tmp_path, edited(TRIP, "correlation: 0.5", f"correlation: {correlation}")), 20_000)
    ranks = [stats.norm.ppf(stats.rankdata(drawn[n]) / 20_001) for n in ("zeal[strict]", "fine")]
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(correlation, abs=0.03)


def test_only_some_numbers_are_the_same_numbers(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path)
    whole = draw(scenario, 300)
    for only in ({"fine"}, {"zeal[lax]", "rho_0"}, {"chi", "traffic[south]"}):
        part = draw(scenario, 300, only=only)
        assert set(part) == only
        for label in only:
            np.testing.assert_array_equal(part[label], whole[label])


def test_an_added_number_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    text = edited(TRIP, "  chi: {value: 0.1, source: ledger}", '  chi: {prior: "uniform(0, 1)", source: ledger}')
    before, after = draw(scenario_of(tmp_path), 300), draw(scenario_of(tmp_path, text), 300)
    for label in before:
        if label != "chi":
            np.testing.assert_array_equal(before[label], after[label])


def test_draws_follow_their_priors() -> None:
    scenario = load_scenario("karabakh-2020")
    drawn = draw(scenario, 20_000)
    for label, number in scenario.numbers().items():
        if number.prior is not None:
            family = FAMILIES[number.prior.family]
            quantiles = np.quantile(drawn[label], [0.1, 0.5, 0.9])
            below = [np.mean(drawn[label] <= q) for q in number.prior.quantile(np.array([0.1, 0.5, 0.9]))]
            assert below == pytest.approx([0.1, 0.5, 0.9], abs=0.015), (label, quantiles, family)
