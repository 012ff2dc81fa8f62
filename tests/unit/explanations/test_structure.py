"""A claim under other forms of the model: what differs is said, doubts are told apart, and what changes nothing is refused."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import TRIP, edited, scenario_of

import foedus
from foedus.claims.argument import build_argument
from foedus.claims.audit import audit
from foedus.errors import MeaningError
from foedus.explanations.explain import explain
from foedus.explanations.structure import Variants
from foedus.explanations.study import Study
from foedus.explanations.variants import forms
from foedus.explanations.words import structure_words

DECLARED = """\
variants:
  poor:
    meaning: the fine is out of reach
    set: {fine: 5}
  same_draws:
    meaning: other draws of the same numbers
    numbers: {chi: {value: 0.5}}
tensions:
"""


@pytest.fixture(scope="module")
def trip(tmp_path_factory):
    doubtful = edited(TRIP, "measure: crossing, is: above, threshold: 0.5", "measure: crossing, is: above, threshold: 0.9")
    return scenario_of(tmp_path_factory.mktemp("trip"), edited(doubtful, "tensions:\n", DECLARED))


@pytest.fixture(scope="module")
def found(trip):
    (e,) = explain(trip, ["a"], draws=2048, samples=64, overrides={"rich": {"fine": 0.01}}).claims
    return e.structure


def test_every_form_says_in_what_it_differs(found):
    changes = {v.name: [(c.path, c.before, c.after) for c in v.changes] for v in found.variants}
    assert changes["as declared"] == []
    assert changes["limit"] == [("choice", "logit, with errors", "the best action always")]
    assert changes["probit"] == [("choice.rule", "logit", "probit")]
    assert changes["poor"] == [("set.fine", "", "5")]
    assert changes["rich"][0][2] == "0.01"
    assert all(changes[name] for name in changes if name != "as declared")


def test_a_form_that_changes_nothing_is_refused(trip, tmp_path):
    with pytest.raises(MeaningError, match="the variant 'same' changes nothing"):
        explain(trip, ["a"], draws=64, samples=16, overrides={"same": {"chi": 0.1}})
    idle = edited(TRIP, "tensions:\n", "variants:\n  idle: {meaning: nothing, policy: idle}\ntensions:\n")
    with pytest.raises(MeaningError, match="the overlay changes nothing"):
        forms(scenario_of(tmp_path, idle))


def test_a_declared_form_is_judged_as_an_audit_of_it_would_be(trip, found):
    from foedus.scenario.loader import load_variant

    alone = next(c for c in audit(load_variant(trip, "poor"), draws=2048).claims if c.claim.id == "a")
    here = next(v for v in found.variants if v.name == "poor")
    assert here.probability == alone.by_set[trip.reference].interval.probability
    assert here.interval.low <= here.probability <= here.interval.high
    assert here.interval.low < here.interval.high


def test_forms_share_their_draws(trip, found):
    base, poor = found.variants[0], next(v for v in found.variants if v.name == "poor")
    study = Study(trip, draws=2048)
    numbers = study.numbers
    argument = build_argument(trip.with_numbers({"fine": 5.0}))
    from foedus.program.numpy_executor import execute

    known = {n: s.central for n, s in trip.with_numbers({"fine": 5.0}).numbers().items() if s.prior is None}
    margins = execute(argument.part("a"), known | {n: v for n, v in numbers.items() if n not in known})
    holds = np.all([margins[n] > 0 for n in argument.outputs["a"].tests], axis=0)
    assert poor.agree == pytest.approx(float((holds == study.seen("a").holds).mean()))
    assert poor.probability != base.probability


def test_doubts_are_told_apart(trip, found):
    doubts = {v.name: v.doubt for v in found.variants}
    assert doubts["limit"] == "noise"
    assert doubts["probit"] == "form"
    assert doubts["rich"] == "parameters"
    assert set(found.by_set) == set(trip.prior_sets)
    assert found.branches is None
    assert "one solution at every draw" in " ".join(structure_words(found))


def test_types_in_one_dimension_differ_in_that_alone():
    """Where types differ in the cost of war alone, urging and sitting out teach the same (the brief's warning on likelihoods)."""
    scenario = foedus.load("karabakh-2020")
    one = {f.name: f for f in forms(scenario)}
    assert {"types: s_0", "types: g", "types: c_P"} <= set(one)
    assert set(one["types: c_P"].change) == {"s_0", "g"}
    assert "rho" in one["types: c_P"].change["g"].text


def test_a_claim_that_a_variant_takes_out_is_passed_over(tmp_path):
    text = edited(TRIP, "tensions:\n", "variants:\n  less: {meaning: one claim less, claims: {a: null}}\ntensions:\n")
    text = text[: text.index("tensions:")] + "tensions: []\n" if "claims: [a" in text else text
    scenario = scenario_of(tmp_path, text)
    structure = Variants(Study(scenario, draws=256), ["a", "b"])
    assert "less" not in {v.name for v in structure.of("a").variants}
    assert "less" in {v.name for v in structure.of("b").variants}


def test_draws_lost_in_a_form_are_counted_with_the_reason():
    """In the limit a patron may be sure to back: a share of not backing is then zero over zero."""
    scenario = foedus.load("karabakh-2020")
    structure = Variants(Study(scenario, draws=4096), ["s12", "s14"])
    limit = next(v for v in structure.of("s12").variants if v.name == "limit")
    assert limit.failures > 0
    assert limit.why == "settlement_motive has no value there"
    assert next(v for v in structure.of("s14").variants if v.name == "limit").failures == 0


MEETING = """\
protocol: meeting
format: 1
title: Two who want to meet
units: {coin: money}
players:
  one: {meaning: who goes first}
  two: {meaning: who does not see where}
numbers:
  lambda: {unit: 1/coin, support: "[0, inf)", meaning: precision of choice}
  joy: {unit: coin, support: "(0, inf)", meaning: what meeting is worth}
marks:
  met: {default: 0, meaning: they met}
game:
  start: first
  nodes:
    first:
      player: one
      actions:
        here: {then: second}
        there: {then: other}
    second:
      player: two
      information: unseen
      actions:
        here: {marks: {met: 1}, then: end}
        there: {then: end}
    other:
      player: two
      information: unseen
      actions:
        here: {then: end}
        there: {marks: {met: 2}, then: end}
payoffs:
  unit: coin
  of:
    one: joy * met
    two: joy * met
choice: {rule: logit, precision: lambda}
measures:
  meeting: {formula: expectation(met), meaning: how well they meet}
"""
MEET = """\
scenario: meet
format: 1
title: A meeting
protocol: meeting.yaml
vantage: 2020-01-01
actors: {}
sources:
  ledger: {publication: A ledger, date: 2019-12-31}
numbers:
  lambda: {value: 4, unit: 1/coin, source: ledger}
  joy: {prior: 0.8 to 1.2, unit: coin, source: ledger}
policies:
  idle: {meaning: nothing}
policy: idle
horizon: 1
draws: 64
claims:
  - id: m
    role: premise
    text: They meet.
    tests: [{measure: meeting, is: above, threshold: 1}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}
"""


def test_several_equilibria_are_reported_apart(tmp_path):
    (tmp_path / "meeting.yaml").write_text(MEETING, "utf-8")
    (tmp_path / "meet.yaml").write_text(MEET, "utf-8")
    scenario = foedus.load(tmp_path / "meet.yaml")
    found = Variants(Study(scenario, draws=64), ["m"]).of("m")
    assert not found.branches.unique
    assert max(found.branches.equilibria) >= 3
    assert found.branches.low < found.branches.high
    assert "several equilibria were found" in " ".join(structure_words(found))
    assert "probit" not in {v.name for v in found.variants}  # that rule knows no such game
