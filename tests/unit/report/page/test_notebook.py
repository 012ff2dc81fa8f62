"""Every public object has an HTML view: its own words, escaped, without script, in one container."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import TRIP, edited, scenario_of

from foedus.claims.audit import audit
from foedus.explanations.explain import explain
from foedus.model.solve import solve
from foedus.policies.compare import compare
from foedus.report.page import notebook
from foedus.report.page.notebook import html_of
from foedus.scenario.scenario import Scenario

BAD = "<script>alert(1)</script>"


@pytest.fixture
def trip(tmp_path: Path) -> Scenario:
    text = edited(edited(TRIP, "title: A trip", f"title: '{BAD}'"), "text: Travellers set out.", f"text: '{BAD}'")
    return scenario_of(tmp_path, text)


VIEWS: dict[str, tuple[Callable[[Scenario], Any], tuple[str, ...]]] = {
    "scenario": (lambda s: s, ("Guard", "rho_0", "later", "A ledger")),
    "protocol": (lambda s: s.protocol, ("A traveller at a toll gate", "<math", "what guard wants")),
    "solved": (solve, ("<svg", "expected payoff", "crossing")),
    "audit": (lambda s: audit(s, draws=200), ('class="gauge"', "strict", "badge")),
    "explanations": (lambda s: explain(s, draws=800, samples=64), ("What carries", "What flips it")),
    "comparison": (lambda s: compare(s, measures=["riches"], draws=200, optimise=False), ("Regret", "work", "later")),
}


@pytest.mark.parametrize("name", VIEWS)
def test_an_object_shows_itself(name: str, trip: Scenario) -> None:
    make, words = VIEWS[name]
    html = make(trip)._repr_html_()
    assert html.lstrip().startswith('<div class="foedus">') and html.rstrip().endswith("</div>")
    assert all(word in html for word in words), [w for w in words if w not in html]
    assert "<script" not in html and not re.search(r"\son\w+=", html)
    assert html.count("<div") == html.count("</div>") and html.count("<table") == html.count("</table>")


def test_a_long_table_is_cut_and_says_so(trip: Scenario) -> None:
    several = notebook.claims_of(trip)
    long = type(several)(several.name, several.title, several.columns, several.rows * 40)
    (part,) = notebook._table(long)
    assert len(part.value["table"].rows) == notebook.MOST and part.value["rest"] == "20 further rows"


def test_what_has_no_view_says_so() -> None:
    with pytest.raises(TypeError, match="dict has no view"):
        html_of({})


def test_every_view_is_of_a_class_that_is_there() -> None:
    from importlib import import_module

    for name in notebook._VIEWS:
        module, _, kind = name.rpartition(".")
        assert "_repr_html_" in dir(getattr(import_module(module), kind))
