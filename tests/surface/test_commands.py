"""Every command runs on a shipped scenario and says what it promises to say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command import SCENARIO, changed, foedus

from foedus import __version__

COMMANDS = (
    "audit",
    "solve",
    "show",
    "check",
    "list",
    "cite",
    "run",
    "runs",
    "replay",
    "sweep",
    "report",
    "explore",
    "explain",
    "compare",
    "fit",
    "backtest",
    "export",
    "import",
    "data",
    "new",
    "stress",
    "schema",
    "completion",
)
SETS = """
prior_sets:
  reference: {meaning: as given}
  harsh: {meaning: more is demanded, numbers: {d: {prior: 0.6 to 0.9, source: constructed}}}
policies:
"""
UNCERTAIN = changed(
    SCENARIO,
    ("d: {value: 0.5,", 'd: {prior: "0.3 to 0.7",'),
    ("policies:\n", SETS),
    ("draws: 100", "draws: 400\ntensions: [{claims: [t1, t3], why: they seldom meet}]"),
)  # fmt: skip


@pytest.fixture(scope="module")
def uncertain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("uncertain") / "uncertain.yaml"
    path.write_text(UNCERTAIN, "utf-8")
    return path


def loaded(*args: str | Path, text: str | None = None) -> Any:
    done = foedus(*args, text=text)
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command: str) -> None:
    done = foedus(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: foedus {command}")


def test_help_lists_every_command_in_one_line_each() -> None:
    done = foedus("--help")
    assert done.code == 0
    listed = done.out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert not any(line.endswith("...") for line in listed)


def test_version() -> None:
    assert foedus("--version").out == f"foedus {__version__}\n"


def test_audit_json() -> None:
    found = loaded("audit", "textbook", "--json")
    wanted = "scenario digest protocol version seed draws failures prior_sets claims tensions"
    assert set(wanted.split()) <= set(found)
    assert [c["id"] for c in found["claims"]] == ["t1", "t2", "t3"]
    keys = "id role text verdict probability interval by_prior assumed record carried_by"
    assert all(set(keys.split()) <= set(c) for c in found["claims"])
    assert [c["verdict"] for c in found["claims"]] == ["entailed", "entailed", "contradicted"]


def test_audit_json_of_uncertain_numbers(uncertain: Path) -> None:
    found = loaded("audit", uncertain, "--json", "--draws", "600", "--seed", "7")
    assert (found["draws"], found["seed"], found["prior_sets"]) == (600, 7, ["reference", "harsh"])
    assert {"claims", "joint", "independent"} <= set(found["tensions"][0])
    assert all(set(c["by_prior"]) == {"reference", "harsh"} for c in found["claims"])


def test_workers_do_not_matter(uncertain: Path) -> None:
    one, two = (loaded("audit", uncertain, "--json", "--workers", n) for n in ("1", "3"))
    assert one == two


@pytest.mark.parametrize("width", ["80", "140"])
def test_audit_for_people(uncertain: Path, width: str) -> None:
    done = foedus("audit", uncertain, "--seed", "7", COLUMNS=width)
    assert (done.code, done.err) == (0, "")
    for words in (
        "The textbook crisis",
        "t1",
        "harsh",
        "tested",
        "carried by",
        "record",
        "Tensions",
        "No draw failed.",
        "not about history",
    ):
        assert words in done.out
    assert (
        len(re.findall(r"[●◕◑◔○×?] (?:entailed|likely|contingent|unlikely|contradicted|unresolved)$", done.out, re.MULTILINE))
        == 3
    )
    assert done.out.endswith(f"again: foedus audit {uncertain} --draws 400 --seed 7\n")


def test_the_command_that_it_prints_gives_the_same(uncertain: Path) -> None:
    import shlex

    first = foedus("audit", uncertain.name, "--set", "d=0.3 to 0.6", "--seed", "3", "--draws", "500", cwd=uncertain.parent)
    command = shlex.split(first.out.partition("again: ")[2])
    assert command[0] == "foedus"
    assert foedus(*command[1:], cwd=uncertain.parent).out == first.out


def test_timing_is_told_on_standard_error() -> None:
    done = foedus("audit", "textbook", "--timing")
    assert re.fullmatch(r"import \d+\.\d+ s  build \d+\.\d+ s  evaluate \d+\.\d+ s  print \d+\.\d+ s\n", done.err)


def test_solve_json() -> None:
    found = loaded("solve", "textbook", "--json")
    assert found["lambda"] == 4
    assert {"path", "player", "type", "actions"} <= set(found["nodes"][0])
    assert found["nodes"][0]["actions"]["press"] == pytest.approx(0.742223, abs=1e-6)
    assert set(found["payoffs"]) == {"rival", "client", "patron"}
    after = [b["posterior"] for b in found["beliefs"] if (b["action"], b["type"]) == ("back", "high")]
    assert after == [pytest.approx(0.639883, abs=1e-6)]


def test_solve_with_changes() -> None:
    found = loaded("solve", "textbook", "--json", "--set", "rho=0.9", "--set", "d=0.2 to 0.4")
    assert found["beliefs"][0]["prior"] == 0.9
    assert loaded("solve", "textbook", "--json", "--limit")["lambda"] is None


def test_solve_under_another_prior_set(uncertain: Path) -> None:
    mild, harsh = (loaded("solve", uncertain, "--json", "--at", name)["measures"]["security"] for name in ("reference", "harsh"))
    assert mild > harsh


def test_solve_for_people() -> None:
    done = foedus("solve", "textbook")
    assert (done.code, done.err) == (0, "")
    for words in ("Decisions", "Rival (onset)", "0.74", "Expected payoffs", "Beliefs", "Measures", "probability of war"):
        assert words in done.out


def test_show() -> None:
    done = foedus("show", "textbook")
    assert (done.code, done.err) == (0, "")
    branches = [
        line
        for line in done.out.partition("The game tree")[2].partition("Promises")[0].splitlines()
        if re.search(r"\d\.\d\d", line)
    ]
    assert len(branches) == 25  # every action at every position
    for words in ("the weaker ally", "hold *", "Patron (help)", "accused"):
        assert words in done.out


def test_show_indexed_measures_and_levers() -> None:
    done = foedus("show", "karabakh-2020")
    assert done.code == 0
    for words in ("By channel", "arms", "exposure", "diversify"):
        assert words in done.out


def test_show_as_svg(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    done = foedus("show", "karabakh-2020", "--svg", tmp_path / "tree.svg")
    assert (done.code, done.err) == (0, "")
    root = ElementTree.parse(tmp_path / "tree.svg").getroot()
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert root.find("{http://www.w3.org/2000/svg}desc") is not None
    assert [p.name for p in tmp_path.iterdir()] == ["tree.svg"]


@pytest.mark.parametrize("name", ["textbook", "karabakh-2020", "core", "intervention"])
def test_check_shipped(name: str) -> None:
    done = foedus("check", name)
    assert done.code == 0
    assert done.out.startswith("ok: the ")


def test_standard_input() -> None:
    assert foedus("check", "-", text=SCENARIO).out.startswith("ok: the scenario 'textbook'")
    assert loaded("solve", "-", "--json", text=SCENARIO)["scenario"] == "textbook"


@pytest.mark.parametrize("ending", [".nc"])
def test_run(tmp_path: Path, ending: str) -> None:
    import xarray as xr

    target = tmp_path / f"out{ending}"
    done = foedus(
        "run", "karabakh-2020", "--output", target, "--draws", "40", "--policy", "hold", "--policy", "deepen", "--crises", "2"
    )
    assert done.code == 0, done.err
    assert "crisis 2" in done.out
    assert "deepen" in done.out
    with xr.open_dataset(target, engine="h5netcdf") as found:
        assert dict(found.sizes) | {"draw": 40, "policy": 2, "crisis": 2} == dict(found.sizes)


def test_run_refuses_other_endings(tmp_path: Path) -> None:
    done = foedus("run", "textbook", "--output", tmp_path / "out.csv")
    assert done.code == 2
    assert ".nc" in done.err


def test_list() -> None:
    found = loaded("list", "--json")
    assert {"textbook", "karabakh-2020"} <= {s["name"] for s in found["scenarios"]}
    assert {"core", "intervention"} <= {p["name"] for p in found["protocols"]}
    assert all(e["title"] and e.get("protocol", "-") for e in [*found["scenarios"], *found["protocols"]])
    overlays = [s for s in found["scenarios"] if "base" in s]
    assert len(overlays) >= 12 and [s["vantage"] for s in overlays] == sorted(s["vantage"] for s in overlays)
    assert "Gallery (overlays of triad, by year)" in foedus("list").out
    assert "The textbook crisis" in foedus("list").out


def test_show_prints_the_tree_as_data() -> None:
    found = loaded("show", "textbook", "--json")
    assert [a["role"] for a in found["actors"]] == ["rival", "client", "patron"]
    onset = found["tree"]
    assert onset["node"] == "onset" and sum(t["probability"] for t in onset["twigs"]) == pytest.approx(1)
    solved = {n["node"]: n for n in loaded("solve", "textbook", "--json")["nodes"]}
    assert {t["action"]: t["probability"] for t in onset["twigs"]} == pytest.approx(solved["onset"]["actions"])
    assert {p["name"] for p in found["promises"]} == {"aid"}


def test_check_prints_what_it_found_as_data(tmp_path: Path) -> None:
    path = tmp_path / "loose.yaml"
    path.write_text(
        changed(SCENARIO, ("sources:\n", 'sources:\n  idle: {publication: Nobody reads this, date: "1999"}\n')), "utf-8"
    )
    found = loaded("check", path, "--json")
    assert found["kind"] == "scenario" and any("number" in count for count in found["counts"])
    assert any("idle" in warning["what"] for warning in found["warnings"])


def test_cite_alone_says_how_to_cite_foedus() -> None:
    assert __version__ in foedus("cite").out
    assert "@software{foedus" in foedus("cite", "--format", "bibtex").out
    assert not loaded("cite", "--json")["works"]
    assert loaded("cite", "textbook", "--json")["works"]


def test_cite_names_only_what_is_used() -> None:
    extra = changed(
        SCENARIO, ("sources:\n", "sources:\n  idle: {publication: Nobody reads this, date: 1999}\n".replace("1999", '"1999"'))
    )
    done = foedus("cite", "-", text=extra)
    assert done.code == 0
    assert "McKelvey" in done.out
    assert "constructed example" in done.out
    assert "Nobody reads this" not in done.out


def test_report(tmp_path: Path, uncertain: Path) -> None:
    target = tmp_path / "report.html"
    done = foedus("report", uncertain, "--output", target)
    assert (done.code, done.err) == (0, "")
    page = target.read_text("utf-8")
    for words in ("The textbook crisis", "<svg", "harsh", "They seldom meet".lower(), "McKelvey", "again"):
        assert words in page
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)", page)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_report_is_the_same_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "r.html", tmp_path / "b" / "r.html"
    for target in (first, second):
        target.parent.mkdir()
        assert foedus("report", "textbook", "--output", target.name, cwd=target.parent).code == 0
    assert first.read_bytes() == second.read_bytes()


def test_report_replaces_a_file_but_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("old")
    assert foedus("report", "textbook", "--output", tmp_path / "old.html").code == 0
    assert (tmp_path / "old.html").read_text("utf-8") != "old"
    done = foedus("report", "textbook", "--output", tmp_path)
    assert done.code == 2
    assert "this is a folder" in done.err
    assert foedus("report", "textbook", "--output", tmp_path / "none" / "r.html").code == 2
