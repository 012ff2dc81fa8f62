"""An essay becomes a scenario whose claims wait to be filled; what is suggested says on which words it rests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import refused

from foedus.claims.audit import audit
from foedus.datasets.essay import MOST, read_essay, rules, sentences, understood
from foedus.datasets.essay_file import essay_scenario
from foedus.datasets.store import Store
from foedus.documents import parse_document
from foedus.scenario.loader import build_scenario

ESSAY = """Nepal and its ally India have signed treaties since 1950. The Nepalese army depends on India for its
arms. In 2031 Mr. K. Thapa said that 3.5 battalions had come from New Delhi!

Fighting broke out between Nepal and China in March. Beijing attacked two passes. India refused to commit troops and called
for a ceasefire. This shows that Nepal can no longer rely on India. Kathmandu should build an independent foreign policy.
If it happens again, Nepal will decide for itself.
"""


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    path = tmp_path / "Three Passes.txt"
    path.write_text(ESSAY, "utf-8")
    return path


def test_sentences_end_where_they_end(essay: Path) -> None:
    found = sentences(ESSAY)
    assert len(found) == 9
    assert found[2] == "In 2031 Mr. K. Thapa said that 3.5 battalions had come from New Delhi!"
    assert sentences('He said: "No." Then he left. The U.S. agreed.') == ['He said: "No."', "Then he left.", "The U.S. agreed."]
    assert sentences("A heading\n\nA text without an end") == ["A heading", "A text without an end"]
    assert sentences(" \n\n ... \n") == []


def test_roles_are_suggested_with_the_words_that_speak_for_them(essay: Path) -> None:
    found = read_essay(essay).sentences
    assert [s.kind.name for s in found] == [
        "fact", "assumption", "fact", "fact", "fact", "fact", "inference", "prescription", "prediction",
    ]  # fmt: skip
    assert "no longer" in found[6].kind.words and "should" in found[7].kind.words


def test_measures_are_suggested_best_first(essay: Path) -> None:
    about = [[m.name for m in s.measures] for s in read_essay(essay).sentences]
    assert about[1][0] == "dependence" and about[5][0] == "refusal" and about[6][0] == "reliability"
    assert about[7][0] == about[8][0] == "autonomy" and "pressure" in about[4]


def test_states_are_known_by_people_and_capital_and_the_triad_is_guessed_with_a_reason(essay: Path) -> None:
    found = read_essay(essay)
    assert dict(found.named) == {"NPL": 6, "IND": 5, "CHN": 2}
    assert {role: part.code for role, part in found.parts.items()} == {"client": "NPL", "patron": "IND", "rival": "CHN"}
    assert "sentence 1" in found.parts["patron"].reason


def test_where_no_words_say_who_is_who_nothing_is_invented() -> None:
    assert understood(["Peace is good."]).parts == {}
    assert set(understood(["Peru is far."]).parts) <= {"client", "patron", "rival"}


def test_the_file_passes_the_check_and_every_claim_waits(essay: Path) -> None:
    text = essay_scenario(essay)
    scenario = build_scenario(parse_document(text, "essay.yaml"))
    assert scenario.name == "three-passes" and len(scenario.claims) == 9
    assert scenario.actors["client"].code == "NPL"
    assert {c.verdict for c in audit(scenario, draws=16).claims} == {"untestable"}
    assert text.count("# suggested:") == 9 and text.count("    untestable:") == 9
    assert max(map(len, text.splitlines())) <= 130


def test_each_suggested_test_can_be_put_in_place(essay: Path) -> None:
    text = re.sub(r"    untestable: .*\n    # suggested for .*\n    # (tests: .*)\n", r"    \1\n", essay_scenario(essay))
    assert text.count("\n    tests:") >= 7
    scenario = build_scenario(parse_document(text, "essay.yaml"))
    assert sum(bool(c.tests) for c in scenario.claims) == text.count("\n    tests:")
    assert audit(scenario, draws=16).failures == 0


def test_every_rule_leads_to_a_test_that_loads() -> None:
    cue = {name: rule.cues[0].partition(":")[0] for name, rule in rules().measures.items()}
    assert len(cue) >= 20
    for rule in rules().measures.values():
        assert rule.test["is"] in ("above", "below") and ("threshold" in rule.test) != ("than" in rule.test)


def test_the_author_knows_better(essay: Path) -> None:
    text = essay_scenario(essay, rival="PAK", patron="chn")
    actors = build_scenario(parse_document(text, "essay.yaml")).actors
    assert (actors["rival"].code, actors["patron"].code, actors["client"].code) == ("PAK", "CHN", "NPL")
    assert "as you say" in text
    assert "no state has the code 'QQQ'" in refused(lambda: essay_scenario(essay, rival="QQQ")).what


def test_with_a_year_the_numbers_come_from_data(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOEDUS_DATA", str(store.path))
    path = tmp_path / "e.txt"
    path.write_text("Armenia depends on Russia. War with Azerbaijan is near.", "utf-8")
    scenario = build_scenario(parse_document(essay_scenario(path, year=2018), "essay.yaml"))
    assert [c.untestable != "" for c in scenario.claims] == [True, True]
    assert scenario.prior_sets["reference"]["m_R0"].sources == ("nmc",)
    path.write_text("Armenia is alone.", "utf-8")
    assert "does not tell who the" in refused(lambda: essay_scenario(path, year=2018)).what
    assert "wants the year" in refused(lambda: essay_scenario(path, vantage="2018-01-01")).what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no sentence"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"text\x00text.", "no text"),
        (("So it is. " * (MOST + 1)).encode(), "more than an argument has"),
    ],
)
def test_what_is_no_essay_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "essay.txt"
    path.write_bytes(content)
    error = refused(lambda: read_essay(path))
    assert what in error.what and error.fix


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in refused(lambda: read_essay(tmp_path / "none.txt")).what


def test_strange_words_do_no_harm() -> None:
    found = understood(["{client} … ⟦ARM⟧ (*) \\d+ | : 3.", "<script>alert(1)</script> Armenia's"])
    assert len(found.sentences) == 2


@pytest.mark.shared
def test_the_essay_that_the_project_began_with_is_laid_out_as_its_map_says(shared: Path) -> None:
    rows = re.findall(r"^\| (s\d\d) \|[^|]*\| ([a-z]+)", (shared / "design/essay-map.md").read_text("utf-8"), re.MULTILINE)
    found = read_essay(shared / "essay.txt")
    assert len(found.sentences) == len(rows) == 15
    agreeing = sum(s.role == role for s, (_, role) in zip(found.sentences, rows, strict=True))
    assert agreeing >= 13
    assert {r: p.code for r, p in found.parts.items()} == {"client": "ARM", "patron": "RUS", "rival": "AZE"}
    first = {id: s.measures[0].name for s, (id, _) in zip(found.sentences, rows, strict=True)}
    wanted = {
        "s01": "division", "s04": "fragility", "s05": "dependence", "s06": "tension_of_urging", "s07": "accusation",
        "s08": "misperception", "s09": "refusal", "s10": "shock", "s11": "reliability", "s14": "autonomy", "s15": "autonomy",
    }  # fmt: skip
    assert sum(first[id] == name for id, name in wanted.items()) >= 9
