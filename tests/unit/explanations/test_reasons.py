"""What a claim rests on, over the ensemble: on the shipped argument, and where nothing can be tested."""

from __future__ import annotations

import numpy as np
import pytest

import foedus
from foedus.claims.audit import audit
from foedus.explanations.reasons import Argument
from foedus.explanations.study import Study
from foedus.explanations.words import reason_words, whole_words
from foedus.scenario.loader import load_scenario

DRAWS = 2048


@pytest.fixture(scope="module")
def argument():
    return Argument(Study(load_scenario("karabakh-2020"), draws=DRAWS))


def test_a_conclusion_with_all_that_it_rests_on(argument):
    found = argument.of("s04")
    assert set(found.premises) | set(found.through) == set(argument.graph.needs("s04")) == set(found.joint.claims) - {"s04"}
    together = found.joint
    seen = {id: argument.study.seen(id) for id in together.claims}
    use = np.all([s.use for s in seen.values()], axis=0)
    share = np.mean(np.all([s.holds for s in seen.values()], axis=0)[use])
    assert together.joint.probability == share
    assert together.draws == int(use.sum())
    assert together.joint.low <= share <= together.joint.high
    weakest, without = together.weakest
    others = [s.holds for id, s in seen.items() if id != weakest]
    assert without == pytest.approx(np.mean(np.all(others, axis=0)[use]))


def test_given_its_premises(argument):
    found = argument.of("s13").entailed
    holds = {id: argument.study.seen(id).holds for id in (found.conclusion, *found.premises)}
    use = np.all([argument.study.seen(id).use for id in holds], axis=0)
    given = np.all([holds[p] for p in found.premises], axis=0) & use
    if given.any():
        assert found.given.probability == pytest.approx(holds["s13"][given].mean())
        assert found.lift.low <= found.lift.probability <= found.lift.high


def test_a_tension_is_as_probable_as_the_audit_has_it(argument):
    scenario = argument.study.scenario
    audited = {tuple(t.claims): t.joint.probability for t in audit(scenario, draws=DRAWS).tensions}
    for strain in argument.whole().tensions:
        assert strain.joint.joint.probability == pytest.approx(audited[strain.claims])
        assert strain.joint.weakest[0] in strain.claims


def test_the_whole_argument_is_no_more_probable_than_its_weakest_claim(argument):
    whole = argument.whole()
    least = min(argument.study.seen(id).probability for id in whole.joint.claims)
    assert whole.joint.joint.probability <= least + 0.01
    assert whole.conclusions
    text = " ".join(whole_words(whole))
    assert f"All {len(whole.joint.claims)} claims that can be tested hold together" in text
    assert "The weakest link is" in text


def test_attacks_are_told_as_structure_only(argument):
    attacked = next(id for id in argument.graph.claims if argument.graph.attackers(id))
    text = " ".join(reason_words(argument.of(attacked)))
    assert "by the attacks alone" in text
    assert "which says nothing of its probability" in text


def test_a_premise_rests_on_nothing():
    argument = Argument(Study(foedus.load("textbook"), draws=10))
    assert not argument.of("t1").linked
    assert argument.of("t1").joint is None
