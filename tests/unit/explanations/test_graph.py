"""The argument as a graph, and Argdown in and out."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.errors import MeaningError
from foedus.explanations.argdown import from_argdown, skeleton, to_argdown
from foedus.explanations.graph import Graph, entailment, together

CLAIMS = {"a": "One.", "b": "Two.", "c": "Three.", "d": "Four.", "e": "Five."}
GRAPH = Graph(CLAIMS, {"a": ["c"], "b": ["c"], "c": ["d"]}, {"e": ["b"]})


def test_what_a_conclusion_needs():
    assert GRAPH.needs("d") == ["a", "b", "c"]
    assert GRAPH.premises("d") == ["a", "b"]
    assert GRAPH.conclusions == ["d"]


def test_what_may_be_accepted_is_a_matter_of_attacks():
    assert GRAPH.grounded() == {"a": "in", "b": "out", "c": "in", "d": "in", "e": "in"}
    mutual = Graph({"a": "", "b": ""}, {}, {"a": ["b"], "b": ["a"]})
    assert set(mutual.grounded().values()) == {"undecided"}


def test_a_link_to_nothing_and_a_circle_are_refused():
    with pytest.raises(MeaningError, match="'z'"):
        Graph(CLAIMS, {"a": ["z"]}, {})
    with pytest.raises(MeaningError, match="circle"):
        Graph(CLAIMS, {"a": ["b"], "b": ["a"]}, {})


def test_the_joint_and_the_weakest_link():
    holds = {
        "a": np.array([1, 1, 1, 1, 1], dtype=bool),
        "b": np.array([1, 1, 0, 1, 1], dtype=bool),
        "c": np.array([1, 0, 0, 0, 1], dtype=bool),
    }
    found = together(holds)
    assert (found.joint.probability, found.draws) == (pytest.approx(0.4), 5)
    assert 0 < found.joint.low < 0.4 < found.joint.high < 1
    assert found.independent == pytest.approx(0.8 * 0.4)
    assert found.weakest == ("c", pytest.approx(0.8))
    assert together(holds, ["a"]).weakest is None


def test_how_far_premises_carry_a_conclusion():
    holds = {n: np.array(v, dtype=bool) for n, v in {"a": [1, 1, 0, 0], "b": [1, 1, 1, 0], "c": [1, 0, 0, 0]}.items()}
    found = entailment(GRAPH, holds, "c")
    assert found.premises == ("a", "b")
    assert (found.alone.probability, found.given.probability, found.lift.probability) == (0.25, 0.5, 2.0)
    assert found.given.low < 0.5 < found.given.high
    assert found.lift.low < 2 < found.lift.high
    never = entailment(GRAPH, {"a": np.zeros(4, dtype=bool), "b": holds["b"], "c": holds["c"]}, "c")
    assert np.isnan(never.given.probability)
    assert (never.given.low, never.given.high) == (0, 1)


def test_a_lift_of_claims_that_go_their_own_ways_is_about_one():
    rng = np.random.default_rng(1)
    holds = {n: rng.random(4000) < p for n, p in (("a", 0.5), ("b", 0.7), ("c", 0.4))}
    lift = entailment(GRAPH, holds, "c").lift
    assert lift.low < 1 < lift.high
    assert lift.high - lift.low < 0.3


def test_how_the_attacks_stand_is_never_a_probability():
    """An attacked claim is as probable as it was: status and share are told apart."""
    holds = {"b": np.array([1, 1, 1, 0], dtype=bool), "e": np.array([1, 1, 1, 1], dtype=bool)}
    attacked = Graph({"b": "", "e": ""}, {}, {"e": ["b"]})
    assert attacked.grounded()["b"] == "out"
    assert together(holds, ["b"]).joint.probability == 0.75


def test_argdown_there_and_back():
    text = to_argdown(GRAPH, 'A "title"')
    assert "[c]: Three.\n  + [a]\n  + [b]" in text
    assert from_argdown(text) == GRAPH


def test_argdown_by_hand():
    graph = from_argdown(
        """
===
title: Something
===
# A heading
// a comment
[Main]: The conclusion. #tag {source: "x"}
  + [First]: Because of this.
    - [Objection]: Yet not so. // spoken aside
  +> [Further]: Then that too.
"""
    )
    assert graph.claims["Main"] == "The conclusion."
    assert graph.supports == {"First": ["Main"], "Main": ["Further"]}
    assert graph.attacks == {"Objection": ["First"]}


def test_argdown_without_statements_or_with_a_loose_relation_is_refused():
    with pytest.raises(MeaningError, match="no statement"):
        from_argdown("Just prose.")
    with pytest.raises(MeaningError, match="stands below no statement"):
        from_argdown("+ [a]: loose")


def test_a_skeleton_is_yaml_with_quotes_kept():
    import yaml

    claims = yaml.safe_load(skeleton(Graph({"a": 'He said: "no".', "b": "Two."}, {"a": ["b"]}, {})))["claims"]
    assert claims[0]["text"] == 'He said: "no".'
    assert claims[0]["supports"] == ["b"]
    assert claims[1]["role"] == "inference"
    assert all(c["untestable"] for c in claims)
