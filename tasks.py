"""Everything one does with a checkout, one command each; only Python 3.11 and pip are needed beforehand.

    python3 tasks.py run ARGS...          the foedus command: `python3 tasks.py run audit karabakh-2020`
    python3 tasks.py test [--slow] [ARGS] check, then the tests; ARGS go to pytest
    python3 tasks.py check                format, lint, types, layers, docs
    python3 tasks.py docs                 do the documents agree with each other and with the tree?
    python3 tasks.py site [FOLDER]        the documentation as pages, built strictly, into build/site
    python3 tasks.py format               rewrite the code in the house format, and the picture of the layers
    python3 tasks.py bench [NAME] [ARGS]  the benchmarks
    python3 tasks.py pictures             take the pictures of the documents anew, in a browser
    python3 tasks.py setup                only make the environment, with everything that the tests need
    python3 tasks.py lock [--upgrade]     resolve the dependencies anew into locks/
    python3 tasks.py fuzz [READER] [ARGS] give every reader of files many inputs, guided by coverage: see tests/fuzz/fuzz.py
    python3 tasks.py coverage [--slow] [ARGS]  the tests with every branch watched: which did none of them take? (~20 min)
    python3 tasks.py mutants              small changes of the solver and the verdicts: which does no test notice? (~5 min)
    python3 tasks.py advisories           is any pinned package known to be vulnerable? Needs the network

The environment is `.venv` beside this file, made from locks/ on first use, and again when the locks or the dependencies change.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "locks"
STAMP = VENV / "foedus.json"

# What is installed for what: the command needs few packages, so it starts without waiting for the test tools.
BASE, TEST = "base", "test"

# Any of these does for the tests of the report and the explorer
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")

WIDE = 120  # columns of the picture of the layers

# What a build needs is pinned too: pip's old and new name for the option.
PINNED = {"PIP_CONSTRAINT": str(LOCKS / "build.txt"), "PIP_BUILD_CONSTRAINT": str(LOCKS / "build.txt")}


# --- the environment -----------------------------------------------------------------------------------------------------------


def identity() -> str:
    """What the environment depends on: place, interpreter, locks, and how the project is built."""
    declared = pyproject()
    parts = [str(ROOT), sys.version, json.dumps([declared["build-system"], declared["project"]], sort_keys=True)]
    parts += [path.read_text("utf-8") for path in sorted(LOCKS.glob("*.txt"))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def installed(key: str) -> list[str]:
    """The sets that finished installations with this identity hold."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return list(stamp["sets"]) if stamp["identity"] == key else []


def ready(wanted: str) -> None:
    """Make `.venv` hold the wanted set, doing only what is missing."""
    key = identity()
    have = installed(key)
    if BASE not in have:
        say("making .venv and installing locks/base.txt")
        make(VENV)
        pip("-r", "locks/base.txt", "-e", ".", variables=PINNED)
        have = stamp(key, [BASE])
    if wanted not in have:
        say(f"installing locks/{wanted}.txt; pygambit may have to be compiled: about two minutes, once")
        programs()
        # pygambit is an oracle on small games: quick to compile matters, quick to run does not
        pip("-r", f"locks/{wanted}.txt", variables=PINNED | {"CFLAGS": "-O0 -g0", "CXXFLAGS": "-O0 -g0"})
        stamp(key, [*have, wanted])


def stamp(key: str, sets: list[str]) -> list[str]:
    """Note what `.venv` now holds."""
    STAMP.write_text(json.dumps({"identity": key, "sets": sets}), "utf-8")
    return sets


def make(folder: Path) -> None:
    """An empty environment; where this interpreter has pip, it needs none of its own, and no ensurepip."""
    venv.create(folder, clear=True, symlinks=os.name != "nt", with_pip=not importlib.util.find_spec("pip"))


def pip(*args: str, folder: Path = VENV, variables: dict[str, str] | None = None) -> None:
    """Install into an environment exactly what is asked for."""
    outer = importlib.util.find_spec("pip")
    inner = program("python", folder)
    command = [sys.executable, "-m", "pip", "--python", inner] if outer else [inner, "-m", "pip"]
    quiet = ["-qq", "--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--no-compile"]
    call([*command, "install", *quiet, "--no-deps", *args], os.environ | (variables or {}))


def programs() -> None:
    """What the tests need besides Python, from apt where it is missing and can be installed.

    That is what pygambit is compiled with, a browser, and letters for it to write with.
    """
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    there = {
        "g++": bool(shutil.which("g++")),
        "python3-dev": header.exists(),
        "chromium": any(map(shutil.which, BROWSERS)),
        "fonts-dejavu-core": Path("/usr/share/fonts").is_dir(),
    }
    missing = [name for name, found in there.items() if not found]
    if not missing or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    say(f"installing {' '.join(missing)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update", "-qq"], quiet)
    call(["apt-get", "install", "-qq", "--no-install-recommends", *missing], quiet)


# --- running things ------------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """One line to the user; standard output stays the command's own."""
    print(f"tasks: {text}", file=sys.stderr, flush=True)


def pyproject() -> dict[str, Any]:
    """What pyproject.toml declares."""
    import tomllib  # not in the Pythons that main turns away

    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def program(name: str, folder: Path = VENV) -> str:
    """A command of an environment."""
    return str(folder / "Scripts" / f"{name}.exe" if os.name == "nt" else folder / "bin" / name)


def call(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Run a command in the checkout; leave with its exit code when it fails."""
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code:
        say(f"failed ({code}): {' '.join(map(str, command[:6]))}")
        sys.exit(code)


def become(command: Sequence[str]) -> NoReturn:
    """Let a command take over, in the caller's folder, with its own exit code and signals."""
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], list(command))


# --- the tasks -----------------------------------------------------------------------------------------------------------------


def run(args: list[str]) -> None:
    """The foedus command."""
    ready(BASE)
    become([program("foedus"), *args])


def setup(_: list[str]) -> None:
    """Only make the environment."""
    ready(TEST)


def check(_: list[str]) -> None:
    """Format, lint, types, layers, docs: all of them, so that one look shows every fault."""
    ready(TEST)
    commands = (
        [program("ruff"), "format", "--check", "--quiet", "."],
        [program("ruff"), "check", "--quiet", "."],
        [program("mypy")],
        [program("lint-imports"), "--no-logo"],
        [sys.executable, __file__, "docs"],
    )
    failed = [command for command in commands if subprocess.run(command, cwd=ROOT, check=False).returncode]
    if failed:
        sys.exit(f"tasks: {len(failed)} of {len(commands)} checks failed")


def test(args: list[str]) -> None:
    """Check, then the tests; pytest's own summary comes last."""
    check([])
    slow = ["-m", ""] if "--slow" in args else []
    os.chdir(ROOT)
    become([program("python"), "-m", "pytest", "-n", "auto", *slow, *(arg for arg in args if arg != "--slow")])


def reformat(_: list[str]) -> None:
    """Rewrite the code in the house format."""
    ready(TEST)
    call([program("ruff"), "check", "--quiet", "--fix-only", "."])
    call([program("ruff"), "format", "."])
    path = ROOT / "CONTRIBUTING.md"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"┌─[^`]*┘", lambda _: layers(), text), "utf-8")


def bench(args: list[str]) -> None:
    """Every benchmark, or the one named first; options go to the benchmark."""
    ready(BASE)
    name = args.pop(0) if args and not args[0].startswith("-") else "*"
    for script in sorted((ROOT / "benchmarks").glob(f"{name}.py")):
        call([program("python"), str(script), *args])


def coverage(args: list[str]) -> None:
    """The tests, and which branches of the code none of them took; `bench house` keeps the figures."""
    measuring()
    folder = ROOT / "build" / "coverage"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"COVERAGE_FILE": str(folder / "data")}
    slow = ["-m", ""] if "--slow" in args else []
    tests = ["-m", "pytest", "-n", "auto", *slow, *(arg for arg in args if arg != "--slow")]
    failed = subprocess.run([program("coverage"), "run", *tests], cwd=ROOT, env=variables, check=False).returncode
    for report in (
        ["combine", "-q"],
        ["json", "-q", "-o", str(folder / "found.json")],
        ["report", "--skip-covered", "--sort=miss"],
    ):
        call([program("coverage"), *report], variables)
    sys.exit(failed)


def mutants(_: list[str]) -> None:
    """Which small changes of the modules named in pyproject.toml no test notices; `bench house` keeps the figures."""
    measuring()
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    # nothing computed by the code as it is may stand in for what a change of it computes
    call([program("mutmut"), "run"], os.environ | {"FOEDUS_CACHE": ""})
    call([program("mutmut"), "results"])
    say(f"look at one with '{program('mutmut')} show NAME'")


def measuring() -> None:
    """What measures the tests, beside them."""
    ready(TEST)
    pip("-r", "locks/tools/measure.txt")


def pictures(_: list[str]) -> None:
    """The pictures of the documents, taken anew."""
    ready(TEST)
    for script in ("pictures", "screenshots"):
        call([program("python"), f"tests/browser/{script}.py"])


def docs(_: list[str]) -> None:
    """Links that lead nowhere, and versions that differ."""
    faults = broken_links() + differing_versions() + outdated_picture()
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)


def site(args: list[str]) -> None:
    """The documentation as pages; a warning, such as a link that leads nowhere, is an error."""
    ready(TEST)
    folder = Path(args[0]) if args else ROOT / "build" / "site"
    call([program("python"), "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(folder)])
    say(f"open {folder / 'index.html'}")


def lock(args: list[str]) -> None:
    """Resolve the dependencies anew, for every platform and from Python 3.11 on."""
    # pygambit is the one package that has to be compiled on Linux: pin what its build asks for beside our own
    builds = [*pyproject()["build-system"]["requires"], "cython", "setuptools", "wheel"]
    options = ["--quiet", "--universal", "--python-version", "3.11", "--fork-strategy", "fewest", *args]
    options += ["--annotation-style", "line", "--custom-compile-command", "python3 tasks.py lock"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder / "uv")
        pip("uv", folder=folder / "uv")
        (folder / "build.in").write_text("\n".join(builds), "utf-8")
        (folder / "audit.in").write_text("pip-audit", "utf-8")
        (folder / "measure.in").write_text("coverage>=7.10\nmutmut>=3.8", "utf-8")
        for target, source in (
            ("test.txt", ["pyproject.toml", "--extra", "test"]),
            ("base.txt", ["pyproject.toml", "-c", "locks/test.txt"]),
            ("build.txt", [str(folder / "build.in"), "-c", "locks/test.txt", "--no-annotate"]),
            ("tools/pip-audit.txt", [str(folder / "audit.in"), "--no-annotate"]),
            ("tools/measure.txt", [str(folder / "measure.in"), "-c", "locks/test.txt", "--no-annotate"]),
        ):
            call([program("uv", folder / "uv"), "pip", "compile", *options, *source, "--output-file", f"locks/{target}"])


def fuzz(args: list[str]) -> None:
    """Coverage-guided fuzzing; atheris must be there, see tests/fuzz/fuzz.py."""
    ready(TEST)
    become([program("python"), str(ROOT / "tests" / "fuzz" / "fuzz.py"), *args])


def advisories(_: list[str]) -> None:
    """Compare what is pinned with the public database of vulnerabilities, by pip-audit in an environment of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        make(Path(temporary))
        pip("-r", "locks/tools/pip-audit.txt", folder=Path(temporary))
        for name in ("base", "test", "build"):
            say(f"locks/{name}.txt")
            audit = [program("pip-audit", Path(temporary)), "--strict", "--disable-pip", "--no-deps", "-r", f"locks/{name}.txt"]
            done = subprocess.run(audit, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
            if "could not be audited" in done.stderr or "Connection" in done.stderr or "ServiceError" in done.stderr:
                sys.exit("tasks: the database of vulnerabilities cannot be reached from here: nothing was audited")
            print(done.stderr, file=sys.stderr, end="")
            if done.returncode:
                sys.exit(done.returncode)


# --- what the documents promise ------------------------------------------------------------------------------------------------


def broken_links() -> list[str]:
    """Relative links of the project's Markdown files that lead nowhere."""
    return [
        f"{path.relative_to(ROOT)}:{number}: no such file: {target}"
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line)
        if "://" not in target and not (path.parent / target).exists()
    ]


def differing_versions() -> list[str]:
    """Files that state another version than pyproject.toml."""
    version = pyproject()["project"]["version"]
    stated = {"CITATION.cff": rf"^version: {re.escape(version)}$", "CHANGELOG.md": rf"^## {re.escape(version)}\b"}
    return [
        f"{name}: does not state version {version} of pyproject.toml"
        for name, pattern in stated.items()
        if not re.search(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE)
    ]


def outdated_picture() -> list[str]:
    """Whether CONTRIBUTING shows the layers as they are."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return [] if layers() in text else ["CONTRIBUTING.md: not the layers of pyproject.toml: run 'python3 tasks.py format'"]


def layers() -> str:
    """The layers of pyproject.toml as a picture, each module with the first words of its own docstring."""
    rows: list[str] = []
    for layer in pyproject()["tool"]["importlinter"]["contracts"][0]["layers"]:
        rows.append("├" + "─" * 16 + "┼" + "─" * (WIDE - 19) + "┤")
        names = re.split(r" *[|:] *", layer.strip("()"))
        rows += [f"│ {name:<14} │ {opening(name)[: WIDE - 21]:<{WIDE - 21}} │" for name in names]
    top, bottom = rows[0].translate(str.maketrans("├┼┤", "┌┬┐")), rows[0].translate(str.maketrans("├┼┤", "└┴┘"))
    return "\n".join([top, *rows[1:], bottom])


def opening(module: str) -> str:
    """The first sentence of a module's docstring, in one line, cut at its first pause if it is long."""
    path = ROOT / "src" / "foedus" / module
    source = (path / "__init__.py") if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "" if source.exists() else ""
    sentence = re.split(r"(?<=\w)[.](?=\s|$)", " ".join(text.split()))[0]
    return sentence if len(sentence) <= WIDE - 21 else re.split(r"[:;,]", sentence)[0]


TASKS: dict[str, Callable[[list[str]], None]] = {
    "run": run,
    "test": test,
    "check": check,
    "docs": docs,
    "site": site,
    "format": reformat,
    "bench": bench,
    "coverage": coverage,
    "mutants": mutants,
    "pictures": pictures,
    "setup": setup,
    "lock": lock,
    "fuzz": fuzz,
    "advisories": advisories,
}


def main(argv: list[str]) -> None:
    """Do the task named first with the arguments after it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever comes with an older one should read this, not a traceback
        sys.exit(f"tasks: foedus needs Python 3.11 or newer, this is {sys.version.split()[0]}")
    if not argv or argv[0] not in TASKS:
        print(__doc__)
        sys.exit(0 if argv in ([], ["help"], ["--help"], ["-h"]) else 2)
    TASKS[argv[0]](argv[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
