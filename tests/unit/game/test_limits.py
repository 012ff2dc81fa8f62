"""The end of the logit branch: what is believed, and what counts, after moves that nobody makes any more."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import TOLL, Game, edited, protocol_of

from foedus.ensemble.draws import draw
from foedus.model.model import Model
from foedus.program.numpy_executor import execute
from foedus.scenario.loader import load_scenario

NUMBERS = {
    "lambda": 3.0,
    "rho_0": 0.4,
    "chi": 0.1,
    "fine": 0.5,
    "traffic[north]": 0.2,
    "traffic[south]": 0.5,
    "gold": 1.3,
    "weight": 2.0,
}
WANTED = {"strict": "given(posterior(guard.strict), check = wave)", "after": "after(rho)"}


def belief(zeal_strict: float, zeal_lax: float, **numbers: float) -> float:
    """The limit belief in a strict guard once it has waved through, though stopping pays both kinds."""
    game = Game(protocol_of(TOLL), limit=True, wanted=WANTED)
    given = NUMBERS | {"zeal[strict]": zeal_strict, "zeal[lax]": zeal_lax, "rho_0": 0.3, **numbers}
    return float(game.solve(given)["strict"])


def test_a_move_that_nobody_makes_is_put_down_to_the_type_that_it_costs_least() -> None:
    assert belief(3.0, 2.0) == 0
    assert belief(2.0, 3.0) == 1


def test_where_it_costs_both_the_same_nothing_is_learnt() -> None:
    assert belief(2.0, 2.0) == pytest.approx(0.3)


def test_a_move_that_one_type_makes_shows_that_type() -> None:
    assert belief(2.0, -2.0) == 0
    assert belief(-2.0, 2.0) == 1


def test_a_type_that_nobody_believed_in_is_not_believed_in_after_either() -> None:
    assert belief(3.0, 2.0, rho_0=1.0) == 1
    assert belief(2.0, 3.0, rho_0=0.0) == 0


def test_the_precision_does_not_matter_in_the_limit() -> None:
    assert "lambda" not in Game(protocol_of(TOLL), limit=True, wanted={"v": WANTED["strict"]}).program.restricted(["v"]).inputs


@pytest.mark.parametrize("rule", ["logit", "probit"])
def test_beliefs_and_states_are_where_the_branch_goes(rule: str) -> None:
    """Observed moves included: what the next crisis inherits in the limit is what it inherits at a very high precision."""
    scenario = load_scenario("karabakh-2020" if rule == "logit" else "textbook")
    seen = scenario.observed or {"onset": "press"}
    protocol, names = scenario.protocol, list(scenario.protocol.state)
    drawn = dict(draw(scenario, 400)) if rule == "logit" else {n: np.full(1, v) for n, v in scenario.central().items()}

    def inherited(limit: bool) -> dict[str, np.ndarray]:
        model = Model(protocol, limit=limit)
        world = model.world(model.numbers() | model.levers({})).given(seen).after()
        wanted = {n: world.quantity(n) for n in names if protocol.state[n].over is None}
        return execute(model.builder.program(wanted), drawn | {"lambda": np.full(400 if rule == "logit" else 1, 1e7)})

    branch, limit = inherited(False), inherited(True)
    for name in branch:
        assert np.isfinite(limit[name]).all()
        # where two moves cost nearly the same, not even this precision is near the end of the branch
        assert np.mean(np.abs(branch[name] - limit[name]) < 1e-6) > 0.98, name


def test_at_positions_that_are_never_passed_those_count_that_are_least_unlikely() -> None:
    """A node that stands twice, behind moves that cost the traveller differently; logit at high precision says the same."""
    apart = edited(edited(TOLL, "turn_back: {marks: {passed: 0}, then: end}", "turn_back: {marks: {back: 1}, then: check}"),
                   "  paid: {default: 0", "  back: {default: 0, meaning: m}\n  paid: {default: 0")  # fmt: skip
    apart = edited(apart, "traveller: gold * passed", "traveller: 0 - gold * caught * back / 2 + gold * passed")
    protocol, formula = protocol_of(apart), {"v": "value(traveller, plea) / gold"}
    numbers = NUMBERS | {"zeal[strict]": -2.0, "zeal[lax]": -3.0}
    limit = Game(protocol, limit=True, wanted=formula).solve(numbers)["v"]
    near = Game(protocol, wanted=formula).solve(numbers | {"lambda": 60.0})["v"]
    assert float(limit) == pytest.approx(float(near), abs=1e-6)
