"""What `explain` and `compare` print."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import foedus
from foedus.explanations.explain import explain
from foedus.policies.compare import compare
from foedus.report.terminal.compare import comparison_parts
from foedus.report.terminal.explain import explanation_parts
from foedus.report.terminal.screen import plain_screen


def printed(parts) -> str:
    out, at = io.StringIO(), plain_screen()
    with redirect_stdout(out):
        at.print(*parts(at))
    return out.getvalue()


def test_an_explanation_as_printed():
    found = explain(foedus.load("karabakh-2020"), ["s07"], draws=4096, samples=512)
    text = printed(lambda at: explanation_parts(found, at, "foedus explain karabakh-2020 s07"))
    for part in (
        "What carries it",
        "What flips it",
        "When it holds",
        "Under variants of the model",
        "cannot be told from zero",
        "choice: logit, with errors → the best action always",
        "Parameters: ",
        "Strategic noise: ",
        "Form: ",
        "Multiplicity: the game has one solution at every draw",
    ):
        assert part in " ".join(text.split())
    assert "prior standard deviations" in " ".join(text.split())
    assert text.rstrip().endswith("again: foedus explain karabakh-2020 s07")


def test_a_scenario_without_uncertain_numbers():
    found = explain(foedus.load("textbook"), draws=10, samples=10)
    text = printed(lambda at: explanation_parts(found, at, "foedus explain textbook"))
    assert "It rests on no uncertain number" in " ".join(text.split())


def test_a_comparison_as_printed():
    found = compare(foedus.load("karabakh-2020"), measures=["-war"], draws=1024)
    text = " ".join(printed(lambda _: comparison_parts(found, "foedus compare karabakh-2020")).split())
    for part in ("Frontier and robustness", "The cost of delay", "Common random numbers cut its variance", "The best path"):
        assert part in text
    assert {g.measure for g in found.goals} == {"autonomy", "security", "war"}
