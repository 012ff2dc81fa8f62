"""Forced moves: made whatever their player would choose, the rest solved again, everywhere alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import foedus
from foedus.ensemble.draws import draw
from foedus.errors import MeaningError
from foedus.policies.course import Course, Goal


def forced(tmp_path: Path, moves: str, more: str = "") -> foedus.Scenario:
    path = tmp_path / "forced.yaml"
    path.write_text(f"overlay: textbook\nforced: {moves}\n{more}", "utf-8")
    return foedus.load(path)


def test_a_forced_move_is_certain_and_the_others_answer_it(tmp_path: Path) -> None:
    free, made = foedus.solve(foedus.load("textbook")), foedus.solve(forced(tmp_path, "{help: back}"))
    at_help = [n for n in made.nodes if n.node == "help"]
    assert {n.actions["back"] for n in at_help} == {1.0}
    before = {(n.path, n.type): n.actions["press"] for n in free.nodes if n.node == "onset"}
    after = {(n.path, n.type): n.actions["press"] for n in made.nodes if n.node == "onset"}
    assert all(after[k] < before[k] for k in before), "a rival that knows that the patron will come presses less"


def test_it_is_no_filter(tmp_path: Path) -> None:
    made = foedus.solve(forced(tmp_path, "{help: back}"))
    learnt = [b for b in made.beliefs if b.path.endswith("resist") and b.action == "back"]
    assert learnt
    assert all(b.posterior == pytest.approx(b.prior) for b in learnt), "what every type must do teaches nothing of the type"


def test_claims_and_crises_follow_it(tmp_path: Path) -> None:
    scenario = forced(tmp_path, "{help: back}")
    audit = {c.claim.id: c.by_set["reference"].readings[0][0] for c in foedus.audit(scenario).claims}
    assert audit["t1"] == pytest.approx(1.0)


def test_only_the_first_crisis_is_forced(tmp_path: Path) -> None:
    scenario = forced(tmp_path, "{help: back}", "horizon: 2\n")
    for executor in ("numpy", "compiled"):
        run = foedus.simulate(scenario, draws=4, executor=executor)
        assert np.allclose(run["reliability"].sel(crisis=1), 1.0)
        assert (run["reliability"].sel(crisis=2) < 0.99).all()


def test_the_course_of_policies_follows_it(tmp_path: Path) -> None:
    scenario = forced(tmp_path, "{help: back}", "horizon: 2\n")
    course = Course(scenario, [Goal("reliability", 1)], 2, 1)
    first, second = course.run(draw(scenario, 1), [scenario.policies["hold"].settings], 1)[0, :, 0, 0]
    assert first == 1.0
    assert second < 0.99


@pytest.mark.parametrize(
    ("moves", "what"),
    [
        ("{halp: back}", "no node 'halp'"),
        ("{help: bak}", "'bak' is not an action at 'help'"),
    ],
)
def test_forced_moves_that_are_none_are_refused(tmp_path: Path, moves: str, what: str) -> None:
    with pytest.raises(MeaningError, match=what):
        forced(tmp_path, moves)


def test_forced_moves_against_what_was_observed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeaningError, match="rule out what was observed"):
        forced(tmp_path, "{help: back}", "observed: {onset: press, answer: resist, help: urge}\n")
    assert forced(tmp_path, "{help: back}", "observed: {onset: press, answer: resist}\n").forced == {"help": "back"}
