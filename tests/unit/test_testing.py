"""The published test tools: what they make up can be loaded, solved and audited, and a comparison names what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import foedus
from foedus.protocol.loader import load_protocol, shipped
from foedus.protocol.protocol import flat_names
from foedus.scenario.scenario import Scenario
from foedus.testing import assert_same_solution, numbers_for, protocol_files, protocols, scenario_files, scenarios

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(data=st.data())
def test_numbers_lie_in_their_supports(data: st.DataObject) -> None:
    protocol = data.draw(protocols())
    numbers = data.draw(numbers_for(protocol))
    assert set(numbers) == set(flat_names(protocol, protocol.numbers))
    assert all(value in protocol.numbers[label.partition("[")[0]].support for label, value in numbers.items())


@few
@given(scenario=scenarios())
def test_a_scenario_made_up_at_random_is_solved_and_drawn(scenario: Scenario) -> None:
    solved = foedus.solve(scenario)
    assert sum(p for _, p in solved.plays) == pytest.approx(1, abs=1e-12)
    assert_same_solution(solved, foedus.solve(scenario), atol=0)
    found = foedus.audit(scenario)
    assert found.failures == 0
    assert [c.claim.id for c in found.claims] == [c.id for c in scenario.claims]
    assert solved.measures.keys() >= {f"welfare_{p}" for p in scenario.protocol.players}


def test_what_is_made_up_covers_chance_types_shared_subtrees_claims_and_uncertain_numbers() -> None:
    """Each is found within some hundred tries."""
    quick = settings(max_examples=500, deadline=None, database=None, phases=[Phase.generate])

    def shared(data: dict[str, Any]) -> bool:
        heads = [b["then"] for node in data["game"]["nodes"].values() for b in (node.get("actions") or node["chance"]).values()]
        return any(heads.count(name) > 1 for name in heads if name != "end")

    for wanted in (
        shared,
        lambda data: any("chance" in node for node in data["game"]["nodes"].values()),
        lambda data: any("types" in player for player in data["players"].values()) and len(data["players"]) > 1,
    ):
        find(protocol_files(), wanted, settings=quick)
    core = load_protocol("core")
    find(scenario_files(core), lambda data: len(data["claims"]) > 1 and "prior" in data["numbers"]["d"], settings=quick)


def test_what_fails_shrinks_to_one_player_who_moves_once() -> None:
    least = find(protocol_files(), lambda data: True, settings=settings(deadline=None, database=None))
    assert list(least["players"]) == ["ann"]
    (node,) = least["game"]["nodes"].values()
    assert node["player"] == "ann" and list(node["actions"]) == ["a0"]


@pytest.mark.parametrize("name", ["core", "signalling"])
@settings(few, max_examples=3)
@given(data=st.data())
def test_scenarios_can_be_made_up_for_a_shipped_protocol(name: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios(load_protocol(name)))
    assert scenario.protocol.name == name


def test_every_shipped_protocol_has_numbers() -> None:
    for name in shipped("foedus.protocol"):
        assert isinstance(numbers_for(load_protocol(name)), st.SearchStrategy)


@pytest.fixture(scope="module")
def textbook() -> foedus.Solved:
    return foedus.solve(foedus.load("textbook"))


def test_a_difference_is_named(textbook: foedus.Solved) -> None:
    node = textbook.nodes[0]
    action = next(iter(node.actions))
    moved = replace(node, actions={**node.actions, action: node.actions[action] + 1e-3})
    with pytest.raises(AssertionError, match=rf"1 of \d+ numbers differ by more than 1e-09; most of all choice at .*{action}"):
        assert_same_solution(replace(textbook, nodes=(moved, *textbook.nodes[1:])), textbook)


def test_a_difference_within_the_tolerance_is_none(textbook: foedus.Solved) -> None:
    measures = {name: value + 1e-12 for name, value in textbook.measures.items()}
    assert_same_solution(replace(textbook, measures=measures), textbook)


def test_what_only_one_has_is_named(textbook: foedus.Solved) -> None:
    with pytest.raises(AssertionError, match=r"only one of the solutions has .*measure"):
        assert_same_solution(replace(textbook, measures={}), textbook)


def test_undefined_equals_only_undefined(textbook: foedus.Solved) -> None:
    name = next(iter(textbook.measures))
    undefined = replace(textbook, measures={**textbook.measures, name: float("nan")})
    assert_same_solution(undefined, undefined)
    with pytest.raises(AssertionError, match="differ"):
        assert_same_solution(undefined, textbook)
