"""Comparative statics of the modelling brief, section 1: the sign of a derivative in a share of wide prior draws, and where there
must be no sign.

Shares are over 4,000 draws of the brief's parameter table on the protocol `core` (and, for the last, `intervention`). The brief's
own shares are from 200,000 draws; what is asked here leaves room for a sampling error of about .01. Where the table names data
and no range, capabilities and the gain from accusing, the priors are those that karabakh-2020 declares; were accusing worth up to
the whole good, resistance would rise in reliability in half of the draws only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from helpers import Array, Game

from foedus.ensemble.draws import draw
from foedus.ensemble.streams import uniforms
from foedus.numbers import Support, parse_prior
from foedus.program.gradient import gradient
from foedus.program.numpy_executor import execute
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import load_scenario

DRAWS = 4000
PRIORS = {
    "lambda": "lognormal(4, 0.5)",
    "rho": "uniform(0, 1)",
    "v_R": "uniform(0.5, 1.5)",
    "s_P": "uniform(0, 1.5)",
    "t_P": "uniform(0, 1)",
    "d": "uniform(0.2, 0.8)",
    "m_C": "lognormal(1, 0.3)",
    "m_R": "lognormal(2.4, 0.3)",
    "m_P": "lognormal(6.7, 0.5)",
    "eta": "uniform(0, 1)",
    "c_C": "uniform(0.05, 0.6)",
    "c_R": "uniform(0.05, 0.6)",
    "c_P[high]": "uniform(0, 0.3)",
    "c_P[low]": "uniform(0.3, 1.2)",
    "k_B": "uniform(0, 0.3)",
    "r": "uniform(0, 0.3)",
    "g": "uniform(0, 0.4)",
    "omega": "uniform(0, 1)",
    "a_P": "uniform(0, 1)",
    "alpha_C": "uniform(0, 1)",
    "alpha_R": "uniform(0, 1)",
    "kappa_U": "uniform(0, 1)",
    "kappa_V": "uniform(0, 1)",
    "a_V": "halfnormal(0.3)",
    "f": "halfnormal(0.3)",
    "f_U": "halfnormal(0.3)",
    "D": "uniform(0, 1)",
}
MEASURES = {
    "press": "choice(onset.press)",
    "resist": "choice(answer.resist)",
    "back": "choice(help.back)",
    "accept": "choice(ceasefire.accept)",
    "desist": "choice(stand.desist)",
    "war": "probability(fought)",
    "war if pressed": "probability(fought) / choice(onset.press)",
}
EXACT = (1.0, 1.0)
NO_SIGN = (0.25, 0.75)
# measure, number, sign: the least and the greatest share of draws in which the derivative has that sign; why
SIGNS = [
    ("press", "rho", -1, (0.95, 1.0), "Smith 1995: reliability deters; .98 in the brief"),
    ("resist", "rho", +1, (0.70, 1.0), "Smith 1995: reliability emboldens; .76 in the brief"),
    ("war", "rho", +1, NO_SIGN, "Smith: ambiguous, .47 in the brief"),
    ("war if pressed", "rho", +1, (0.60, 0.90), "Johnson and Wolford 2023; .70 in the brief"),
    ("back", "omega", +1, EXACT, "Snyder: commitment"),
    ("back", "a_P", +1, EXACT, "Snyder: commitment"),
    ("back", "k_B", -1, EXACT, "Snyder: cost"),
    ("back", "g", -1, EXACT, "a broker's rent pays for not backing"),
    ("back", "c_P[high]", -1, EXACT, "Snyder: cost"),
    ("back", "c_P[low]", -1, EXACT, "Snyder: cost"),
    ("back", "s_P", +1, (0.93, 1.0), "Snyder: interest; .96 in the brief"),
    ("accept", "kappa_U", +1, EXACT, "Fang, Johnson and Leeds 2014: restraint by an alliance worth having"),
    ("accept", "D", +1, EXACT, "Fang, Johnson and Leeds 2014: restraint by dependence"),
    ("desist", "alpha_R", -1, EXACT, "Fearon 1997: tied hands"),
    ("press", "alpha_R", +1, NO_SIGN, "no sign: .57/.43 in the brief"),
]


def wide() -> dict[str, Array]:
    """Draws of the parameter table; the share lost is at least the demand, and terms are at least what conceding leaves."""
    anywhere = Support()
    found = {label: parse_prior(text, anywhere).quantile(uniforms(1, label, 0, DRAWS)) for label, text in PRIORS.items()}
    found["L"] = found["d"] + (1 - found["d"]) * uniforms(1, "L", 0, DRAWS)
    found["x"] = 1 - found["d"] * uniforms(1, "x", 0, DRAWS)
    found["v_C"] = np.ones(DRAWS)
    return found


@pytest.fixture(scope="module")
def core() -> Game:
    return Game(load_protocol("core"), wanted=MEASURES)


@pytest.fixture(scope="module")
def numbers() -> dict[str, Array]:
    return wide()


@pytest.fixture(scope="module")
def slopes(core: Game, numbers: Mapping[str, Array]) -> dict[tuple[str, str], Array]:
    """(measure, number) to the derivative in each draw."""
    found = {}
    for measure in MEASURES:
        wrt = [n for m, n, *_ in SIGNS if m == measure]
        out = execute(gradient(core.program.restricted([measure]), measure, wrt), numbers)
        found |= {(measure, n): np.broadcast_to(out[f"d:{n}"], (DRAWS,)) for n in wrt}
    return found


@pytest.mark.parametrize(("measure", "number", "sign", "share", "why"), SIGNS, ids=[f"{m} in {n}" for m, n, *_ in SIGNS])
def test_sign(
    measure: str, number: str, sign: int, share: tuple[float, float], why: str, slopes: Mapping[tuple[str, str], Array]
) -> None:
    slope = slopes[measure, number]
    assert np.isfinite(slope).all()
    # where logit has gone flat the derivative is lost in rounding and says nothing
    scale = np.abs(slope).max()
    clear = np.abs(slope) > 1e-14 * scale
    assert clear.mean() > 0.9
    found = float((sign * slope[clear] > 0).mean())
    assert share[0] <= found <= share[1], f"{found:.3f}, {why}"


def test_resistance_rises_in_reliability_wherever_backing_is_best_for_the_client(
    core: Game, numbers: Mapping[str, Array]
) -> None:
    """Smith: exact where the client expects more from backing than from urging and from sitting out."""
    wanted = {f"{a}": f"do(value(client, help), help = {a})" for a in ("back", "urge", "sit_out")}
    values = Game(core.protocol, wanted=wanted).solve(numbers)
    best = (values["back"] >= values["urge"]) & (values["back"] >= values["sit_out"])
    slope = execute(gradient(core.program.restricted(["resist"]), "resist", ["rho"]), numbers)["d:rho"]
    more_reliable = slopes_of_reliability(core, numbers) > 0
    assert best.mean() > 0.3
    assert (slope[best & more_reliable] > -1e-12).all()


def slopes_of_reliability(core: Game, numbers: Mapping[str, Array]) -> Array:
    return execute(gradient(core.program.restricted(["back"]), "back", ["rho"]), numbers)["d:rho"]


def likelihood_ratio(action: str) -> str:
    """The log of how much likelier the high type is to take an action: log-odds after it less log-odds before."""
    after = f"given(posterior(patron.high), help = {action})"
    return f"log({after} / (1 - {after})) - log(rho / (1 - rho))"


RATIOS = {action: likelihood_ratio(action) for action in ("back", "urge", "sit_out")}


def test_types_that_differ_in_war_cost_alone_make_urging_and_sitting_out_teach_the_same(numbers: Mapping[str, Array]) -> None:
    """Trap 2: the independence of irrelevant alternatives."""
    found = Game(load_protocol("core"), wanted=RATIOS).solve(numbers)
    np.testing.assert_allclose(found["urge"], found["sit_out"], rtol=0, atol=1e-9)


def test_types_that_differ_in_stakes_too_make_them_teach_different_things() -> None:
    scenario = load_scenario("karabakh-2020")
    wanted = {k: v.replace("given(", "given(").replace("help = ", "appeal = invoke, help = ") for k, v in RATIOS.items()}
    found = Game(scenario.protocol, wanted=wanted).solve(draw(scenario, DRAWS))
    apart = np.abs(found["urge"] - found["sit_out"])
    assert (apart > 1e-3).mean() > 0.95
    assert np.median(apart) > 0.05


def test_scope_makes_not_backing_speak_louder_and_backing_less_loud(numbers: Mapping[str, Array]) -> None:
    """Trap 4: |log-likelihood ratio of not backing| rises and that of backing falls in omega, in every draw."""
    program = Game(load_protocol("core"), wanted=RATIOS).program
    back = execute(gradient(program.restricted(["back"]), "back", ["omega"]), numbers)
    urge = execute(gradient(program.restricted(["urge"]), "urge", ["omega"]), numbers)
    clear = np.abs(numbers["a_P"]) > 1e-3
    assert (back["d:omega"][clear] < 1e-12).all()
    assert (-urge["d:omega"][clear] > -1e-12).all()
    assert (urge["urge"] <= 1e-9).all(), "not backing speaks against the high type"
    assert (back["back"] >= -1e-9).all(), "backing speaks for it"


@pytest.mark.parametrize("prior_set", ["reference", "optimistic", "pessimistic"])
def test_dependence_protects_as_well_as_costs(prior_set: str) -> None:
    """Trap 5: were dependence sure to cost, or sure to pay, "needs independence" would be assumed and not found."""
    scenario = load_scenario("karabakh-2020")
    game = Game(scenario.protocol, wanted={"gain": "value(client) - under(value(client), D = 0)"})
    gains = game.solve(draw(scenario, DRAWS, prior_set=prior_set))["gain"] > 1e-12
    assert 0.1 < gains.mean() < 0.9


def test_dependence_without_protection_mostly_costs(core: Game, numbers: Mapping[str, Array]) -> None:
    """In `core` it only invites sanctions: .12 in the brief."""
    found = Game(core.protocol, wanted={"gain": "value(client) - under(value(client), D = 0)"}).solve(numbers)["gain"]
    assert (found > 1e-12).mean() < 0.25


def test_selection_makes_tested_allies_less_reliable(core: Game, numbers: Mapping[str, Array]) -> None:
    """Trap 6: reliability averages .446 over prior draws, .393 weighted by reaching the patron's node."""
    found = core.solve(numbers)
    reach = found["press"] * found["resist"]
    whole, tested = found["back"].mean(), (found["back"] * reach).sum() / reach.sum()
    assert tested < whole - 0.02
