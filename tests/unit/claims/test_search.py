"""The search for a counterexample: it finds what counting misses, and finds none where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import TOLL, TRIP, edited, scenario_of

from foedus.claims.argument import build_argument
from foedus.claims.audit import audit
from foedus.claims.search import search
from foedus.ensemble.draws import draw
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario

TEST = "tests: [{measure: crossing, is: above, threshold: 0.5}]"
PASSING = "passing: {formula: probability(passed), meaning: probability of passing}"


def claiming(folder: Path, formula: str, is_: str = "above", threshold: float = 0) -> Scenario:
    """A scenario whose first claim compares a formula with a threshold."""
    protocol = edited(TOLL, PASSING, f'passing: {{formula: "{formula}", meaning: m}}')
    test = f"tests: [{{measure: passing, is: {is_}, threshold: {threshold}}}]"
    return scenario_of(folder, edited(TRIP, TEST, test), protocol)


@pytest.mark.parametrize(
    ("formula", "threshold"),
    [
        ("2.9999 - rho_0 - zeal[strict] / gold - traffic[south]", 0.1),
        ("1 - rho_0 * zeal[strict] / gold * (0 - zeal[lax]) / gold * traffic[south]", 0.15),
        ("max(1 - rho_0, 1 - zeal[strict] / gold)", 0.02),
        ("abs(fine - 1.2 * gold) / gold + (1 - rho_0)", 0.12),
    ],
    ids=["linear", "product", "kinked", "narrow"],
)
def test_a_counterexample_in_a_corner_is_found(formula: str, threshold: float, tmp_path: Path) -> None:
    scenario = claiming(tmp_path, formula, threshold=threshold)
    argument = build_argument(scenario)
    drawn = execute(argument.part("a"), draw(scenario, 5_000))["a:test0"]
    assert (drawn > 0).all(), "counting would do"
    point = search(scenario, argument, "a", failing=True)
    assert point is not None
    assert point.margin <= 0
    at = execute(argument.part("a"), point.numbers)["a:test0"]
    assert float(at) == pytest.approx(point.margin)
    for label, value in point.numbers.items():
        assert value in scenario.protocol.numbers[label.partition("[")[0]].support


def test_a_witness_is_found(tmp_path: Path) -> None:
    formula = "rho_0 + zeal[strict] / gold + traffic[south]"
    scenario = claiming(tmp_path, formula, threshold=2.6)
    argument = build_argument(scenario)
    assert (execute(argument.part("a"), draw(scenario, 5_000))["a:test0"] < 0).all()
    point = search(scenario, argument, "a", failing=False)
    assert point is not None
    assert point.margin > 0


@pytest.mark.parametrize(
    "formula",
    ["1.0001 - rho_0", "2.0001 - rho_0 - zeal[strict] / gold", "crossing + 0.0001", "1.0001 - choice(check.stop)", "fine / gold"],
)
def test_none_is_found_where_there_is_none(formula: str, tmp_path: Path) -> None:
    scenario = claiming(tmp_path, formula)
    assert search(scenario, build_argument(scenario), "a", failing=True) is None


def test_an_entailed_claim_with_a_counterexample_is_only_likely(tmp_path: Path) -> None:
    scenario = claiming(tmp_path, "2.9999 - rho_0 - zeal[strict] / gold - traffic[south]", threshold=0.1)
    result = next(c for c in audit(scenario, draws=20_000).claims if c.claim.id == "a")
    assert result.verdict == "likely"
    assert result.counterexample is not None


def test_an_entailed_claim_without_one_is_entailed(tmp_path: Path) -> None:
    scenario = claiming(tmp_path, "1.0001 - rho_0")
    result = next(c for c in audit(scenario, draws=20_000).claims if c.claim.id == "a")
    assert (result.verdict, result.counterexample) == ("entailed", None)


def test_every_prior_set_is_searched(tmp_path: Path) -> None:
    """Only under the strict set does the belief come near one."""
    scenario = claiming(tmp_path, "0.99 - rho")
    narrow = scenario.with_numbers({})
    sets = {
        "reference": {
            **narrow.prior_sets["reference"],
            "rho_0": narrow.with_numbers({"rho_0": "uniform(0, 0.1)"}).numbers()["rho_0"],
        },
        "strict": narrow.prior_sets["strict"],
    }
    from dataclasses import replace

    scenario = replace(scenario, prior_sets=sets)
    point = search(scenario, build_argument(scenario), "a", failing=True)
    assert point is not None
    assert point.prior_set == "strict"


def test_a_search_is_repeatable(tmp_path: Path) -> None:
    scenario = claiming(tmp_path, "2.9999 - rho_0 - zeal[strict] / gold - traffic[south]", threshold=0.1)
    argument = build_argument(scenario)
    assert search(scenario, argument, "a", failing=True) == search(scenario, argument, "a", failing=True)


def test_points_stay_inside_bounded_priors(tmp_path: Path) -> None:
    scenario = claiming(tmp_path, "2 - rho_0 - zeal[strict] / gold", threshold=0.2)
    point = search(scenario, build_argument(scenario), "a", failing=True)
    assert point is not None
    assert np.all([0 <= point.numbers["zeal[strict]"] <= 1, 0 <= point.numbers["rho_0"] <= 1])
