"""What the panels send: marks that the page's own component draws, and nothing of the framework's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foedus.explorer import courses, figures, findings, wiring
from foedus.explorer.engine import Engine
from foedus.explorer.panels import drawn
from foedus.explorer.setting import Setting
from foedus.explorer.shelf import Entry, Shelf

SCRIPT = Path(figures.__file__).parent / "assets" / "explorer.js"


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Engine, Entry]]:
    shelf = Shelf()
    entry = shelf.put_own("karabakh-2020")
    engine = Engine(shelf, draws=64)
    yield engine, entry
    engine.close()


def names(part: Any) -> set[str]:
    """Every element of what is sent."""
    if isinstance(part, list):
        return {name for one in part for name in names(one)}
    return set() if isinstance(part, str) else {part["is"]} | names(part["in"])


def test_the_page_knows_every_element_that_is_sent(opened: tuple[Engine, Entry]) -> None:
    engine, entry = opened
    a, b = Setting(entry.name), Setting(entry.name, forced=(("help", "back"),))
    audits, solved, trails = (
        [engine.verdicts(entry, s) for s in (a, b)],
        [engine.solved(entry, s) for s in (a, b)],
        [engine.trails(entry, s) for s in (a, b)],
    )
    sent = drawn(
        [
            findings.claims(entry.scenario, audits[1], audits[0], "reference"),
            *findings.summary(audits[0]),
            *findings.tensions(audits[0]),
            *findings.changes(b, a, entry.scenario),
            figures.tree(solved[1]),
            courses.moved(solved[0], solved[1]),
            *courses.fans(trails[1], trails[0]),
        ]
    )
    listed = re.search(r"const DRAWN = new Set\(\[(.*?)\]\)", SCRIPT.read_text("utf-8"), re.S)
    assert listed
    assert names(sent) <= set(re.findall(r'"(\w+)"', listed[1]))
    assert {"ol", "svg", "table", "article"} <= names(sent)
    json.dumps(sent)  # plain data


def test_claims_are_there_before_anything_is_found(opened: tuple[Engine, Entry]) -> None:
    _, entry = opened
    text = json.dumps(drawn(findings.claims(entry.scenario)), ensure_ascii=False)
    assert all(claim.id in text for claim in entry.scenario.claims)
    assert "gauge" not in text


def test_settings_that_play_alike_are_said_to(opened: tuple[Engine, Entry]) -> None:
    engine, entry = opened
    now = engine.solved(entry, Setting(entry.name))
    assert "No branch differs" in str(drawn(courses.moved(now, now)))


def test_the_browser_has_every_function_that_is_connected() -> None:
    script = SCRIPT.read_text("utf-8")
    assert all(re.search(rf"^      {name}\(", script, re.M) for name, _, _ in wiring.BROWSER)
