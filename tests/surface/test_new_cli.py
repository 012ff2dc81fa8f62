"""Scenarios from an essay and from a coded case, and the stress test, on the command line; and what they refuse."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from command import foedus

pytest.importorskip("pyarrow", reason="needs foedus[data]")
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "datasets"))

from world import world, write

from foedus.datasets.casebook import shipped_cases
from foedus.datasets.store import Store
from foedus.scenario.record.loader import shipped_records

ESSAY = "Armenia depends on Russia for its defence. Azerbaijan attacked Armenia. Armenia should look for other friends.\n"
STRESS = ("stress", "--year", "2018", "--draws", "64")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a store that holds the small world."""
    files, folder = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("store")
    write(files, world())
    Store(folder).add(files)
    return str(folder)


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    path = tmp_path / "friends.txt"
    path.write_text(ESSAY, "utf-8")
    return path


def test_an_essay_becomes_a_file_that_passes_the_check(essay: Path, tmp_path: Path) -> None:
    target = tmp_path / "friends.yaml"
    done = foedus("new", "--essay", essay, "--output", target)
    assert (done.code, done.err, done.out) == (0, "", f"wrote {target}\n")
    checked = foedus("check", target)
    assert checked.code == 0 and "3 claims" in checked.out
    audited = json.loads(foedus("audit", target, "--draws", "16", "--json").out)
    assert {c["verdict"] for c in audited["claims"]} == {"untestable"}


def test_a_record_is_checked_with_its_scenario() -> None:
    done = foedus("check", shipped_records()["karabakh-2020"])
    assert done.code == 2 and "only for a scenario" in done.err and "'record:'" in done.err


def test_an_essay_with_a_year_is_filled_from_data(essay: Path, stored: str) -> None:
    done = foedus("new", "--essay", essay, "--year", "2018", FOEDUS_DATA=stored)
    assert done.code == 0 and "source: [nmc]" in done.out and "id: s03" in done.out


def test_a_coded_case_becomes_an_overlay(tmp_path: Path) -> None:
    target = tmp_path / "again.yaml"
    assert foedus("check", shipped_cases()["kuwait-1961"]).out.startswith("ok: the coded case 'kuwait-1961' has 6 answers, ")
    assert foedus("new", "--case", shipped_cases()["kuwait-1961"], "--output", target).code == 0
    assert "overlay: triad" in target.read_text("utf-8")
    assert foedus("check", target).code == 0


@pytest.mark.parametrize(
    ("args", "what", "fix"),
    [
        (("new",), "--client is missing", "--essay"),
        (("new", "--client", "ARM", "--patron", "RUS", "--rival", "AZE"), "--year is missing", "--year"),
        (("new", "--case", "none.yaml"), "none.yaml", ""),
        (("new", "--case", "x.yaml", "--year", "1961"), "says everything itself", "leave out --year"),
        (("new", "--essay", "none.txt"), "the essay cannot be read", "check the path"),
        (("stress", "--year", "1700"), "the treaties cover 2000-2020, not 1700", "within"),
        (("stress", "--year", "2018", "--by", "stran"), "'stran' is not measured", "strain"),
        (("stress", "--year", "2018", "--patron", "RUZ"), "no state has the code 'RUZ'", "ISO 3166"),
        (("stress", "--year", "2018", "--at", "rosy"), "no prior set 'rosy'", "optimistic"),
        (("stress", "--year", "2018", "--vantage", "2019-01-01"), "after the year", "earlier"),
        (("stress", "--year", "2018", "--decades", "--vantage", "2018-01-01"), "--vantage is for one year", "--decades"),
        (("stress", "--year", "2018", "--html", "nowhere/page.html"), "folder does not exist", "make it"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(args: tuple[str, ...], what: str, fix: str, stored: str, tmp_path: Path) -> None:
    done = foedus(*args, cwd=tmp_path, FOEDUS_DATA=stored)
    assert done.code == 2 and done.out == ""
    assert what in done.err and fix in done.err and "Traceback" not in done.err


def test_stress_without_data_says_how_to_get_them(tmp_path: Path) -> None:
    done = foedus(*STRESS, FOEDUS_DATA=str(tmp_path / "empty"))
    assert done.code == 2 and "has not been added" in done.err and "foedus data" in done.err


def test_stress_as_text_json_tables_and_page(stored: str, tmp_path: Path) -> None:
    told = foedus(*STRESS, FOEDUS_DATA=stored)
    assert (told.code, told.err) == (0, "")
    assert "ARM  RUS  AZE" in told.out and "No draw failed." in told.out
    assert all(len(line) <= 100 for line in told.out.splitlines())
    assert told.out.splitlines()[-1].startswith("again: foedus stress --year 2018 --draws 64")
    found = json.loads(foedus(*STRESS, "--json", FOEDUS_DATA=stored).out)
    (pair,) = found["pairs"]
    assert (pair["client"], pair["patron"], pair["rival"], pair["rival_by"]) == ("ARM", "RUS", "AZE", "rivalry")
    measures = ("strain", "dependence", "reliability", "reliance", "autonomy", "exit_cost")
    assert all(pair[m]["low"] <= pair[m]["middle"] <= pair[m]["high"] for m in measures)
    page, tables = tmp_path / "page.html", tmp_path / "tables"
    done = foedus(*STRESS, "--html", page, "--tables", tables, FOEDUS_DATA=stored)
    assert done.code == 0 and "wrote" in done.err
    assert "<svg" in page.read_text("utf-8") and "<script" not in page.read_text("utf-8")
    rows = list(csv.DictReader((tables / "stress.csv").read_text("utf-8").splitlines()))
    assert [(r["client"], r["patron"]) for r in rows] == [("ARM", "RUS")]
    assert float(rows[0]["strain"]) == pytest.approx(pair["strain"]["middle"])


def test_decades_give_a_year_a_line(stored: str) -> None:
    done = foedus("stress", "--year", "2018", "--draws", "16", "--decades", FOEDUS_DATA=stored)
    assert done.code == 2, "the small world begins in 2000"
    assert "not 1820" in done.err
