"""`foedus fit` from a file to a verdict, and what it refuses."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from command import foedus
from helpers_record import RECORD, SCENARIO, write_small

installed = pytest.mark.skipif(
    find_spec("nutpie") is None or find_spec("arviz") is None, reason="needs the optional packages nutpie and arviz"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small(tmp_path)
    return tmp_path


@installed
def test_fit_then_audit(folder: Path) -> None:
    done = foedus("fit", "small.yaml", "--output", "p.nc", "--draws", "2048", "--tune", "500", "--chains", "2", cwd=folder)
    assert done.code == 0, done.err
    assert "2 events before 2020-01-01 and 2 opportunities that passed" in done.out
    assert "Records drawn from the posterior" in done.out
    assert "again: foedus fit small.yaml --seed 3 --output p.nc --tune 500 --chains 2" in done.out
    audited = json.loads(foedus("audit", "small.yaml", "--posterior", "p.nc", "--json", cwd=folder).out)
    assert audited["posterior"]["draws"] == audited["draws"] == 4096
    assert "posterior 4,096 draws worth" in foedus("audit", "small.yaml", "--posterior", "p.nc", cwd=folder).out


@installed
def test_json_has_every_number(folder: Path) -> None:
    done = foedus("fit", "small.yaml", "--method", "importance", "--draws", "3000", "--json", cwd=folder)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert {row["label"] for row in found["prior_sets"]["reference"]["numbers"]} >= {"lambda", "start", "scale"}
    assert found["method"] == "importance"
    assert found["prior_sets"]["reference"]["convergence"]["pareto_k"] < 0.7


@installed
def test_a_fit_that_did_not_converge_says_so_and_bears_no_verdict(folder: Path) -> None:
    done = foedus("fit", "small.yaml", "--output", "p.nc", "--draws", "20", "--tune", "20", "--chains", "2", cwd=folder)
    assert done.code == 3
    assert "the sampler did not converge" in done.err
    refused = foedus("audit", "small.yaml", "--posterior", "p.nc", cwd=folder)
    assert refused.code == 2
    assert "no verdict can rest on it" in refused.err
    assert "fix: fit again with more draws" in refused.err


REFUSED = {
    "no record": (["fit", "textbook"], "has no record", "add 'record:'"),
    "no place": (["fit", "small.yaml", "--output", "p.txt"], "no place for a posterior", "something.nc"),
    "no posterior": (["audit", "small.yaml", "--posterior", "p.nc"], "no such file", "foedus fit"),
    "no method": (["fit", "small.yaml", "--method", "guess"], "guess", "--help"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(folder: Path, case: tuple[list[str], str, str]) -> None:
    arguments, what, fix = case
    done = foedus(*arguments, cwd=folder)
    assert done.code == 2
    assert what in done.err
    assert fix in done.err
    assert done.out == ""


def test_an_event_after_the_vantage_is_refused_at_its_line(tmp_path: Path) -> None:
    write_small(tmp_path, SCENARIO, RECORD.replace("use: test", "use: fit"))
    line = 1 + RECORD.splitlines().index("    use: test")
    for command in (["fit", "small.yaml"], ["check", "small.yaml"]):
        done = foedus(*command, cwd=tmp_path)
        assert done.code == 2
        assert f"record.yaml:{line}" in done.err
        assert "after the vantage 2020-01-01" in done.err


def test_check_counts_the_record(folder: Path) -> None:
    assert "a record of 3 events" in foedus("check", "small.yaml", cwd=folder).out
