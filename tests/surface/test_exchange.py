"""`export`, `import` and `--tables`, as people start them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from command import foedus

from foedus.explanations.argdown import from_argdown
from foedus.explanations.graph import graph_of
from foedus.scenario.loader import load_scenario


def test_the_argument_goes_out_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "argument.argdown"
    done = foedus("export", "karabakh-2020", "--to", "argdown", "--output", path)
    assert (done.code, done.out, done.err) == (0, f"wrote {path}\n", "")
    graph, scenario = from_argdown(path.read_text("utf-8")), load_scenario("karabakh-2020")
    whole = graph_of(scenario)
    assert all(set(graph.supporters(id)) == set(whole.supporters(id)) for id in whole.claims)
    assert all(set(graph.attackers(id)) == set(whole.attackers(id)) for id in whole.claims)
    claims = yaml.safe_load(foedus("import", path).out)["claims"]
    assert {c["id"]: c["text"] for c in claims} == {c.id: " ".join(c.text.split()) for c in scenario.claims}
    assert {c["id"]: set(c.get("supports", [])) for c in claims} == {c.id: set(c.supports) for c in scenario.claims}


def test_a_game_for_gambit() -> None:
    done = foedus("export", "textbook", "--to", "efg")
    assert done.code == 0
    assert done.out.startswith("EFG 2 R ")
    lines = [line for line in done.out.splitlines() if line[:2] in ("t ", "p ", "c ")]
    labels = [line.split('" ')[0] for line in lines]
    assert len(set(labels)) == len(labels)
    assert all((line.endswith("}")) == line.startswith("t ") for line in lines)  # payoffs at the ends and only there


def test_one_table_and_all(tmp_path: Path) -> None:
    one = foedus("export", "textbook", "--to", "csv", "--table", "measures")
    rows = list(csv.DictReader(one.out.splitlines()))
    assert float(next(r["value"] for r in rows if r["measure"] == "reliability")) == pytest.approx(0.453041, abs=1e-6)
    every = foedus("export", "textbook", "--to", "latex", "--output", tmp_path / "paper")
    assert every.out.startswith("wrote 10 tables to ")
    assert all(path.suffix == ".tex" for path in (tmp_path / "paper").iterdir())


@pytest.mark.parametrize("command", [("audit",), ("solve",)])
def test_a_command_leaves_its_tables(command: tuple[str, ...], tmp_path: Path) -> None:
    done = foedus(*command, "textbook", "--json", "--tables", tmp_path / "out")
    assert done.code == 0
    json.loads(done.out)
    assert done.err.startswith("wrote ")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {path.rpartition(".")[2] for path in names} == {"csv", "tex"}


@pytest.mark.parametrize(
    ("args", "what", "fix"),
    [
        (("export", "textbook", "--to", "csv"), "all tables want a folder", "--table NAME"),
        (("export", "textbook", "--to", "efg", "--table", "claims"), "--table is for csv and latex", "leave it out"),
        (("export", "textbook", "--to", "csv", "--table", "clams"), "no table 'clams'", "did you mean 'claims'?"),
        (("export", "textbook", "--to", "gambit"), "'gambit' is not one of", "export --help"),
        (("import", "missing.argdown"), "missing.argdown: cannot read the file", "check the path"),
        (("audit", "textbook", "--tables", "no/such"), "the folder around it does not exist", "make it first"),
    ],
)
def test_bad_input(args: tuple[str, ...], what: str, fix: str, tmp_path: Path) -> None:
    done = foedus(*args, cwd=tmp_path)
    assert done.code == 2
    assert done.out == ""
    message, hint = done.err.splitlines()
    assert what in message
    assert fix in hint


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("just prose", "standard input: no statement is in the file"),
        ("+ [a]: loose", "standard input:1: a relation stands below no statement"),
        ("[a]: one\n  + [b]\n\n[b]: two\n  + [a]\n", "standard input: the support of 'a' goes round in a circle"),
        ("[a]: \x1b[31mred", "standard input:1: a control character stands in the text"),
        (b"\xff\xfe", "standard input:1: not text: this is no UTF-8"),
    ],
)
def test_bad_argdown(text: str | bytes, what: str) -> None:
    done = foedus("import", "-", text=text)
    assert done.code == 2
    assert what in done.err
