from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from foedus.model.solve import solve
from foedus.report.drawing.game import figure, tree_figure
from foedus.report.drawing.marks import draw, text
from foedus.scenario.loader import load_scenario

HARMLESS = {"svg", "title", "desc", "style", "rect", "text", "tspan", "path", "circle"}
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020"])
def test_figures_are_well_formed_and_described(name: str) -> None:
    solved = solve(load_scenario(name))
    for drawn in (figure(solved), tree_figure(solved)):
        root = ElementTree.fromstring(drawn)
        assert root.get("role") == "img"
        assert root.findtext(f"{SPACE}title") == solved.scenario.title
        assert "likeliest play" in (root.findtext(f"{SPACE}desc") or "")
        assert "prefers-color-scheme:dark" in (root.findtext(f"{SPACE}style") or "")
        assert {e.tag.removeprefix(SPACE) for e in root.iter()} <= HARMLESS


def test_every_branch_says_its_probability() -> None:
    solved = solve(load_scenario("textbook"))
    branches = [e for e in ElementTree.fromstring(figure(solved)).iter(f"{SPACE}path") if "fs-line" in (e.get("class") or "")]
    assert len(branches) == 25
    assert "Patron, help: back 0.45, high 0.58, low 0.33; reached 0.23" in [b.findtext(f"{SPACE}title") for b in branches]


def test_strangers_words_stay_words() -> None:
    scenario = load_scenario("textbook")
    nasty = scenario.actors["client"].model_copy(update={"name": "</text><script>x</script>\x00\x1b"})
    drawn = figure(replace(solve(scenario), scenario=replace(scenario, actors={**scenario.actors, "client": nasty})))
    ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_marks() -> None:
    assert text(1, 2.5, "a<b").markup() == '<text x="1" y="2.5">a&lt;b</text>'
    assert draw("g", {"class": 'x"y'}).moved(1, 2).moved(1, 0).markup() == '<g class="x&quot;y" transform="translate(2 2)"/>'
