"""docs/validation.md is what the stored runs say, and the stored run of the shipped cases is what the code finds today."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from foedus.history.validation import validated
from foedus.report.tables.validation import validation_tables

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import validation  # noqa: E402 - it lies beside the benchmarks, which are no package


def test_page_figures_and_summary_are_what_the_results_say() -> None:
    for path, content in validation.written().items():
        assert path.read_text("utf-8") == content, f"run: python benchmarks/validation.py ({path.name})"


def test_no_figure_is_left_over() -> None:
    made = {p.name for p in validation.written() if p.suffix == ".svg"}
    assert {p.name for p in (ROOT / "docs" / "figures").glob("reliability_*.svg")} == made


def test_every_section_says_when_with_what_and_how_to_get_it_again() -> None:
    for found in validation.results():
        assert found["title"] and found["command"].startswith("foedus ")
        assert found["when"]["date"] and found["machine"]["foedus"]


def test_the_summary_is_what_the_report_can_show() -> None:
    (gallery,) = [v for v in validated() if v.name == "gallery"]
    assert gallery.scores[0].forecaster == "model" and gallery.scores[0].difference is None
    assert all(s.low <= s.value <= s.high for s in gallery.scores)
    assert all(s.difference is not None for s in gallery.scores[1:])


def test_a_difference_from_a_baseline_is_the_difference_of_the_scores() -> None:
    for found in validated():
        for one in found.scores[1:]:
            assert one.difference is not None
            assert one.difference[0] == pytest.approx(found.scores[0].value - one.value, abs=1e-9)


@pytest.mark.slow
def test_the_stored_run_of_the_shipped_cases_is_found_again() -> None:
    stored = json.loads((BENCHMARKS / "results" / "validation_gallery.json").read_text("utf-8"))
    found = validation.summary_of(validation.ran("gallery", Path()), "gallery")
    for now, then in zip(found["scores"], stored["summary"]["scores"], strict=True):
        assert now["forecaster"] == then["forecaster"]
        assert now["value"] == pytest.approx(then["value"], abs=1e-6)


def test_a_report_gets_a_table_for_each_stored_backtest() -> None:
    tables = validation_tables()
    assert [t.name for t in tables] == [f"validation_{v.name}" for v in validated()]
    assert all(t.column("forecaster")[0] == "model" and t.column("difference")[0] is None for t in tables)
