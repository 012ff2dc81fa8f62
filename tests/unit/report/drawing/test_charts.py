"""Fans, frontier and regret: what is drawn is what was computed, in pictures that need nothing but themselves."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Tree

import numpy as np
import pytest
from helpers import TRIP, edited, scenario_of

from foedus.ensemble.draws import draw
from foedus.policies.compare import Comparison, compare
from foedus.policies.course import Course, Goal, extended
from foedus.report.drawing import charts, vega
from foedus.report.views.course import Trail, course_of, trails
from foedus.scenario.loader import load_scenario
from foedus.scenario.scenario import Scenario


@pytest.fixture
def trip(tmp_path: Path) -> Scenario:
    return scenario_of(tmp_path)


@pytest.fixture
def riches(trip: Scenario) -> Trail:
    return trails(trip, names=["riches"]).trails[0]


@pytest.fixture
def compared(trip: Scenario) -> Comparison:
    return compare(trip, measures=["riches", "-strictness"], draws=200, optimise=False)


def drawn(svg: str) -> Tree.Element:
    return Tree.fromstring(svg)


def test_a_fan_holds_the_quantiles_of_the_draws(trip: Scenario, riches: Trail) -> None:
    course = Course(trip, [Goal("riches", 1)], 3, None)
    values = course.run(draw(trip, 2000), [extended(trip.policies["work"].settings, 3)], 2000)
    expected = np.quantile(values[0, :, 0], [0.05, 0.25, 0.5, 0.75, 0.95], axis=-1)
    fan = next(f for f in riches.fans if f.policy == "work")
    assert np.allclose(fan.quantiles, expected)


def test_the_sentence_of_a_trail_says_where_each_policy_leads(riches: Trail) -> None:
    assert re.fullmatch(
        r"Under idle, the median of riches goes from 1 to 0\.\d+ \(90% of draws: .* to .*\); "
        r"by crisis 3 it is lowest under idle \(.*\) and highest under work \(.*\)\.",
        riches.sentence(),
    )


def test_the_same_draws_give_the_same_fan_on_any_number_of_workers(trip: Scenario, riches: Trail) -> None:
    assert trails(trip, names=["riches"], workers=2).trails[0] == riches


def test_without_a_course_it_is_beliefs_then_what_claims_read_later(trip: Scenario) -> None:
    assert course_of(trip) == ["rho", "trust", "wealth"]


def test_the_course_is_the_protocol_s_where_it_names_one() -> None:
    assert course_of(load_scenario("karabakh-2020"))[:3] == ["rho", "alignment", "dependence"]


def test_a_chart_is_one_picture_with_words_and_no_script(riches: Trail) -> None:
    svg = vega.svg(charts.fan_chart(riches, "work"), "riches", charts.fan_words(riches, "work"))
    root = drawn(svg)
    assert root.get("role") == "img" and root.get("aria-label", "").startswith("riches. Median of riches under work: now 1,")
    assert [e.tag.rpartition("}")[2] for e in root][:2] == ["title", "desc"]
    assert (
        "script" not in svg
        and not re.search(r"\son\w+=", svg)
        and "http://www.w3.org/1999/xlink" not in svg.replace("xmlns:xlink", "")
    )
    assert all(p.get("d") for p in root.iter("{http://www.w3.org/2000/svg}path"))
    assert len(re.findall(r'opacity="0\.(2|32)"', svg)) == 2  # the two bands


def test_the_base_policy_is_drawn_dashed_in_the_others_panels_only(riches: Trail) -> None:
    dashed = ["stroke-dasharray" in vega.svg(charts.fan_chart(riches, p), "", "") for p in ("idle", "work")]
    assert dashed == [False, True]


def test_what_a_file_says_is_written_as_text(riches: Trail) -> None:
    svg = vega.svg(charts.fan_chart(riches, "work"), "<script>alert(1)</script>", 'a "quoted" <b>word</b>')
    assert "<script>" not in svg and drawn(svg)[0].text == "<script>alert(1)</script>"


def test_every_colour_of_a_chart_has_one_for_a_dark_ground(riches: Trail, compared: Comparison) -> None:
    pictures = [charts.fan_chart(riches, "work"), charts.frontier_chart(compared, 0, 1), charts.regret_chart(compared, 0)]
    used = {c for p in pictures for c in re.findall(r'(?:fill|stroke)="(#\w+)"', vega.svg(p, "", ""))}
    assert used and all(f'[fill="{c}"]' in vega.style() for c in used)


def test_the_frontier_joins_the_policies_that_none_dominates(compared: Comparison) -> None:
    words = charts.frontier_words(compared, 0, 1)
    best = [p.name for p in compared.policies if p.frontier]
    assert words.endswith(f"No policy dominates {' and '.join(filter(None, [', '.join(best[:-1]), best[-1]]))}.")
    svg = vega.svg(charts.frontier_chart(compared, 0, 1), "", words)
    assert {p.name for p in compared.policies} <= {t.text for t in drawn(svg).iter("{http://www.w3.org/2000/svg}text")}


def test_names_of_points_that_lie_close_do_not_meet() -> None:
    rows = [{"policy": name, "x": 0.5 + k / 1000, "y": 0.5, "frontier": False} for k, name in enumerate(["one", "two", "three"])]
    placed = charts._labels(rows, [], [[0, 1], [0, 1]], (400, 300))
    boxes = [charts._box((r["align"], r["label_x"] * 400, r["label_y"] * 300), charts.LETTER * len(r["policy"])) for r in placed]
    assert all(charts._meetings(b, [o for o in boxes if o is not b], (400, 300)) == 0 for b in boxes)


def test_regret_is_told_least_first(compared: Comparison) -> None:
    words = charts.regret_words(compared, 0)
    least = min(compared.policies, key=lambda p: p.judged[0].regret[0])
    assert words.startswith(f"Mean regret on riches, least first: {least.name} ")


def test_a_scenario_without_later_readings_still_follows_its_state(tmp_path: Path) -> None:
    text = edited(TRIP, "than: {when: now}", "threshold: 0.1").replace("when: next, ", "")
    assert course_of(scenario_of(tmp_path, text)) == ["rho", "wealth"]
