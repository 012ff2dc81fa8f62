"""Policies under common random numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import TRIP, edited, scenario_of

from foedus.ensemble.draws import draw
from foedus.errors import MeaningError
from foedus.policies.compare import compare
from foedus.policies.course import Course, Goal, extended, goals_of
from foedus.policies.paths import lattice

MEASURES = ["riches", "-welfare"]


@pytest.fixture
def trip(tmp_path):
    return scenario_of(
        tmp_path, edited(TRIP, "  chi: {value", "  gold: {prior: 0.5 to 2, unit: coin, source: ledger}\n  chi: {value")
    )


def test_a_policy_that_brings_more_has_no_regret_and_dominates(trip):
    found = compare(trip, measures=["riches"], draws=500)
    by_name = {p.name: p for p in found.policies}
    work = by_name["work"].judged[0]
    assert work.gain.low > 0
    assert work.regret == (0, 0)
    assert work.best == 1
    assert by_name["idle"].dominated_by == ("work", "later")
    assert by_name["work"].frontier
    assert by_name["idle"].satisfices == 1
    assert work.later.low > 0  # a crisis later is a crisis of wealth less
    assert work.never.mean == work.gain.mean > work.later.mean


def test_the_baseline_loses_nothing_by_delay(trip):
    idle = next(p for p in compare(trip, measures=MEASURES, draws=200, optimise=False).policies if p.name == "idle")
    assert all(j.later.mean == j.never.mean == j.gain.mean == 0 for j in idle.judged)


def test_common_random_numbers_cut_the_variance_of_differences(trip, capsys):
    found = compare(trip, measures=MEASURES, draws=1000, optimise=False)
    for p in found.policies:
        for j in p.judged:
            if p.name != "idle":
                with capsys.disabled():
                    print(f"\nvariance of {p.name} - idle on {j.goal.measure}: {j.ratio:.1f} times less", end="")
                assert j.ratio > 1


def test_the_ratio_is_that_of_independent_draws(trip):
    goals = (Goal("welfare", 1),)
    course = Course(trip, goals, 3, None)
    paths = [extended(trip.policies[n].settings, 3) for n in ("idle", "work")]
    same, other = (draw(trip, 4000, seed=s, only=course.program.inputs.keys()) for s in (trip.seed, trip.seed + 1))
    a, b = course.run(same, paths, 4000).mean(axis=(1, 2))
    apart = course.run(other, paths, 4000).mean(axis=(1, 2))[1]
    j = next(p for p in compare(trip, measures=["welfare"], draws=4000, optimise=False).policies if p.name == "work").judged[0]
    assert j.ratio == pytest.approx(np.var(a - apart) / np.var(a - b), rel=0.1)


def test_the_search_finds_that_work_pays(trip):
    best = compare(trip, measures=["riches"], draws=300).best[0]
    assert all(s["effort"] == pytest.approx(1, abs=1e-3) for s in best.path)
    assert best.tail >= best.declared_tail - 1e-9
    assert all(sum(s.values()) <= trip.budget + 1e-9 for s in best.path)


def test_goals_come_from_prescriptions_and_from_the_caller(trip):
    assert goals_of(trip, ["-passing", "+riches"]) == (Goal("passing", -1), Goal("riches", 1))
    with pytest.raises(MeaningError, match="no goal"):
        goals_of(trip, [])
    with pytest.raises(MeaningError) as caught:
        goals_of(trip, ["rihces"])
    assert "riches" in caught.value.fix
    with pytest.raises(MeaningError, match="is no goal"):
        compare(trip, measures=["riches"], thresholds={"passing": 0.5}, draws=10)


def test_what_a_prescription_wants_goes_before_what_a_prediction_expects(tmp_path):
    """The prediction that crossing rises is no wish; the prescription to keep it low is."""
    text = edited(TRIP, "tensions:\n", """\
  - id: rises
    role: prediction
    text: More will travel.
    tests: [{measure: crossing, when: next, is: above, than: {when: now}}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}
  - id: stay
    role: prescription
    text: Stay at home.
    tests: [{measure: crossing, when: next, policy: work, is: below, than: {policy: idle}}]
    record: {at_vantage: mixed, in_hindsight: mixed, note: a ledger}
tensions:
""")  # fmt: skip
    assert goals_of(scenario_of(tmp_path, text), []) == (Goal("crossing", -1),)


def test_thresholds_decide_what_satisfices(trip):
    def share(least):
        found = compare(trip, measures=["riches"], thresholds={"riches": least}, draws=100, optimise=False)
        return {p.name: p.satisfices for p in found.policies}

    assert set(share(-1e9).values()) == {1.0}
    assert set(share(1e9).values()) == {0.0}


def test_one_draw_and_json(trip):
    found = compare(trip, measures=["riches"], draws=1, optimise=False)
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_result_does_not_depend_on_the_workers(trip):
    one, two = (compare(trip, measures=MEASURES, draws=9000, workers=w, optimise=False).policies for w in (1, 2))
    assert one == two


def test_settings_on_the_lattice_are_within_the_budget():
    for levers in range(1, 8):
        points = lattice(levers, 2.0)
        assert all(p.min() >= 0 and p.sum() <= 2 + 1e-12 for p in points)
        assert len(points) > levers
