"""How far a claim hangs on which equilibrium is played."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.claims.argument import build_argument
from foedus.claims.audit import audit
from foedus.claims.branches import MOST, Branches, Search
from foedus.claims.plain import plain_audit
from foedus.ensemble.draws import draw
from foedus.report.views.claims import branches_words
from foedus.scenario.loader import load_scenario
from foedus.scenario.scenario import Scenario

MEET = """\
protocol: meet
format: 1
title: Two that want to be in one place, and do not see one another choose it
players: {one: {}, other: {}}
numbers:
  lambda: {support: "[0, inf)", meaning: precision of choice}
  pull: {meaning: what the first place is worth besides}
marks: {left: {}, met: {}}
game:
  start: first
  nodes:
    first: {player: one, actions: {left: {marks: {left: 1}, then: second}, right: {marks: {left: 0}, then: second}}}
    second:
      player: other
      blind_to: [first]
      actions: {left: {marks: {met: left}, then: end}, right: {marks: {met: 1 - left}, then: end}}
payoffs: {of: {one: met + pull * left, other: met}}
choice: {precision: lambda}
state:
  habit: {start: pull, next: habit + (left - 0.5) / 10}
measures:
  going_left: {formula: choice(first.left), meaning: m}
  seen_left: {formula: "given(probability(left), second = right) - choice(first.left)", meaning: m}
  wont: {formula: habit, meaning: m}
"""
HERE = """\
scenario: here
format: 1
title: A meeting
protocol: meet.yaml
vantage: 2020-01-01
actors: {}
sources: {none: {publication: an example, date: 2020-01-01}}
numbers:
  lambda: {prior: "uniform(1, 8)", source: none}
  pull: {prior: "normal(0, 0.05)", source: none}
policies: {none: {meaning: nothing changes}}
policy: none
horizon: 3
draws: 200
claims:
  - id: left
    role: premise
    text: The first goes left.
    tests: [{measure: going_left, is: above, threshold: 0.7}]
    record: {at_vantage: untestable, in_hindsight: untestable, note: an example}
  - id: later
    role: premise
    text: A habit forms.
    tests: [{measure: wont, when: 3, is: above, threshold: 0.03}]
    record: {at_vantage: untestable, in_hindsight: untestable, note: an example}
  - id: learnt
    role: premise
    text: What is seen of one tells of the other.
    tests: [{measure: seen_left, is: above, threshold: -0.01}]
    record: {at_vantage: untestable, in_hindsight: untestable, note: an example}
  - id: faith
    role: premise
    text: They mean well.
    untestable: nobody can tell
    record: {at_vantage: untestable, in_hindsight: untestable, note: an example}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    folder = tmp_path_factory.mktemp("branches")
    (folder / "meet.yaml").write_text(MEET)
    (folder / "here.yaml").write_text(HERE)
    return load_scenario(folder / "here.yaml")


def searched(scenario: Scenario, id: str, draws: int = 24) -> Branches:
    found = Search(build_argument(scenario), draw(scenario, draws), draws).claim(id)
    assert found is not None
    return found


def test_a_claim_has_the_range_of_its_equilibria(here: Scenario) -> None:
    found = searched(here, "left")
    precisions = draw(here, 24)["lambda"]
    # without a pull there are three equilibria beyond a precision of 2, and one below; a pull raises that bound
    assert found.equilibria[1] >= (precisions < 2).sum()
    assert found.equilibria[3] >= (precisions > 6).sum()
    assert found.low <= found.followed <= found.high
    assert found.high - found.low > 0.3
    assert not found.unique


def test_where_there_is_one_equilibrium_the_range_is_a_point(here: Scenario) -> None:
    found = searched(here.with_numbers({"lambda": "uniform(0.5, 2)"}), "left")
    assert found.unique
    assert found.low == found.followed == found.high
    assert found.equilibria == {1: 24}
    assert found.status == {"converged": 24}
    assert found.incomplete == 0


def test_later_crises_go_on_from_each_equilibrium(here: Scenario) -> None:
    """Two crises of up to three equilibria each; what was played in the first is inherited."""
    found = searched(here, "later")
    assert max(found.equilibria) == 9
    assert found.high > found.low


def test_what_was_seen_of_a_crisis_is_seen_of_the_same_equilibrium(here: Scenario) -> None:
    found = searched(here, "learnt")
    assert max(found.equilibria) == 3
    assert found.low == found.high == 1.0


def test_many_ways_are_cut_and_counted(here: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foedus.claims.branches.MOST", 4)
    found = searched(here.with_numbers({"lambda": 8.0}), "later", 3)
    assert MOST > 4
    assert max(found.equilibria) == 4
    assert found.incomplete == 3


def test_an_audit_tells_of_it(here: Scenario) -> None:
    found = audit(here)
    plain = {c["id"]: c["branches"] for c in plain_audit(found)["claims"]}
    assert plain["faith"] is None
    assert plain["left"]["unique"] is False
    assert plain["left"]["range"][0] <= plain["left"]["followed"] <= plain["left"]["range"][1]
    assert sum(plain["left"]["equilibria"].values()) == plain["left"]["draws"] == 32
    said = " ".join(branches_words(found.claims[0].branches))  # type: ignore[arg-type]
    assert "several equilibria in" in said
    assert "which is played moves the probability from" in said


def test_a_lost_branch_is_a_failure_with_its_last_good_precision(here: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where steps may not become short, the branch of a crossing cannot be followed to its end."""
    monkeypatch.setattr("foedus.program.continuation.LEAST_STEP", 1e-3)
    monkeypatch.setattr("foedus.program.continuation.CROSSING", 0.0)
    lost = here.with_numbers({"lambda": 8.0, "pull": 0.0})
    found = searched(lost, "left", 4)
    assert found.status == {"stalled: the branch could not be followed to the end": 4}
    assert found.stopped == pytest.approx(0.25, abs=0.03)  # the crossing at precision 2 of 8
    assert "a branch was lost, at the earliest at" in " ".join(branches_words(found))
    judged = audit(lost, draws=50)
    assert judged.claims[0].by_set["reference"].failures == judged.claims[0].draws


def test_backward_induction_needs_no_search() -> None:
    scenario = load_scenario("textbook")
    assert Search(build_argument(scenario), draw(scenario, 4), 4).claim("t1") is None
    found = plain_audit(audit(scenario))["claims"][0]["branches"]
    assert found == {"unique": True, "why": "backward induction"}


def test_the_same_draws_give_the_same_branches(here: Scenario) -> None:
    one, other = searched(here, "left"), searched(here, "left")
    assert one == other
    assert np.isfinite(one.followed)
