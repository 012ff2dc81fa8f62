"""The gallery is in step: scenarios are what the code book makes of the cases, pages are what an audit says of the scenarios.

FOEDUS_REGENERATE=1 python -m pytest tests/golden/test_gallery.py     writes all of it anew
"""

from __future__ import annotations

from pathlib import Path

import pytest

from foedus.claims.audit import audit
from foedus.claims.results import Audit
from foedus.datasets.books.schema import CaseSchema
from foedus.datasets.casebook import case_scenario, code_book, read_case, shipped_cases
from foedus.datasets.new import base_scenario
from foedus.protocol.loader import shipped
from foedus.report.page.gallery import index, page
from foedus.scenario.loader import load_scenario

ROOT = Path(__file__).resolve().parents[2]
LIBRARY, DOCS = shipped("foedus.scenario")["triad"].parent, ROOT / "docs"
DRAWS = 2048
CASES = sorted(shipped_cases())


def in_step(path: Path, text: str, regenerate: bool) -> None:
    if regenerate:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text("utf-8") == text, f"{path.name} is not what its source makes of it"


def case_of(name: str) -> CaseSchema:
    return read_case(shipped_cases()[name])[0]


def test_the_base_holds_the_defaults_of_the_map(regenerate: bool) -> None:
    in_step(LIBRARY / "triad.yaml", base_scenario(), regenerate)


@pytest.mark.parametrize("name", CASES)
def test_a_scenario_is_what_the_code_book_makes_of_its_case(name: str, regenerate: bool) -> None:
    case = case_of(name)
    assert case.case == name
    in_step(LIBRARY / f"{name}.yaml", case_scenario(case), regenerate)


@pytest.fixture(scope="module")
def audits() -> dict[str, Audit]:
    return {name: audit(load_scenario(name), draws=DRAWS) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_page_says_what_the_audit_says(name: str, audits: dict[str, Audit], regenerate: bool) -> None:
    found = audits[name]
    assert found.failures == 0 and len(found.claims) >= 3
    assert all(c.verdict != "untestable" for c in found.claims)
    in_step(DOCS / "gallery" / f"{name}.md", page(case_of(name), found), regenerate)


def test_the_index_lists_them_all(regenerate: bool) -> None:
    in_step(DOCS / "gallery.md", index([case_of(name) for name in CASES]), regenerate)
    assert {p.stem for p in (DOCS / "gallery").glob("*.md")} == set(CASES)


def test_the_gallery_spreads_over_every_response() -> None:
    levels = [case_of(name).response.level for name in CASES]
    assert len(CASES) >= 12 and set(levels) == {0, 1, 2, 3, 4, 5}
    assert {"munich-1938", "suez-1956"} <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_coded_number_cites_the_book_and_a_source_of_the_case(name: str) -> None:
    scenario, case, (book, _) = load_scenario(name), case_of(name), code_book()
    for question, answer in case.codes.items():
        for label in book.questions[question].words[answer.is_].numbers:
            number = scenario.prior_sets[scenario.reference][label]
            assert number.sources[0] == "codes" and set(number.sources[1:]) == set(answer.source) and answer.source
            assert number.why.lower().startswith(question)


def test_a_claim_may_fail_in_every_case(audits: dict[str, Audit]) -> None:
    """Nowhere does the model say yes to everything, or the record."""
    verdicts = [c.verdict for found in audits.values() for c in found.claims]
    assert {"likely", "unlikely", "contingent"} <= set(verdicts)
    records = [c.claim.record.in_hindsight for found in audits.values() for c in found.claims]
    assert {"supported", "mixed", "contradicted"} <= set(records)
