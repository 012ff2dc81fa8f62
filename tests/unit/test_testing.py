"""The published test tools: what they make up can be loaded, solved and audited, and a comparison names what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foedus
from foedus.protocol.loader import load_protocol, shipped
from foedus.protocol.protocol import flat_names
from foedus.scenario.scenario import Scenario
from foedus.testing import assert_same_solution, numbers_for, protocols, scenarios

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
    assert foedus.audit(scenario).failures == 0


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
