"""What tables and pages are filled from: claims in words, policies, numbers, inspections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from foedus.claims.audit import audit
from foedus.documents import parse_document
from foedus.errors import InputError
from foedus.model.solve import solve
from foedus.protocol.loader import shipped
from foedus.report.files import write_whole
from foedus.report.page.findings import Findings
from foedus.report.page.html import page
from foedus.report.views.actors import actors, indexed, policies
from foedus.report.views.claims import view
from foedus.report.views.inspection import inspect_scenario
from foedus.report.views.library import library
from foedus.report.views.phrases import phrase_of
from foedus.report.views.sourced import rows
from foedus.report.words import MEANINGS, SYMBOLS
from foedus.scenario import scenario as parts
from foedus.scenario.loader import build_scenario, load_scenario
from foedus.scenario.scenario import Reading, Scenario

TEXT = shipped("foedus.scenario")["textbook"].read_text("utf-8")


def scenario(*changes: tuple[str, str]) -> Scenario:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return build_scenario(parse_document(text, "mine.yaml"))


def test_every_verdict_has_a_symbol_of_its_own_and_a_meaning() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == len(MEANINGS) == 7


NOW, NEXT = Reading("war", None, 1, "hold"), Reading("war", None, 2, "hold")


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (parts.Test(NOW, True, 0.5, 0.0, ""), "war above 0.5"),
        (parts.Test(NEXT, False, 0.5, 0.1, ""), "war at the next crisis below 0.5 by at least 0.1"),
        (parts.Test(NEXT, True, NOW, -0.1, ""), "war at the next crisis above now less 0.1"),
        (parts.Test(NEXT, False, NOW, -0.1, ""), "war at the next crisis below now plus 0.1"),
        (parts.Test(replace(NEXT, policy="go"), True, NEXT, 0.0, ""), "war at the next crisis under go above that under hold"),
        (parts.Test(replace(NEXT, policy="go"), True, NOW, 0.0, ""), "war at the next crisis under go above that now under hold"),
        (parts.Test(NOW, True, Reading("press", "a", 3, "hold"), 0.0, ""), "war above press[a] at crisis 3"),
    ],
)
def test_tests_in_words(test: parts.Test, words: str) -> None:
    assert phrase_of(test, load_scenario("textbook")) == words


def test_policies_in_words() -> None:
    found = {p.name: p.settings for p in policies(load_scenario("karabakh-2020"))}
    assert found["hold"] == "no lever"
    assert found["diversify"] == "diversify 1"
    assert any(s.startswith("from crisis 1: no lever; from crisis 2: ") for s in found.values())


def test_actors_and_ties() -> None:
    solved = solve(load_scenario("karabakh-2020"))
    assert [a.role for a in actors(solved.scenario)] == ["rival", "client", "patron"]
    (by_channel,) = indexed(solved)
    assert by_channel.over == "channel"
    assert all(len(c.values) == len(by_channel.elements) for c in by_channel.columns)
    assert indexed(solve(load_scenario("textbook"))) == []


def test_numbers_are_shown_in_the_unit_they_were_written_in() -> None:
    found = {
        r.label: r
        for r in rows(
            scenario(("d: {value: 0.5,", "d: {value: 40, unit: '%',"), ("x: {value: 0.6,", "x: {prior: 30 to 60, unit: '%',"))
        )
    }
    assert (found["d"].shown, found["d"].unit) == ("40", "%")
    assert (found["x"].shown, found["x"].unit, found["x"].known) == ("30 to 60", "%", False)
    assert found["c_P[high]"].unit == "good"


def test_an_inspection_names_what_looks_forgotten() -> None:
    sets = (
        "prior_sets: {reference: {meaning: a}, idle: {meaning: b, numbers: {d: {value: 0.5, source: constructed}}}}\npolicies:\n"
    )
    changed = scenario(
        ("policies:\n", sets),
        ("sources:\n", "sources:\n  nobody: {publication: x, date: undated}\n"),
        (
            "f_U: {value: 0.05, unit: good, source: constructed, describes: the example}",
            "f_U: {value: 0.05, unit: good, source: []}",
        ),
        ("  v_C: {value: 1, unit: good, source: constructed, describes: the example}\n", ""),
        ("  d: {value: 0.5, source: constructed, describes: the example}", "  d: {value: 0.5, source: constructed}"),
    )
    said = "\n".join(inspect_scenario(changed).lines())
    for words in (
        "1 number without a source: f_U",
        "default: v_C",
        "'idle' changes nothing",
        "1 source nothing names: nobody",
        "without the date",
    ):
        assert words in said


def test_the_same_words_and_numbers_in_page_and_view() -> None:
    found = audit(load_scenario("karabakh-2020"), draws=400)
    seen = view(found)
    html = page(Findings(found, solve(found.scenario)), "foedus report x")
    assert [c.id for c in seen.claims] == [c.claim.id for c in found.claims]
    assert sum(map(len, seen.summary.values())) == len(seen.claims)
    for claim in seen.claims:
        assert html.count(f">{claim.id}</a>") == 1
        for s in claim.sets:
            assert f"{s.name}: probability {s.shown.replace('<', '&lt;').replace('>', '&gt;')}" in html
    assert all(row.label in html for row in rows(found.scenario))


def test_the_library_knows_every_shipped_file() -> None:
    found = library()
    assert {e["name"] for e in found["scenarios"]} == set(shipped("foedus.scenario"))
    assert {e["name"] for e in found["protocols"]} == set(shipped("foedus.protocol"))


def test_files_are_whole_or_absent(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "é\n")
    assert (tmp_path / "a.txt").read_bytes() == "é\n".encode()
    with pytest.raises(InputError, match="folder"):
        write_whole(tmp_path, "x")
    with pytest.raises(InputError, match="does not exist"):
        write_whole(tmp_path / "none" / "a.txt", "x")
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "b.txt", "\ud800")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
