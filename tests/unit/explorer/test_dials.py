"""Sliders run over the support of the priors, whatever their ends, and every step of them is a value that may be set."""

from __future__ import annotations

import math

import numpy as np
import pytest

import foedus
from foedus.explorer.dials import dials, reach
from foedus.explorer.setting import Setting, checked


@pytest.mark.parametrize("name", ["karabakh-2020", "textbook"])
def test_every_end_and_step_may_be_set(name: str) -> None:
    scenario = foedus.load(name)
    for dial in dials(scenario, Setting(name)):
        assert math.isfinite(dial.low) and math.isfinite(dial.high) and dial.low < dial.high, dial.label
        assert dial.step > 0
        for value in np.arange(dial.low, dial.high + dial.step / 2, dial.step)[[0, 1, -2, -1]]:
            if value <= dial.high:
                scenario.with_numbers({dial.label: float(f"{value:.12g}")})


def test_a_slider_holds_the_middle_of_every_prior_set() -> None:
    scenario = foedus.load("karabakh-2020")
    for prior_set in scenario.prior_sets:
        for dial in dials(scenario, Setting("karabakh-2020", prior_set=prior_set)):
            assert dial.low - dial.step <= dial.central <= dial.high + dial.step, (prior_set, dial.label)


def test_the_support_of_a_bounded_prior_is_covered() -> None:
    scenario = foedus.load("karabakh-2020")
    low, high = reach(scenario, "t_P")  # uniform(0, 1) in the reference
    assert low <= 0.01
    assert high >= 0.99


def test_the_precision_of_choice_comes_first() -> None:
    assert dials(foedus.load("karabakh-2020"), Setting("karabakh-2020"))[0].label == "lambda"


def test_a_fixed_number_says_so() -> None:
    scenario = foedus.load("karabakh-2020")
    setting = checked({"numbers": {"d": 0.25}}, scenario, "karabakh-2020")
    assert [d.value for d in dials(scenario, setting) if d.value is not None] == [0.25]
