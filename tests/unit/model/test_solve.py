"""One crisis solved at one set of numbers."""

from __future__ import annotations

import json
import math

import pytest

from foedus.errors import MeaningError, NotFoundError, NumericalError
from foedus.model.solve import Solved, solve
from foedus.scenario.loader import load_scenario

SHIPPED = ["textbook", "karabakh-2020"]


@pytest.fixture(params=SHIPPED, scope="module")
def solved(request: pytest.FixtureRequest) -> Solved:
    return solve(load_scenario(request.param))


def test_probabilities_sum_to_one(solved: Solved) -> None:
    for node in solved.nodes:
        assert sum(node.actions.values()) == pytest.approx(1, abs=1e-14)
    assert sum(p for _, p in solved.plays) == pytest.approx(1, abs=1e-14)


def test_reach_is_the_product_of_what_leads_there(solved: Solved) -> None:
    """With a belief in each type where a type chose."""
    belief = {(b.player, b.type): b.prior for b in solved.beliefs}
    mean: dict[str, dict[str, float]] = {}
    for node in solved.nodes:
        weight = belief.get((node.player or "", node.type or ""), 1.0)
        for action, p in node.actions.items():
            mean.setdefault(node.path, {}).setdefault(action, 0.0)
            mean[node.path][action] += weight * p
    for node in solved.nodes:
        reach, path = 1.0, ""
        for action in node.path.split("/") if node.path else []:
            reach *= mean[path][action]
            path = f"{path}/{action}" if path else action
        assert node.reach == pytest.approx(reach, abs=1e-14)


def test_beliefs_follow_bayes(solved: Solved) -> None:
    chosen = {(n.path, n.type): n.actions for n in solved.nodes}
    for b in solved.beliefs:
        others = [o for o in solved.beliefs if (o.path, o.action) == (b.path, b.action)]
        whole = sum(o.prior * chosen[o.path, o.type][o.action] for o in others)
        assert b.posterior == pytest.approx(b.prior * chosen[b.path, b.type][b.action] / whole, rel=1e-12)


def test_it_is_plain_json(solved: Solved) -> None:
    plain = solved.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {"scenario", "lambda", "nodes", "payoffs", "beliefs"} <= set(plain)
    assert {"path", "player", "type", "actions"} <= set(plain["nodes"][0])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_limit_is_solved(name: str) -> None:
    """Every choice is certain, or a tie that is shared; what nobody ever does teaches nothing that could be computed."""
    found = solve(load_scenario(name), limit=True)
    assert found.to_dict()["lambda"] is None
    for node in found.nodes:
        best = [p for p in node.actions.values() if p > 0]
        assert best == pytest.approx([1 / len(best)] * len(best))
    assert all(math.isfinite(v) for v in found.payoffs.values())
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("precision", [0.0, 1e-9, 50.0, 3e3, 1e7])
def test_any_precision_is_solved(name: str, precision: float) -> None:
    scenario = load_scenario(name)
    found = solve(scenario.with_numbers({"lambda": precision}))
    bad = [n for n, v in found.measures.items() if not math.isfinite(v)]
    # surprise is infinite where expectation is certain
    assert [n for n in bad if n != "shock"] == []


@pytest.mark.parametrize("prior_set", ["reference", "optimistic", "pessimistic"])
def test_each_prior_set_has_its_own_centre(prior_set: str) -> None:
    found = solve(load_scenario("karabakh-2020"), prior_set=prior_set)
    assert found.prior_set == prior_set
    assert math.isfinite(found.measures["reliability"])


def test_what_does_not_exist_is_refused() -> None:
    scenario = load_scenario("textbook")
    with pytest.raises(NotFoundError):
        solve(scenario, prior_set="hopeful")
    with pytest.raises(MeaningError):
        solve(scenario.with_numbers({"lamda": 3.0}))
    with pytest.raises(MeaningError):
        solve(scenario.with_numbers({"lambda": -3.0}))


def test_a_crisis_without_a_solution_is_an_error() -> None:
    """Stakes so large that payoffs overflow."""
    scenario = load_scenario("textbook").with_numbers({"s_P": 1e308, "t_P": -1e308, "a_P": 1e308, "f": 1e308})
    with pytest.raises(NumericalError, match="is not a number"):
        solve(scenario)
