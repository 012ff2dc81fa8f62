"""The wheel and the sdist: whole, installable, and enough for a newcomer who follows README and tutorial word for word."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from test_docs import ALL, ROOT, Block, commands, pattern
from test_readme import copied, fresh

PIP = [str(Path(sys.base_prefix, "bin", "python3")), "-m", "pip"]
PAGES = ("README.md", "tutorial.md")
SUPPORTED = ("3.11", "3.12", "3.13")
PYTHONS = "FOEDUS_PYTHONS"  # interpreters that are not on the path, as their programs with a colon between them (on Windows ;)
RUNNING = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist, made from what a checkout would hold."""
    tree = copied(tmp_path_factory.mktemp("tree"))
    made = tmp_path_factory.mktemp("dist")
    for kind in ("wheel", "sdist"):
        build = f"from flit_core.buildapi import build_{kind}; print(build_{kind}({str(made)!r}))"
        subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    return next(made.glob("*.whl")), next(made.glob("*.tar.gz"))


def interpreter(version: str) -> str:
    """The program of a Python: this one, one that the user names, or one on the path."""
    named = [sys.executable if version == RUNNING else "", *os.environ.get(PYTHONS, "").split(os.pathsep)]
    for one in filter(None, [*named, shutil.which(f"python{version}")]):
        asked = [one, "-c", "import sys; print('.'.join(map(str, sys.version_info[:2])))"]
        if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return one
    pytest.skip(f"no Python {version} on the path or in {PYTHONS}")


def install(home: Path, *what: str, python: str = sys.executable, variables: dict[str, str] | None = None) -> Path:
    """A fresh environment with these packages; its folder of programs."""
    folder = home / "venv"
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if python == sys.executable:
        venv.create(folder, with_pip=False)
        pip = [*PIP, "--python", str(programs / "python")]
    else:  # its own pip: that of another Python may not run there
        made = subprocess.run([python, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"{python} makes no environments: {made.stdout.strip().splitlines()[:1]}")
        pip = [str(programs / "python"), "-m", "pip"]
    options = ["install", "-q", "--disable-pip-version-check", *what]
    done = subprocess.run([*pip, *options], env=os.environ | (variables or {}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return programs


@pytest.fixture(scope="session")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it needs, nothing else."""
    return install(tmp_path_factory.mktemp("home"), str(built[0]))


def test_the_wheel_holds_the_whole_package(built: tuple[Path, Path]) -> None:
    tracked = subprocess.run(["git", "ls-files", "src/foedus"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = {name.removeprefix("src/") for name in tracked.split() if (ROOT / name).is_file()}
    with zipfile.ZipFile(built[0]) as wheel:
        held = {name for name in wheel.namelist() if not name.partition("/")[0].endswith(".dist-info")}
    assert held == wanted
    assert "foedus/py.typed" in held


def test_the_sdist_holds_what_its_tests_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sdist:
        tops = {name.split("/")[1] for name in sdist.getnames() if name.count("/")}
    assert {"src", "tests", "docs", "benchmarks", "locks", "tasks.py", "pyproject.toml", "LICENSE", "CHANGELOG.md"} <= tops


def followed(blocks: Sequence[Block], programs: Path, folder: Path, home: Path) -> list[str]:
    """Where the text shows something else than a newcomer sees who types each command."""
    kept = {k: v for k, v in fresh(home).items() if k != "PYTHONPATH"}
    variables = kept | {"PATH": f"{programs}{os.pathsep}{kept['PATH']}", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    differing = []
    for block in blocks:
        if block.mark == "file":
            (folder / block.argument).write_text(block.text + "\n", "utf-8")
        if block.mark != "run" or block.language != "console":
            continue
        for command, shown in commands(block):
            done = subprocess.run(
                shlex.split(command), cwd=folder, env=variables, capture_output=True, encoding="utf-8", check=False
            )
            found = "\n".join(line.rstrip() for line in (done.stdout + done.stderr).rstrip().splitlines())
            if not re.fullmatch(pattern(shown), found):
                differing.append(f"{block}: $ {command}\n--- shown\n{shown}\n--- found\n{found}")
    return differing


@pytest.mark.parametrize("page", PAGES)
def test_a_newcomer_sees_what_the_text_says(page: str, installed: Path, tmp_path: Path) -> None:
    blocks = [block for block in ALL if block.document.name == page]
    assert any(block.mark == "run" for block in blocks)
    assert followed(blocks, installed, tmp_path, tmp_path / "home") == []


def test_a_light_install_is_light(installed: Path) -> None:
    """What only some commands need is in extras."""
    done = subprocess.run([*PIP, "--python", str(installed / "python"), "freeze"], check=True, capture_output=True, text=True)
    names = {line.partition("==")[0].partition(" ")[0].lower() for line in done.stdout.split("\n") if line}
    extras = {"arviz", "dash", "dask", "distributed", "hypothesis", "matplotlib", "nutpie", "pyarrow", "sphinx", "zarr"}
    assert not names & extras


@pytest.mark.parametrize("version", [v for v in SUPPORTED if v != RUNNING])
def test_the_wheel_runs_on_every_supported_python(version: str, built: tuple[Path, Path], tmp_path: Path) -> None:
    """On what locks/base.txt pins, without a warning; all the tests there are the slow test below."""
    python = interpreter(version)
    programs = install(tmp_path, "--no-deps", "-r", str(ROOT / "locks" / "base.txt"), str(built[0]), python=python)
    done = subprocess.run(
        [str(programs / "python"), "-W", "error", "-m", "foedus", "audit", "textbook"],
        cwd=tmp_path, env=fresh(tmp_path / "home"), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "In short" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("version", "lowest"), [*((v, False) for v in SUPPORTED), (SUPPORTED[0], True)])
def test_the_tests_pass_without_the_source_tree(version: str, lowest: bool, built: tuple[Path, Path], tmp_path: Path) -> None:
    """On each Python with what is pinned, and on the oldest with the lowest versions that pyproject.toml allows."""
    python = interpreter(version)
    with tarfile.open(built[1]) as sdist:
        sdist.extractall(tmp_path, filter="data")
    tree = next(path for path in tmp_path.iterdir() if path.is_dir())
    shutil.rmtree(tree / "src")
    pins = lowest_versions(tree) if lowest else locked(tree)
    (tmp_path / "pins.txt").write_text("\n".join(pins) + "\n", "utf-8")
    wanted = [f"{built[0]}[{','.join(EXTRAS)}]", *TOOLS, "-c"] if lowest else [str(built[0]), "--no-deps", "-r"]
    programs = install(tmp_path, *wanted, str(tmp_path / "pins.txt"), python=python)
    quick = ["tests/unit", "tests/laws", "tests/published", "tests/golden"]
    relaxed = ["-W", "default"] if lowest else []  # what old versions warn of is not ours
    done = subprocess.run(
        [str(programs / "python"), "-m", "pytest", "-q", "-n", "2", *relaxed, *quick],
        cwd=tree, env=fresh(tmp_path / "home"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


EXTRAS = ("cluster", "data", "explore", "fit", "runs", "testing", "watch")
TOOLS = ("pytest", "pytest-xdist", "jsonschema", "import-linter")


def locked(tree: Path) -> list[str]:
    """What is pinned, without the solver that is compiled for minutes and that only tests/oracle asks."""
    lines = (tree / "locks" / "test.txt").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("pygambit")]


def lowest_versions(tree: Path) -> list[str]:
    """The lowest versions of the direct dependencies that pyproject.toml allows, as constraints."""
    declared = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*declared["dependencies"], *(d for extra in EXTRAS for d in declared["optional-dependencies"][extra])]
    return [re.sub(r"\[[^]]*\]", "", one.partition(",")[0]).replace(">=", "==") for one in wanted]
