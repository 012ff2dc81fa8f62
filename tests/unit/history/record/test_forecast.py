"""Forecasts of what came after the vantage are made from what was before it, kept, and scored against what the record holds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_record import RECORD, small, small_record

import foedus
from foedus.errors import MeaningError
from foedus.history.record.forecast import CONSTANT, LAST, baselines, coarse, coarse_level, freeze, happened
from foedus.scenario.record.loader import load_record

FROZEN = Path(__file__).resolve().parents[4] / "benchmarks" / "results" / "forecast_karabakh-2020.json"
SCOPE = """\
  scope:
    meaning: where
    codes: {here: {meaning: here}, far: {meaning: far, numbers: {gain: gain / 2}}}
"""
WHERE = RECORD.replace("  response:\n    meaning", SCOPE + "  response:\n    meaning")
WHERE = WHERE.replace("      size:", "      scope: {is: here}\n      size:")


def test_later_events_change_no_forecast() -> None:
    scenario = foedus.load("karabakh-2020")
    record = load_record(scenario)
    others = tuple(
        replace(e, codings={**e.codings, record.response: e.codings["scope"]}) if e.use == "test" else e for e in record.events
    )
    with_others = replace(record, events=others)
    one, other = (freeze(scenario, r, draws=64) for r in (record, with_others))
    assert one.by_code == other.by_code
    for name, p in baselines(record).items():
        np.testing.assert_array_equal(p, baselines(with_others)[name])


def test_forecasts_are_distributions_and_know_where_the_treaty_reaches() -> None:
    frozen = freeze(foedus.load("karabakh-2020"), load_record(foedus.load("karabakh-2020")), draws=512)
    for p in frozen.by_code.values():
        assert sum(p) == pytest.approx(1)
    back = {code: sum(p[frozen.levels.index(level)] for level in ("4", "5")) for code, p in frozen.by_code.items()}
    assert back["inside"] > back["border"] > back["outside"]


def test_a_forecast_by_hand(tmp_path: Path) -> None:
    """One draw of known numbers: the guarantor stands by as its payoffs say, the levels of a move share as before."""
    scenario = small(tmp_path).with_numbers({"lambda": 2.0, "start": 0.5, "cost[firm]": 0.4, "cost[soft]": 1.4, "fading": 0.0})
    record = small_record(scenario, WHERE)
    frozen = freeze(scenario, record, draws=2)
    scale = record.numbers["scale"].central
    shares = {"small": (1.1 + 0.5) / 3, "large": (0.9 + 0.5) / 3}
    stand = sum(
        w * 0.5 * sum(1 / (1 + math.exp(-2 * (1 - c * s))) for c in (0.4, 1.4))
        for w, s in ((shares["small"], scale), (shares["large"], 1.0))
    )
    assert frozen.by_code["here"][2] == pytest.approx(stand, abs=1e-9)
    assert frozen.by_code["here"][0] / frozen.by_code["here"][1] == pytest.approx((1 + 0.5) / (0.6 + 0.5))


def test_baselines_are_of_the_record_before_the_vantage(tmp_path: Path) -> None:
    record = small_record(small(tmp_path), WHERE)
    found = baselines(record)
    assert found[CONSTANT] == pytest.approx([1.5 / 3.5, 1.1 / 3.5, 0.9 / 3.5])
    assert found[LAST].argmax() == 0
    events = record.used("test")
    assert list(happened(record, events)) == [2]
    assert coarse(record, np.array([[0.2, 0.3, 0.5]])) == pytest.approx(np.array([[0.5, 0.5]]))
    assert list(coarse_level(record, happened(record, events))) == [1]


def test_a_record_that_does_not_say_where_is_refused(tmp_path: Path) -> None:
    scenario = small(tmp_path)
    with pytest.raises(MeaningError, match="has no field 'scope'"):
        freeze(scenario, small_record(scenario))


def test_the_frozen_forecasts_are_of_the_record_that_ships() -> None:
    kept = json.loads(FROZEN.read_text("utf-8"))
    scenario = foedus.load("karabakh-2020")
    record = load_record(scenario)
    assert kept["fitted"]["record_digest"] == record.fitted, "the record before the vantage was changed: fit and freeze again"
    assert kept["fitted"]["vantage"] == scenario.vantage
    assert set(kept["fitted"]["by_code"]) == set(record.fields["scope"].codes)
