"""Kydd 2003 on the shipped protocol `mediation`: whose counsel of restraint is believed.

A mediator with bias beta is candid about a weak rival where beta [(1 - e_w) x_b + e_w w - x_s] >= e_w kappa, and about a resolved
one where beta [(1 - e_r) x_b + e_r w - x_s] <= e_r kappa. Counsel that can be believed needs both: otherwise it would be given
whatever the mediator saw.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers import Game

from foedus.documents import parse_document
from foedus.ensemble.streams import uniforms
from foedus.model.multiplicity import equilibria
from foedus.protocol.loader import load_protocol
from foedus.scenario.loader import build_scenario

BROKERED = """\
scenario: brokered
format: 1
title: A brokered dispute
protocol: mediation
vantage: 2020-01-01
actors: {}
sources: {none: {publication: numbers for a test, date: 2020-01-01}}
numbers:
  lambda: {value: 1000, unit: 1/good, source: none}
  eps_w: {value: 0.1, source: none}
  eps_r: {value: 0.8, source: none}
  x_b: {value: 0.8, source: none}
  x_s: {value: 0.5, source: none}
  w: {value: 0.3, source: none}
  beta: {value: 0.4, source: none}
  kappa: {value: 0.5, unit: good, source: none}
  c_C: {value: 0.1, unit: good, source: none}
  c_R:
    resolved: {value: 0.2, unit: good, source: none}
    weak: {value: 0.9, unit: good, source: none}
policies: {none: {meaning: nothing changes}}
policy: none
horizon: 1
"""
BRIEF = {"eps_w": 0.1, "eps_r": 0.8, "x_b": 0.8, "x_s": 0.5, "w": 0.3, "kappa": 0.5}
REST = {"lambda": 1000.0, "v": 1.0, "s_w": 0.5, "h": 0.0, "c_C": 0.1, "c_R[resolved]": 0.05, "c_R[weak]": 2.0}
DRAWS = 400


@pytest.fixture(scope="module")
def game() -> Game:
    names = ("least_bias", "most_bias", "candour_about_weakness", "candour_about_resolve")
    return Game(load_protocol("mediation"), wanted={name: name for name in names})


def test_the_least_bias_of_the_brief(game: Game) -> None:
    beta = np.array([0.19, 0.21])
    found = game.solve(BRIEF | REST | {"beta": beta})
    assert found["least_bias"] == pytest.approx(0.2)
    assert list(found["candour_about_weakness"] > 0) == [False, True]


def test_the_condition_for_being_believed_over_random_disputes(game: Game) -> None:
    u = {name: uniforms(1, name, 0, DRAWS) for name in ("eps_w", "eps_r", "x_b", "x_s", "w", "kappa", "beta")}
    n = {
        "eps_w": 0.5 * u["eps_w"],
        "eps_r": 0.5 + 0.5 * u["eps_r"],
        "w": 0.6 * u["w"],
        "x_b": 0.7 + 0.3 * u["x_b"],
        "x_s": 0.2 + 0.5 * u["x_s"],
        "kappa": u["kappa"],
        "beta": 2 * u["beta"],
    }
    found = game.solve(n | REST)
    weak, strong = ((1 - n[e]) * n["x_b"] + n[e] * n["w"] - n["x_s"] for e in ("eps_w", "eps_r"))
    candid = (n["beta"] * weak >= n["eps_w"] * n["kappa"]) & (n["beta"] * strong <= n["eps_r"] * n["kappa"])
    measured = (found["candour_about_weakness"] > 0) & (found["candour_about_resolve"] > 0)
    assert 0.2 < candid.mean() < 0.9
    assert (measured == candid).all()
    within = (weak > 0) & (n["beta"] >= found["least_bias"]) & ((strong <= 0) | (n["beta"] <= found["most_bias"]))
    assert (within == candid).all()


def test_a_mediator_without_bias_is_never_believed_and_a_dearer_war_needs_more_bias(game: Game) -> None:
    costs = np.linspace(0.05, 1, 20)
    found = game.solve(BRIEF | REST | {"beta": 0.0, "kappa": costs})
    assert (found["candour_about_weakness"] < 0).all()
    assert (np.diff(found["least_bias"]) > 0).all()


@pytest.mark.parametrize(("beta", "believed"), [(0.05, False), (0.15, False), (0.25, True), (0.4, True), (1.0, True)])
def test_counsel_is_heeded_in_an_equilibrium_just_where_the_mediator_is_candid(beta: float, believed: bool) -> None:
    """Talk is cheap, so there is always an equilibrium without meaning; the others say whether meaning is possible."""
    scenario = build_scenario(parse_document(BROKERED, "brokered.yaml")).with_numbers({"beta": beta})
    found = equilibria(scenario, starts=200)
    assert found.balanced
    heeded = []
    for solved in found.solutions:
        conceded = {n.path: n.actions["concede"] for n in solved.nodes if n.node == "answer"}
        heeded.append(abs(conceded["shows_weak/say_resolved"] - conceded["shows_weak/say_weak"]))
    assert min(heeded) < 0.01
    assert (max(heeded) > 0.9) == believed


def test_the_branch_from_uniform_play_is_without_meaning_and_says_that_others_were_met() -> None:
    scenario = build_scenario(parse_document(BROKERED, "brokered.yaml")).with_numbers({"lambda": 100.0})
    found = equilibria(scenario, starts=200)
    assert found.status == "converged after another branch was met"
    assert found.branch == 0
    assert len(found.solutions) >= 3


def test_a_small_cost_of_lying_leads_the_branch_to_the_equilibrium_with_meaning() -> None:
    scenario = build_scenario(parse_document(BROKERED, "brokered.yaml"))
    from foedus.model.solve import solve

    measures = solve(scenario.with_numbers({"lambda": 100.0, "h": 0.01})).measures
    assert measures["candour"] > 0.99
    assert measures["heed"] > 0.95
