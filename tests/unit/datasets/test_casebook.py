"""A coded case becomes a scenario by the code book alone; what it lacks or misspells is said at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import refused

from foedus.datasets.casebook import case_scenario, code_book, made, read_case, shipped_cases
from foedus.documents import parse_document, read_document
from foedus.numbers import parse_prior
from foedus.scenario.loader import build_scenario, load_scenario

SUEZ = shipped_cases()["suez-1956"]


def written(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SUEZ.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "case.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  ties: {is: none", "  tyes: {is: none", "does not ask for 'tyes'"),
        ("ties: {is: none", "ties: {is: nonne", "'nonne' is no answer to 'ties'"),
        ('  stake: {is: mid, note: "standing in the Middle East", source: [record]}\n', "", "does not say 'stake'"),
        ("test: cost", "test: costs", "no test 'costs'"),
        ("source: [record, atop_directed]", "source: [record, atop]", "unknown source 'atop'"),
        ("client: {name: Egypt, code: EGY}, ", "", "names no client"),
        ("level: 3", "level: 7", "level"),
    ],
)
def test_a_mistake_is_said_at_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    error = refused(lambda: read_case(written(tmp_path, (old, new))))
    assert what in f"{error.what} {error.place}" and error.place is not None and error.place.line > 0


def test_a_case_without_measurement_says_how_the_strengths_compared(tmp_path: Path) -> None:
    text = SUEZ.read_text("utf-8")
    start = text.index("capability:")
    cut = text[start : text.index("\n", start) + 1]
    error = refused(lambda: read_case(written(tmp_path, (cut, ""))))
    assert "does not say 'band'" in error.what and "overmatched" in error.fix


@pytest.mark.parametrize(
    ("old", "new", "what", "fix"),
    [
        ("{publication: ", "{published: ", "unknown key 'published'", "publication"),
        ("client: {name: ", "client: {called: ", "unknown key 'called'", "name"),
        ("at_vantage: mostly", "at_vantage: mosly", "record.at_vantage", "did you mean 'mostly'?"),
        ("role: premise", "role: premiss", "role", "did you mean 'premise'?"),
        ("vantage: 1956-10-29", "vantage: soon", "must be a date as YYYY-MM-DD, not 'soon'", ""),
        ("case: suez-1956", "case: Suez 1956", "must be lower-case words joined by hyphens", ""),
        ("- id: price", "- id: forces", "the case makes no sound scenario: two claims have the id 'forces'", "rename one"),
    ],
)
def test_a_case_that_would_make_no_sound_scenario_is_refused(tmp_path: Path, old: str, new: str, what: str, fix: str) -> None:
    error = refused(made, read_document(written(tmp_path, (old, new))))
    assert what in error.what
    assert fix in error.fix
    assert error.place is not None and error.place.line > 0


def test_words_move_the_numbers_that_they_mean_and_no_others(tmp_path: Path) -> None:
    def numbers(*changes: tuple[str, str]) -> dict[str, str]:
        case, _ = read_case(written(tmp_path, *changes))
        scenario = build_scenario(parse_document(case_scenario(case), "case.yaml"))
        return {label: number.shown for label, number in scenario.prior_sets["reference"].items()}

    before, after = numbers(), numbers(("ties: {is: none", "ties: {is: strong"))
    assert {label for label in before if before[label] != after[label]} == {"t_P"}


def test_stronger_words_mean_more() -> None:
    book, protocol = code_book()

    def median(question: str, word: str, label: str) -> float:
        support = protocol.numbers[label.partition("[")[0]].support
        return parse_prior(book.questions[question].words[word].numbers[label].prior, support).median

    for question, label, order in [
        ("commitment", "omega_in", "none assurance consult guarantee defence"), ("ties", "t_P", "none some strong"),
        ("dependence", "share_0[arms]", "low mid high"), ("dependence", "support_0", "low mid high"),
        ("stake", "s_0[high]", "low mid high"), ("risk", "c_P[low]", "low mid high"), ("risk", "k_B", "low mid high"),
        ("band", "m_R0", "stronger parity weaker overmatched"), ("scope", "theatre", "no ambiguous yes"),
    ]:  # fmt: skip
        found = [median(question, word, label) for word in order.split()]
        assert found == sorted(found), question


def test_measured_strength_bounds_the_prior() -> None:
    for name, path in shipped_cases().items():
        case, _ = read_case(path)
        if case.capability is None or case.capability.cinc is None:
            continue
        prior = load_scenario(name).prior_sets["reference"]["m_R0"].prior
        assert prior is not None
        assert prior.quantile(0.01) < 1 / case.capability.cinc < prior.quantile(0.99), name  # type: ignore[arg-type]


def test_a_case_says_nothing_of_what_came_after_in_its_numbers() -> None:
    for name in shipped_cases():
        scenario = load_scenario(name)
        for number in scenario.prior_sets["reference"].values():
            if number.describes[:4].isdigit():
                assert int(number.describes[:4]) <= int(scenario.vantage[:4]), (name, number.label)
