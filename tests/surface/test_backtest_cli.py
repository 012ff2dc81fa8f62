"""`foedus backtest`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from command import foedus
from helpers_crises import invented, text_of

import foedus.history as history
from foedus.documents import parse_document
from foedus.report.schemas import json_schema
from foedus.report.tables.validation import read_validation

HISTORY = Path(history.__file__).parent


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(text_of(invented(16)), "utf-8")
    return path


def test_people_see_scores_rivals_reliability_and_every_case(cases: Path) -> None:
    done = foedus("backtest", cases)
    assert (done.code, done.err) == (0, "")
    for part in ("16 cases scored", "ordered logit", "Reliability", "By the log score the model is", "case_15", "To know before"):
        assert part in done.out
    assert max(map(len, done.out.splitlines())) <= 130 or str(cases) in done.out


def test_programs_get_everything(cases: Path, tmp_path: Path) -> None:
    done = foedus("backtest", cases, "--train", "gallery", "--json", "--tables", tmp_path / "tables")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["n"] == 16 and len(found["cases"]) == 16
    assert found["scores"]["model"]["log"] > 0 and found["scores"]["baselines"]["ordered_logit"]["brier"] > 0
    assert set(found["cases"][0]["coarse"]["three"]) == {"back", "urge_or_diplomatic", "sit_out_or_tilt"}
    with (tmp_path / "tables" / "cases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["case"] for r in rows] == [c["id"] for c in found["cases"]]
    assert {"scores.csv", "scores.tex", "reliability.csv"} <= {p.name for p in (tmp_path / "tables").iterdir()}


def test_the_report_reads_what_is_printed(cases: Path, tmp_path: Path) -> None:
    stored = tmp_path / "stored.json"
    stored.write_text(foedus("backtest", cases, "--json").out, "utf-8")
    found = read_validation(stored)
    assert found.n == 16 and len(found.cases.rows) == 16 and found.rates
    assert "ordered_logit" in found.scores.column("forecaster")


def test_case_files_and_maps_are_checked_and_have_a_schema(cases: Path) -> None:
    assert foedus("check", cases).out.startswith("ok: the file of cases 'cases' has 16 cases, 8 crises, 16 to be scored")
    for folder, kind in (("library", "cases"), ("maps", "map")):
        for path in sorted(p for p in (HISTORY / folder).iterdir() if p.suffix == ".yaml"):
            done = foedus("check", path)
            assert done.code == 0 and done.out.startswith("ok: the "), done.err
            data = parse_document(path.read_bytes(), path.name).data
            jsonschema.Draft202012Validator(json_schema(kind)).validate(data)


def test_an_idle_code_of_a_map_is_told(tmp_path: Path) -> None:
    text = (HISTORY / "maps" / "gallery.yaml").read_text("utf-8").replace("t_initiated * initiated", "0 * initiated")
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    assert "'t_initiated' changes no probability" in foedus("check", tmp_path / "mine.yaml").out


def test_a_malformed_file_is_refused_by_line(cases: Path) -> None:
    cases.write_text(cases.read_text("utf-8").replace("kind: none", "kind: handshake", 1), "utf-8")
    line = next(k for k, text in enumerate(cases.read_text("utf-8").splitlines(), 1) if "handshake" in text)
    done = foedus("backtest", cases)
    assert done.code == 2 and done.out == "" and "Traceback" not in done.err
    assert f"cases.yaml:{line}:" in done.err and "handshake" in done.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "there is nothing to forecast"),
        (("gallery", "--dataset", "icb"), "both cases and --dataset"),
        (("gallery", "--by-time"), "go with --dataset"),
        (("no-such-file.yaml",), "no-such-file.yaml"),
        (("--dataset", "icb", "--train", "1918-1939"), "has not been added"),
    ],
)
def test_what_makes_no_sense_is_said(args: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = foedus("backtest", *args, FOEDUS_DATA=str(tmp_path / "empty"))
    assert done.code == 2 and message in done.err and "Traceback" not in done.err
