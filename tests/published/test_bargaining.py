"""Bargaining with demands of any size: Fearon 1995 and Yuen 2009, on the shipped protocol `bargaining`.

Shares are the rival's; p is its chance in war, c are costs of war in units of the good.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers import Array, Game, protocol_of

from foedus.ensemble.streams import uniforms
from foedus.protocol.loader import load_protocol, shipped

MEASURES = {
    "war": "probability(fought)",
    "concession": "choice(answer.concede)",
    "pressure": "choice(onset.press)",
    "demanded": "expectation(demand) / choice(onset.press)",
    "settled": "expectation(demand * conceded)",
    "conceded": "probability(conceded)",
    "struck": "probability(struck)",
    "sure demand": "do(expectation(demand) / choice(onset.press), rescue = help)",
    "no demand": "do(expectation(demand) / choice(onset.press), rescue = stay_out)",
    "sure concession": "do(choice(answer.concede), rescue = help)",
    "no concession": "do(choice(answer.concede), rescue = stay_out)",
    "sure and fixed": "do(under(choice(answer.concede), d_least = d_most), rescue = help)",
    "fixed": "do(under(choice(answer.concede), d_least = d_most), rescue = stay_out)",
}
BASE = {
    "lambda": 10.0,
    "sigma": 1.0,
    "rho": 1.0,
    "v_C": 1.0,
    "v_R": 1.0,
    "q": 0.0,
    "d_least": 0.0,
    "d_most": 1.0,
    "m_C": 1.0,
    "m_R": 1.0,
    "m_P": 0.0,
    "eta": 1.0,
    "c_C": 0.111,
    "e_C[resolute]": 0.0,
    "e_C[weary]": 0.0,
    "c_R": 0.1,
    "s_P": 0.0,
    "c_P[willing]": 0.0,
    "c_P[reluctant]": 0.0,
    "a_P": 0.0,
    "shift": 0.0,
    "delta": 0.0,
}
DRAWS = 500


@pytest.fixture(scope="module")
def logit() -> Game:
    return Game(load_protocol("bargaining"), wanted=MEASURES)


@pytest.fixture(scope="module")
def limit() -> Game:
    return Game(load_protocol("bargaining"), limit=True, wanted=MEASURES)


def of(game: Game, name: str, **changes: object) -> Array:
    numbers = BASE | {k.replace("__", "[") + ("]" if "__" in k else ""): v for k, v in changes.items()}
    return np.asarray(game.solve(numbers)[name])


def random_costs() -> dict[str, Array]:
    """Costs above the grid's step of 1/40, and any balance of force."""
    u = {name: uniforms(1, name, 0, DRAWS) for name in ("m_R", "c_C", "c_R")}
    return {"m_R": 0.25 + 3 * u["m_R"], "c_C": 0.03 + 0.3 * u["c_C"], "c_R": 0.03 + 0.3 * u["c_R"]}


def test_with_complete_information_and_costly_war_there_is_no_war_in_the_limit(limit: Game) -> None:
    assert of(limit, "war", **random_costs()).max() == 0


def test_war_vanishes_as_precision_grows(logit: Game) -> None:
    war = of(logit, "war", **{"lambda": np.array([5.0, 20, 80, 320, 1280])})
    assert (np.diff(war) < 0).all()
    assert war[0] > 0.3
    assert war[-1] < 1e-3


def test_the_settlement_lies_within_the_bargaining_range_at_its_end(limit: Game) -> None:
    costs = random_costs()
    p = costs["m_R"] / (1 + costs["m_R"])
    share = of(limit, "settled", **costs)
    assert (of(limit, "conceded", **costs) == 1).all()
    assert (share >= p - costs["c_R"]).all()
    assert (share <= p + costs["c_C"]).all()
    # who makes the demand takes all that the other would rather give than fight for, up to one step
    assert (share > np.minimum(p + costs["c_C"], 1) - 1 / 40 - 1e-12).all()


def test_the_same_war_costs_with_a_demand_that_cannot_be_fitted_lead_to_war(limit: Game) -> None:
    too_much = {"d_least": 0.9, "d_most": 0.9}
    assert of(limit, "war", **too_much) == pytest.approx(1)
    assert of(limit, "war") == 0


@pytest.mark.parametrize(("sigma", "war"), [(0.5, 0.5), (0.55, 0.55), (0.62, 0.0), (0.9, 0.0)])
def test_private_information_leads_to_war_where_the_risk_pays(limit: Game, sigma: float, war: float) -> None:
    """A demand that only the weary would meet gains e and risks a war: worth it while (1 - sigma) e > sigma (c_C + c_R)."""
    gain = 0.3
    critical = gain / (gain + BASE["c_C"] + BASE["c_R"])
    assert 0.55 < critical < 0.62  # 1/40 is left to the grid
    assert of(limit, "war", sigma=sigma, e_C__weary=gain) == pytest.approx(war)


@pytest.mark.parametrize(("share", "war"), [(0.5, 0.0), (0.97, 0.0), (1.03, 1.0), (1.5, 1.0)])
def test_a_shift_of_power_leads_to_preventive_war_beyond_a_bound(limit: Game, share: float, war: float) -> None:
    """The client rather fights now where delta p_later - p > c_C (1 - delta), though all is known and war is costly."""
    delta, p, c = 0.7, 0.2, 0.05
    bound = (p + c * (1 - delta)) / delta - p
    found = of(limit, "war", m_R=0.25, c_C=c, delta=delta, shift=share * bound)
    assert found == pytest.approx(war)


def test_targets_concede_even_when_help_is_certain_because_demands_shrink(limit: Game, logit: Game) -> None:
    costs = random_costs() | {"m_P": np.full(DRAWS, 2.0)}
    assert (of(limit, "sure concession", **costs) == 1).all()
    assert (of(limit, "no concession", **costs) == 1).all()
    assert (of(limit, "sure demand", **costs) < of(limit, "no demand", **costs)).all()
    assert (of(logit, "sure demand", **costs) < of(logit, "no demand", **costs)).all()


def test_with_a_fixed_demand_certain_help_emboldens_the_target(limit: Game) -> None:
    """What the rival can demand of a client alone, a client with help resists: without the smaller demand the result is gone."""
    costs = random_costs()
    alone = costs["m_R"] / (1 + costs["m_R"]) + costs["c_C"]
    here = costs | {"m_P": np.full(DRAWS, 2.0), "d_most": np.minimum(alone, 1) - 1e-6}
    binds = alone < 1
    assert binds.mean() > 0.8
    assert (of(limit, "fixed", **here)[binds] == 1).all()
    assert (of(limit, "sure and fixed", **here)[binds] == 0).all()


def test_the_range_is_computed_to_second_order_in_its_step() -> None:
    """Halving the step quarters the difference from the choice of any amount."""
    text = shipped("foedus.protocol")["bargaining"].read_text()
    found = []
    for points in (21, 41, 81, 161, 641):
        finer = protocol_of(re.sub(r"points: \d+", f"points: {points}", text))
        found.append(float(of(Game(finer, wanted=MEASURES), "war")))
    errors = np.abs(np.array(found[:-1]) - found[-1])
    assert (errors[:-1] / errors[1:] > 3.5).all()
    assert errors[1] < 1e-3
