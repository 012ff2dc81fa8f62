"""A setting: checked against its scenario, written as a link and as an overlay, read from both."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import foedus
from foedus.errors import InputError, MeaningError
from foedus.explorer.setting import (
    Setting,
    checked,
    crises_range,
    from_overlay,
    from_query,
    overlay_text,
    patch,
    still_observed,
    to_query,
)

SCENARIO = foedus.load("karabakh-2020")
NAME = "karabakh-2020"
CHANGED = {
    "prior_set": "pessimistic",
    "policy": "diversify",
    "crises": 5,
    "numbers": {"d": 0.25, "share_0[arms]": 0.5},
    "forced": {"help": "back"},
}


def test_what_is_as_in_the_scenario_is_left_out() -> None:
    same = {"prior_set": SCENARIO.reference, "policy": SCENARIO.policy, "crises": SCENARIO.horizon, "numbers": {}, "forced": {}}
    assert checked(same, SCENARIO, NAME) == Setting(NAME)
    assert not Setting(NAME).changed


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"numbers": {"dd": 0.5}}, "no number 'dd'"),
        ({"numbers": {"d": 7}}, "outside"),
        ({"numbers": {"d": math.nan}}, "no number"),
        ({"numbers": {"d": "0.5"}}, "no number"),
        ({"numbers": {"d": True}}, "no number"),
        ({"numbers": [1]}, "mapping"),
        ({"policy": "deepn"}, "no policy 'deepn'"),
        ({"policy": ["deepen"]}, "must be text"),
        ({"prior_set": "rosy"}, "no prior set"),
        ({"crises": 1000}, "number of crises"),
        ({"crises": 1}, "number of crises"),
        ({"crises": "5"}, "number of crises"),
        ({"forced": {"halp": "back"}}, "no player moves at 'halp'"),
        ({"forced": {"help": "bck"}}, "'bck' is not an action"),
    ],
)
def test_what_does_not_exist_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what):
        checked(data, SCENARIO, NAME)


def test_a_link_goes_round() -> None:
    setting, other = checked(CHANGED, SCENARIO, NAME), checked({"numbers": {"d": 0.9}}, SCENARIO, NAME)
    data, against = from_query(to_query(setting, other))
    assert checked(data, SCENARIO, NAME) == setting
    assert checked(against or {}, SCENARIO, NAME) == other
    assert data["scenario"] == NAME


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_a_link_is_read_or_refused_and_never_breaks(query: str) -> None:
    try:
        data, _ = from_query(query)
        checked(data, SCENARIO, NAME)
    except InputError:
        pass


@given(st.floats(0.01, 0.99), st.sampled_from(sorted(SCENARIO.policies)), st.sampled_from(["back", "urge", "sit_out"]))
@settings(max_examples=50, deadline=None)
def test_any_setting_goes_round_as_link_and_as_file(value: float, policy: str, action: str) -> None:
    setting = checked({"numbers": {"d": value}, "policy": policy, "forced": {"help": action}}, SCENARIO, NAME)
    assert checked(from_query(to_query(setting))[0], SCENARIO, NAME) == setting
    text = overlay_text(setting, SCENARIO, NAME)
    assert from_overlay(yaml.safe_load(text), text, SCENARIO, NAME) == setting


@pytest.mark.parametrize("query", ["?nonsense=1", "set=d", "set=d:inf", "do=", "x" * 9000, "a=b&&"])
def test_links_that_nobody_wrote_are_refused(query: str) -> None:
    with pytest.raises(InputError):
        checked(from_query(query)[0], SCENARIO, NAME)


def test_a_saved_setting_is_an_overlay_that_anybody_can_load(tmp_path: Path) -> None:
    setting = checked(CHANGED, SCENARIO, NAME)
    path = tmp_path / "saved.yaml"
    path.write_text(overlay_text(setting, SCENARIO, NAME), "utf-8")
    loaded = foedus.load(path)
    assert (loaded.policy, loaded.horizon, dict(loaded.forced)) == ("diversify", 5, {"help": "back"})
    assert all(numbers["d"].value == 0.25 for numbers in loaded.prior_sets.values())
    assert "help" not in loaded.observed, "what was observed gives way to what is forced"
    assert loaded.observed == {"onset": "press", "answer": "resist"}


def test_nothing_changed_is_nothing_to_save() -> None:
    with pytest.raises(MeaningError, match="nothing is changed"):
        overlay_text(Setting(NAME, prior_set="pessimistic"), SCENARIO, NAME)


@pytest.mark.parametrize(
    "data",
    [
        {"overlay": NAME, "claims": []},
        {"overlay": NAME, "set": {"d": "0.1 to 0.2"}},
        {"overlay": NAME, "observed": {"help": None}},
        {"overlay": NAME, "policy": "nowhere"},
        [NAME],
    ],
)
def test_an_overlay_that_is_no_setting_stays_a_scenario_of_its_own(data: Any) -> None:
    assert from_overlay(data, "", SCENARIO, NAME) is None


def test_forcing_what_was_observed_keeps_the_observation() -> None:
    assert still_observed(SCENARIO, {"help": "urge"}) == dict(SCENARIO.observed)
    assert patch(Setting(NAME, forced=(("help", "urge"),)), SCENARIO) == {"forced": {"help": "urge"}}
    assert still_observed(SCENARIO, {"onset": "hold"}) == {}


def test_the_crises_shown_hold_what_claims_speak_of() -> None:
    least, most = crises_range(SCENARIO)
    assert least <= SCENARIO.horizon <= most


def test_words_say_what_was_changed() -> None:
    said = " ".join(checked(CHANGED, SCENARIO, NAME).words(SCENARIO))
    assert all(word in said for word in ("d = 0.25", "back forced", "policy diversify", "5 crises", "pessimistic"))
