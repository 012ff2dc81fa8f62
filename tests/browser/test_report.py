"""The report in a real browser, opened from disk with the network off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import TOLL, TRIP, edited, scenario_of

from foedus.report.page.findings import Findings, find
from foedus.report.page.html import page
from foedus.scenario.loader import load_scenario

DESK, PHONE = (1440, 1000), (390, 844)
BAD = "<script>alert(1)</script>"
MOST_BYTES = 5_000_000
Visitor = Callable[..., Any]

# Each picture with how large it is and how many marks of it take up room
PICTURES = """() => [...document.querySelectorAll('svg')].map(svg => {
  const box = svg.getBoundingClientRect()
  const marks = [...svg.querySelectorAll('path, rect, circle, line, text')].filter(m => {
    const b = m.getBoundingClientRect(); return b.width > 0 || b.height > 0 })
  return {name: svg.getAttribute('aria-label'), title: svg.querySelector('title')?.textContent, role: svg.getAttribute('role'),
          width: box.width, height: box.height, marks: marks.length}
})"""
OPENED = "() => document.querySelectorAll('details').forEach(d => d.open = true)"

TIES = """
promises:
  pass: {by: guard, to: traveller, node: check, action: wave, meaning: the guard lets travellers pass}
ties:
  toll: {kind: rivalry, by: guard, to: traveller, measure: strictness}
  road: {kind: dependence, by: traveller, to: guard, measure: bustle}
"""


def written(found: Findings, folder: Path) -> Path:
    path = folder / "report.html"
    path.write_text(page(found, "foedus report"), "utf-8")
    return path


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every part of a report, of a small scenario."""
    folder = tmp_path_factory.mktemp("trip")
    text = edited(TRIP, "role: inference", "role: prescription")
    return written(find(scenario_of(folder, text, TOLL + TIES), draws=2000), folder)


@pytest.fixture(scope="module")
def karabakh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large scenario, without what takes longest."""
    return written(find(load_scenario("karabakh-2020"), draws=400, quick=True), tmp_path_factory.mktemp("karabakh"))


@pytest.fixture(params=["trip", "karabakh"])
def report(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_is_accessible_and_fits(visit: Visitor, report: Path, size: tuple[int, int], dark: bool) -> None:
    seen = visit(report, size, dark=dark, offline=True)
    seen.page.evaluate(OPENED)
    if "trip" in str(report) or dark == (size == PHONE):  # a large page takes axe long: once at each size, once on each ground
        assert seen.serious() == []
    assert seen.overflow() <= 0
    assert seen.faults == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_picture_is_drawn_and_says_what_it_shows(visit: Visitor, report: Path, size: tuple[int, int]) -> None:
    seen = visit(report, size, offline=True)
    seen.page.evaluate(OPENED)
    pictures = seen.page.evaluate(PICTURES)
    assert len(pictures) >= 10  # tree, ties, fans, frontier, regret
    for p in pictures:
        assert p["role"] == "img" and p["name"] and p["title"], p
        assert p["width"] > 90 and p["height"] > 40 and p["marks"] >= 5, p
    assert seen.page.evaluate("[...document.querySelectorAll('math')].every(m => m.getBoundingClientRect().width > 0)")


def test_its_parts_come_in_the_order_in_which_they_are_read(visit: Visitor, trip: Path) -> None:
    seen = visit(trip)
    ids = seen.page.evaluate("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert ids == [
        *("claims", "tensions", "actors", "game", "course", "policies"),
        *("validation", "numbers", "measures", "formulas", "sources", "computed"),
    ]
    links = seen.page.evaluate("[...document.querySelectorAll('nav a')].map(a => a.hash.slice(1))")
    assert links == ids
    assert 2 <= seen.page.locator(".answer li").count() <= 5
    assert (
        seen.page.locator("#claim-1-" + seen.page.locator(".summary a").first.get_attribute("href").split("-", 2)[2]).count() == 1
    )


def test_no_two_things_share_an_id_and_every_link_leads_somewhere(visit: Visitor, report: Path) -> None:
    seen = visit(report)
    ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    inside = seen.page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))")
    assert set(inside) <= set(ids)


def test_nothing_in_a_file_becomes_part_of_the_page(visit: Visitor, tmp_path: Path) -> None:
    protocol = edited(TOLL + TIES, "title: A traveller at a toll gate", f"title: '{BAD}'")
    for old in ("meaning: who travels", "meaning: price of passing", "meaning: probability of setting out"):
        protocol = edited(protocol, old, f"meaning: '{BAD}'")
    protocol = edited(protocol, "meaning: the guard lets travellers pass", f"meaning: '{BAD}'")
    text = edited(TRIP, "title: A trip", f"title: '{BAD}'")
    text = edited(text, "{name: Guard}", f"{{name: '{BAD}', code: '<b>'}}")
    text = edited(text, "text: Travellers set out.", f"text: '{BAD}'")
    text = edited(text, "publication: A ledger", f"publication: '{BAD}', url: 'javascript:alert(1)'")
    text = edited(text, "meaning: nothing}", f"meaning: '{BAD}'}}")
    text = edited(text, "lambda: {value: 3, unit: 1/coin,", f"lambda: {{value: 3, unit: 1/coin, why: '{BAD}',")
    text = edited(text, "note: a ledger, source: [ledger]", f"note: '{BAD}', source: [ledger]")
    path = written(find(scenario_of(tmp_path, text, protocol), draws=200, quick=True), tmp_path)
    seen = visit(path)
    asked: list[str] = []
    seen.page.on("dialog", lambda d: (asked.append(d.message), d.dismiss()))
    seen.page.reload()
    seen.page.evaluate(OPENED)
    assert seen.page.locator("script").count() == 0 and asked == []
    assert seen.page.evaluate("document.body.innerText").count(BAD) >= 8
    assert seen.page.locator("h1").inner_text() == BAD
    assert seen.page.evaluate("[...document.links].every(a => !a.href.startsWith('javascript'))")
    assert seen.page.title().startswith(BAD)
    assert seen.faults == []


def test_the_page_forbids_itself_every_script(visit: Visitor, trip: Path) -> None:
    seen = visit(trip)
    policy = seen.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert "default-src 'none'" in policy and "script-src" not in policy
    seen.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s) }"
    )
    assert seen.page.evaluate("window.ran") is None


def test_on_paper_everything_is_open_and_nothing_is_cut(visit: Visitor, karabakh: Path) -> None:
    seen = visit(karabakh, (794, 1123))  # A4 at 96 dots an inch
    seen.page.emulate_media(media="print")
    assert seen.overflow() <= 0
    hidden = (
        "[...document.querySelectorAll('details p, details table')].filter(e => e.getBoundingClientRect().height === 0).length"
    )
    assert seen.page.evaluate(hidden) == 0
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.slow
def test_the_whole_report_of_a_large_scenario(visit: Visitor, tmp_path: Path) -> None:
    path = written(find(load_scenario("karabakh-2020")), tmp_path)
    assert path.stat().st_size < MOST_BYTES
    seen = visit(path, PHONE, offline=True)
    seen.page.evaluate(OPENED)
    assert seen.overflow() <= 0 and seen.serious() == [] and seen.faults == []
    pictures = seen.page.evaluate(PICTURES)
    assert len(pictures) >= 50 and all(p["marks"] >= 5 and p["name"] for p in pictures)
    assert seen.page.locator(".answer li").count() == 5
    assert seen.page.locator(".claim").count() == 15
    assert seen.page.get_by_text("What flips it").count() >= 14
