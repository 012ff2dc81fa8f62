"""Runs from the command line: into a folder, on after a crash, looked at, compared, removed; sweeps and replays."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from command import SCENARIO, Finished, changed, foedus

from foedus import datasets, runs
from foedus.runs.folder import Folder
from foedus.runs.locks import locked

UNCERTAIN = changed(SCENARIO, ("d: {value: 0.5,", 'd: {prior: "0.3 to 0.7",'))
unix = pytest.mark.skipif(sys.platform == "win32", reason="sends signals, sets limits")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(UNCERTAIN, "utf-8")
    return tmp_path


def done(result: Finished) -> Finished:
    assert (result.code, result.err) == (0, "")
    return result


def chunks(into: Path) -> dict[str, bytes]:
    return {str(p.relative_to(into)): p.read_bytes() for p in into.rglob("*") if {"c", "nodes"} & {*p.parts} and p.is_file()}


def test_into_a_folder_and_into_a_file_go_the_same_draws(here: Path) -> None:
    first = done(foedus("run", "mine.yaml", "--output", "run", "--draws", "300", cwd=here))
    second = done(foedus("run", "mine.yaml", "--output", "run.nc", "--draws", "300", cwd=here))
    assert first.out.replace("wrote run", "") == second.out.replace("wrote run.nc", "")
    with xr.open_dataset(here / "run.nc") as a, xr.open_zarr(here / "run") as b:
        for name in a.data_vars:
            np.testing.assert_array_equal(a[name].values, b[name].values)


def test_show_list_diff_remove(here: Path) -> None:
    for name, draws in (("one", "300"), ("two", "400")):
        done(foedus("run", "mine.yaml", "--output", name, "--draws", draws, "--chunk", "128", cwd=here))
    listed = json.loads(done(foedus("runs", "list", "--json", cwd=here)).out)
    assert [(r["run"], r["status"], r["draws"]) for r in listed] == [("one", "complete", 300), ("two", "complete", 400)]
    assert "complete" in done(foedus("runs", "list", cwd=here)).out
    told = json.loads(done(foedus("runs", "show", "one", "--json", "--verify", cwd=here)).out)
    assert (told["done"], told["failures"], told["kind"]) == (300, 0, "draws")
    assert "foedus run mine.yaml --output one --draws 300 --chunk 128" in " ".join(
        done(foedus("runs", "show", "one", cwd=here)).out.split()
    )
    apart = json.loads(done(foedus("runs", "diff", "one", "two", "--json", cwd=here)).out)
    assert (apart["same"], list(apart["changed"])) == (True, ["draws"])
    assert "the same to the bit" in done(foedus("runs", "diff", "one", "two", cwd=here)).out
    asked = foedus("runs", "remove", "one", cwd=here)
    assert (asked.code, (here / "one").exists()) == (2, True)
    done(foedus("runs", "remove", "one", "--yes", cwd=here))
    assert not (here / "one").exists()


def test_a_damaged_run_says_so_and_is_mended(here: Path) -> None:
    done(foedus("run", "mine.yaml", "--output", "run", "--draws", "300", "--chunk", "100", cwd=here))
    before, path = chunks(here / "run"), here / "run" / "war" / "c" / "0" / "0" / "1"
    path.write_bytes(path.read_bytes()[:8] + b"\xff" + path.read_bytes()[9:])
    bad = foedus("runs", "show", "run", "--verify", cwd=here)
    assert bad.code == 2
    assert "1 chunks are damaged: 1" in bad.err
    done(foedus("run", "mine.yaml", "--output", "run", "--draws", "300", "--resume", cwd=here))
    assert chunks(here / "run") == before


def test_a_changed_scenario_is_refused_with_the_reason(here: Path) -> None:
    done(foedus("run", "mine.yaml", "--output", "run", "--draws", "300", cwd=here))
    bad = foedus("run", "mine.yaml", "--output", "run", "--draws", "300", "--set", "d=0.4", "--resume", cwd=here)
    assert bad.code == 2
    assert "cannot go on: the scenario or its protocol changed, from " in bad.err


def test_two_writers(here: Path) -> None:
    done(foedus("run", "mine.yaml", "--output", "run", "--draws", "300", cwd=here))
    with locked(here / "run"):
        bad = foedus("run", "mine.yaml", "--output", "run", "--draws", "300", "--resume", cwd=here)
    assert (bad.code, "another process is writing to this run" in bad.err) == (2, True)


def test_summary(here: Path) -> None:
    done(foedus("run", "mine.yaml", "--output", "run", "--draws", "5000", "--summary", cwd=here))
    told = json.loads(done(foedus("runs", "show", "run", "--json", cwd=here)).out)
    assert told["done"] == 5000
    war = next(r for r in told["records"] if r["name"] == "war")
    assert war["least"] < war["q05"] < war["mean"] < war["q95"] < war["most"]
    assert set(told["claims"]) == {"t1", "t2", "t3"}
    assert told["claims"]["t3"]["reference"]["high"] < 0.01


def test_until(here: Path) -> None:
    out = done(foedus("run", "mine.yaml", "--output", "run", "--until", "±0.01", "--draws", "200000", cwd=here)).out
    assert "95% together, at whatever number of draws one looks" in out
    assert json.loads(done(foedus("runs", "show", "run", "--json", cwd=here)).out)["done"] == 65_536


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "textbook", "--output", "x.nc", "--resume"], "--resume is for a run's folder"),
        (["run", "textbook", "--output", "x", "--until", "lots"], "this is no accuracy"),
        (["run", "textbook", "--output", "x", "--until", "0"], "this is no accuracy"),
        (
            ["run", "textbook", "--output", "x", "--scheduler", "tcp://127.0.0.1:9", "--workers", "2"],
            "--workers is for this machine",
        ),
        (["run", "textbook", "--output", "no/x"], "the folder does not exist"),
        (["runs", "show", "."], "there is no run here"),
        (["runs", "list", "nowhere"], "no such folder"),
        (["replay", "textbook", "--draw", "5", "--policy", "hld"], "no policy 'hld'"),
        (["sweep", "--output", "x"], "no scenario to sweep"),
        (["sweep", "textbook", "--over", "d", "--output", "x"], "this is no NAME=A,B"),
        (["sweep", "textbook", "--over", "d=0:1:1", "--output", "x"], "a range wants from 2"),
        (["sweep", "textbook", "--table", "no.csv", "--output", "x"], "cannot read the table"),
        (["sweep", "nowhere", "--output", "x"], "no scenario 'nowhere'"),
        (["sweep", "textbook", "--cases", "no.csv", "--output", "x"], "cases say all"),
        (["sweep", "--cases", "no.csv", "--output", "x"], "cannot read the cases"),
        (["sweep", "--cases", "mine.yaml", "--output", "x.nc", "--table", "t.csv"], "cases say all"),
    ],
    ids=lambda v: " ".join(v[:4]) if isinstance(v, list) else "",
)
def test_bad_input(here: Path, arguments: list[str], message: str) -> None:
    bad = foedus(*arguments, cwd=here)
    assert (bad.code, bad.out) == (2, "")
    assert message in bad.err
    assert len(bad.err.splitlines()) <= 2


# --- what a machine may do to a run


def start(here: Path, *arguments: str, **how: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "foedus.cli", "run", "mine.yaml", *arguments]
    return subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def killed_again_and_again(here: Path, kills: int, *arguments: str) -> int:
    """A run that is killed at random moments until it was often enough, then let go on to its end; returns how often it was."""
    rng, count = random.Random(7), 0
    begin = time.monotonic()
    done(foedus("run", "mine.yaml", "--output", "whole", *arguments, cwd=here))
    usual = time.monotonic() - begin
    while count < kills:
        running = start(here, "--output", "run", "--resume", *arguments)
        try:
            running.wait(rng.uniform(0.1, 1.1) * usual)
            shutil.rmtree(here / "run")  # it came to its end: from the start again
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            count += 1
        for pipe in (running.stdout, running.stderr):
            assert pipe
            pipe.close()
    done(foedus("run", "mine.yaml", "--output", "run", "--resume", *arguments, cwd=here))
    return count


@unix
@pytest.mark.parametrize("kind", ["draws", "summary"])
def test_killed_at_random_moments_it_comes_to_the_same(here: Path, kind: str) -> None:
    kept = ["--draws", "400000", "--summary"] if kind == "summary" else ["--draws", "40000", "--chunk", "1000"]
    assert killed_again_and_again(here, 3, *kept) == 3
    assert chunks(here / "run") == chunks(here / "whole")


@unix
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["draws", "summary"])
def test_killed_sixty_times_it_comes_to_the_same(here: Path, kind: str) -> None:
    """Takes some minutes; last run on 2026-11-23, on Linux with two shared cores: 60 kills of each kind, the same bits."""
    kept = ["--draws", "1500000", "--summary"] if kind == "summary" else ["--draws", "100000", "--chunk", "500"]
    assert killed_again_and_again(here, 60, *kept) == 60
    assert chunks(here / "run") == chunks(here / "whole")


@unix
def test_a_lock_ends_with_the_process_that_is_killed(here: Path) -> None:
    running = start(here, "--output", "run", "--draws", "2000000", "--chunk", "1000")
    end = time.monotonic() + 60
    while not Folder(here / "run").journal() and time.monotonic() < end:
        time.sleep(0.01)
    assert Folder(here / "run").status == "running"
    other = foedus("run", "mine.yaml", "--output", "run", "--draws", "2000000", "--chunk", "1000", "--resume", cwd=here)
    assert (other.code, "another process is writing" in other.err) == (2, True)
    assert json.loads(done(foedus("runs", "show", "run", "--json", cwd=here)).out)["done"] > 0  # readable meanwhile
    running.kill()
    running.communicate()
    assert Folder(here / "run").status == "interrupted"
    with locked(here / "run"):
        pass


@unix
@pytest.mark.parametrize("kind", ["draws", "summary"])
def test_a_file_that_may_not_grow_is_one_message(here: Path, kind: str) -> None:
    """A limit on the size of files stands in for a full disk where nothing can be mounted."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    kept = ["--draws", "70000", "--summary"] if kind == "summary" else ["--draws", "3000", "--chunk", "1000"]
    running = start(here, "--output", "run", *kept, preexec_fn=limited)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 2
    assert os.strerror(errno.EFBIG) in err.decode()
    assert "--resume" in err.decode()
    done(foedus("run", "mine.yaml", "--output", "run", "--resume", *kept, cwd=here))
    done(foedus("run", "mine.yaml", "--output", "whole", *kept, cwd=here))
    assert chunks(here / "run") == chunks(here / "whole")


def small_disk(folder: Path, size: str) -> bool:
    """Mount a small disk in memory on a folder, where that is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return shutil.which("mount") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk in memory")
def test_a_full_disk_is_one_message_and_loses_nothing(here: Path) -> None:
    disk = here / "disk"
    disk.mkdir()
    if not small_disk(disk, "3m"):
        pytest.skip("mounting is not permitted here; the limit on the size of files stands in for it")
    try:
        kept = ["--draws", "30000", "--chunk", "1000"]
        full = foedus("run", "mine.yaml", "--output", "disk/run", *kept, cwd=here)
        assert full.code == 2
        assert os.strerror(errno.ENOSPC) in full.err
        assert "--resume" in full.err
        assert len(full.err.splitlines()) == 2
        written = len(Folder(disk / "run").journal())
        assert written > 0
        shutil.copytree(disk / "run", here / "run")  # more room
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    done(foedus("run", "mine.yaml", "--output", "run", "--resume", *kept, cwd=here))
    done(foedus("run", "mine.yaml", "--output", "whole", *kept, cwd=here))
    assert chunks(here / "run") == chunks(here / "whole")


AS_ANOTHER = """\
import os, sys
from foedus.cli.app import main

def run(*arguments):
    sys.argv = ["foedus", "run", "mine.yaml", "--draws", "300", "--output", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
    return 0

assert run("run") == 0  # all that is imported is, before another user may not read it
os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.stderr.write("---\\n")
assert (run("run", "--resume"), run("new")) == (2, 2)
"""


@unix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only a superuser can become another user")
def test_a_folder_of_somebody_else_is_read_and_not_written() -> None:
    package = Path(runs.__file__).resolve()
    closed = [folder for folder in package.parents if not folder.stat().st_mode & 0o001]
    if closed:
        pytest.skip(f"another user may not enter {closed[-1]}, where foedus stands")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mine.yaml").write_text(UNCERTAIN, "utf-8")
        found = subprocess.run([sys.executable, "-c", AS_ANOTHER], cwd=folder, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        errors = found.stderr.partition("---\n")[2].splitlines()
        assert [line.split(": Permission")[0] for line in errors if line.startswith("error")] == [
            "error: run: cannot write to the run",
            "error: new: cannot make the folder",
        ]
        assert sorted(p.name for p in folder.iterdir()) == ["mine.yaml", "run"]
        done(foedus("runs", "show", "run", "--verify", cwd=folder))


# --- sweeps and replays


def test_a_sweep_over_a_grid(here: Path) -> None:
    line = ["sweep", "mine.yaml", "--over", "L=0.1,0.3", "--over", "rho=0.2:0.6:3", "--draws", "200", "--workers", "1"]
    out = done(foedus(*line, "--output", "grid", cwd=here)).out
    assert "6 points" in out
    assert out.endswith("No point failed.\nwrote grid/sweep.nc\n")
    with xr.open_dataset(here / "grid" / "sweep.nc") as found:
        assert dict(found.sizes) | {"L": 2, "rho": 3, "claim": 3} == dict(found.sizes)
        np.testing.assert_allclose(found["rho"].values, [0.2, 0.4, 0.6])
        one = json.loads(
            done(foedus("solve", "mine.yaml", "--set", "L=0.3", "--set", "rho=0.4", "--set", "d=0.5", "--json", cwd=here)).out
        )
        there = float(found["quantile"].sel(L=0.3, rho=0.4, level=0.5, measure="war").isel(policy=0, crisis=0))
        assert there == pytest.approx(one["measures"]["war"], abs=0.01)


def test_points_that_fail_are_named_and_the_others_are_there(here: Path) -> None:
    (here / "broken.yaml").write_text("scenario: broken\n", "utf-8")
    (here / "harsh.yaml").write_text("overlay: mine.yaml\nmeaning: more is demanded\nset: {d: 0.9}\n", "utf-8")
    (here / "table.csv").write_text(
        "scenario,d,L\nmine.yaml,0.2,\nharsh.yaml,,0.2\nbroken.yaml,,\nmine.yaml,7,\nmine.yaml,0.2 to 0.4,0.1\n"
    )
    bad = foedus("sweep", "--table", "table.csv", "--draws", "200", "--workers", "1", "--output", "sweep", "--json", cwd=here)
    assert (bad.code, bad.err) == (2, "")
    found = json.loads(bad.out)
    assert [p["status"] for p in found["points"]] == [0, 0, 2, 2, 0]
    assert "d = 7 is outside [0, 1]" in found["points"][3]["why"]
    assert "broken.yaml" in found["points"][2]["why"]
    assert found["points"][0]["verdicts"]["t3"] == "contradicted"
    (here / "broken.yaml").write_text(UNCERTAIN, "utf-8")
    again = foedus("sweep", "--table", "table.csv", "--draws", "200", "--workers", "1", "--output", "other", "--json", cwd=here)
    assert [p["status"] for p in json.loads(again.out)["points"]] == [0, 0, 0, 2, 0]


def test_a_sweep_over_cases_locates_those_that_fail(here: Path) -> None:
    """Two coded cases, one of them with a word that the code book does not have; and a table of triads that no data speak to."""
    folder = here / "cases"
    folder.mkdir()
    coded = (Path(datasets.__file__).parent / "cases" / "suez-1956.yaml").read_text("utf-8")
    (folder / "good.yaml").write_text(coded, "utf-8")
    (folder / "odd.yaml").write_text(coded.replace("commitment: {is: ", "commitment: {is: un", 1), "utf-8")
    line = ["--draws", "100", "--workers", "1", "--no-claims", "--json"]
    found = foedus("sweep", "--cases", "cases", "--output", "coded", *line, cwd=here)
    points = json.loads(found.out)["points"]
    assert (found.code, [p["status"] for p in points]) == (2, [0, 2])
    assert "odd.yaml:" in points[1]["why"]
    (here / "triads.csv").write_text("client,patron,rival,year\nGEO,USA,XXX,2008\nGEO,USA,RUS,long ago\n", "utf-8")
    found = foedus("sweep", "--cases", "triads.csv", "--output", "triads", *line, cwd=here)
    points = json.loads(found.out)["points"]
    assert (found.code, [p["status"] for p in points]) == (2, [2, 2])
    assert "triads.csv:3" in points[1]["why"]
    assert "this is no year" in points[1]["why"]


def test_a_sweep_goes_on(here: Path) -> None:
    line = [
        "sweep",
        "mine.yaml",
        "--over",
        "L=0.1,0.2,0.3",
        "--draws",
        "200",
        "--workers",
        "1",
        "--no-claims",
        "--output",
        "sweep",
    ]
    done(foedus(*line, cwd=here))
    before = (here / "sweep" / "points" / "000001.nc").read_bytes()
    (here / "sweep" / "points" / "000001.nc").write_bytes(before[:-1])
    told = foedus("runs", "show", "sweep", "--verify", cwd=here)
    assert (told.code, "1 chunks are damaged: 1" in told.err) == (2, True)
    done(foedus(*line, "--resume", cwd=here))
    assert "3 of 3" in done(foedus("runs", "show", "sweep", "--verify", cwd=here)).out
    bad = foedus(*[*line[:3], "L=0.1,0.2", *line[4:]], "--resume", cwd=here)
    assert (bad.code, "cannot go on" in bad.err) == (2, True)


def test_a_replay_tells_what_the_run_holds(here: Path) -> None:
    done(foedus("run", "karabakh-2020", "--output", "run", "--draws", "60", "--play", "sampled", cwd=here))
    line = ["replay", "karabakh-2020", "--draw", "41", "--run", "run", "--policy", "deepen"]
    told = json.loads(done(foedus(*line, "--json", cwd=here)).out)
    assert (told["difference_from_run"], told["play"], len(told["crises"])) == (0, "sampled", 3)
    with xr.open_zarr(here / "run") as run:
        for k, crisis in enumerate(told["crises"]):
            one = run.sel(policy="deepen").isel(draw=41, crisis=k)
            assert crisis["marks"] == {name: float(one[f"mark_{name}"]) for name in crisis["marks"]}
    words = done(foedus(*line, cwd=here)).out
    assert "crisis 2: Azerbaijan " in " ".join(words.split())
    assert words.endswith("The same to the bit as what the run holds.\n")


def test_a_replay_without_a_run() -> None:
    words = " ".join(done(foedus("replay", "textbook", "--draw", "3", "--play", "expected")).out.split())
    assert "crisis 1: Rival holds (0.26) (the most probable play, 0.26)." in words
