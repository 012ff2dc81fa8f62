"""The documents tell the truth: every example in them is run.

An HTML comment on the line before a block (or table) says what is done with it:

    <!-- file: name.yaml -->    yaml: saved under that name, loaded and checked; a scenario is solved and audited
    <!-- text: name -->         any text: saved under that name, for the examples below it
    <!-- run -->                console: each `$ foedus …` is run, and the lines below it compared; python: run as a doctest
    <!-- run: exit 2 -->        console: the same, for commands that end with that exit code
    <!-- start -->              console: each `$ dask …` is started, and runs beside the examples; 8786 becomes a free port
    <!-- values: name.yaml -->  table of formula, unit, value, …: each is a measure of the solved scenario
    <!-- refused: name.yaml --> table of what to replace in the file, by what, message, fix: `foedus check` says so
    <!-- refused, audit: name.yaml -->  the same, for what only an audit finds
    <!-- fragment: why -->      not run, for the reason given

`…` stands for any text within a line, and alone on a line for any lines. A python block without a comment is run; every other
block of yaml or console needs one.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import foedus
from foedus.errors import InputError
from foedus.report.views.inspection import inspect_file

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PORT = "8786"  # what Dask listens on unless told otherwise, and what the documents say
EXECUTABLE = ("yaml", "console", "python")
_MARK = re.compile(r"<!-- (file|text|run|start|values|refused(?:, audit)?|fragment)(?:: (.+?))? -->")


@dataclass(frozen=True)
class Block:
    """A fenced block or a table, with the comment before it."""

    document: Path
    line: int
    language: str
    text: str
    mark: str = ""
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table without its head, free of backticks."""
        rows = [re.split(r"\s*\|\s*", line.strip().strip("|").strip()) for line in self.text.splitlines()]
        return [[cell.strip("`") for cell in row] for row in rows[2:]]


def blocks(document: Path) -> Iterator[Block]:
    lines = document.read_text("utf-8").splitlines()
    at, before = 0, ""
    while at < len(lines):
        first, line = at, lines[at]
        mark = _MARK.fullmatch(before)
        named = (mark[1], mark[2] or "") if mark else ("", "")
        if line.startswith("```"):
            at = lines.index("```", at + 1)
            yield Block(document, first + 1, line[3:].strip(), "\n".join(lines[first + 1 : at]), *named)
        elif mark and line.startswith("|"):
            while at + 1 < len(lines) and lines[at + 1].startswith("|"):
                at += 1
            yield Block(document, first + 1, "table", "\n".join(lines[first : at + 1]), *named)
        elif mark:
            raise ValueError(f"{document.name}:{first}: the comment stands before no block and no table")
        before = lines[at]
        at += 1


ALL = [block for document in DOCUMENTS for block in blocks(document)]


def marked(*marks: str, language: str | None = None) -> pytest.MarkDecorator:
    found = [b for b in ALL if b.mark in marks and language in (None, b.language)]
    return pytest.mark.parametrize("block", found, ids=str)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file that the documents write out."""
    folder = tmp_path_factory.mktemp("docs")
    for block in ALL:
        if block.mark in ("file", "text"):
            path = folder / block.argument
            assert not path.exists(), f"{block}: a second file {block.argument}"
            path.write_text(block.text + "\n", "utf-8")
    return folder


@pytest.fixture
def here(folder: Path, block: Block, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document's own folder: what the examples of one write, those of another do not find."""
    own = folder.parent / f"{folder.name}-{block.document.relative_to(ROOT).as_posix().replace('/', '-')}"
    if not own.exists():
        shutil.copytree(folder, own)
    monkeypatch.chdir(own)
    return own


@pytest.mark.parametrize("block", [b for b in ALL if b.language in EXECUTABLE], ids=str)
def test_every_example_is_run_or_says_why_not(block: Block) -> None:
    assert block.mark or block.language == "python", (
        f"{block}: put <!-- run -->, <!-- file: … --> or <!-- fragment: why --> before it"
    )
    assert block.mark != "fragment" or block.argument, f"{block}: say why it is a fragment"


@marked("file")
def test_files_load(block: Block, here: Path) -> None:
    assert inspect_file(block.argument).kind in ("protocol", "scenario")
    if block.text.startswith("scenario:"):
        scenario = foedus.load(block.argument)
        assert foedus.solve(scenario).plays
        assert not foedus.audit(scenario).failures


@pytest.mark.parametrize("block", [b for b in ALL if b.language == "python" and b.mark in ("", "run")], ids=str)
def test_python_runs(block: Block, here: Path) -> None:
    if ">>>" not in block.text:
        exec(compile(block.text, str(block), "exec"), {})
        return
    text = re.sub(r"(?m)^…$", "...", block.text)
    test = doctest.DocTestParser().get_doctest(text, {}, str(block), str(block.document), block.line)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF)
    told: list[str] = []
    runner.run(test, out=told.append)
    assert not runner.failures, "".join(told)


@pytest.fixture(scope="module")
def beside() -> Iterator[Callable[[Path], str]]:
    """Starts what a document says runs beside its examples; tells the port that stands for 8786."""
    ports: dict[Path, str] = {}
    started: list[subprocess.Popen[bytes]] = []

    def start(document: Path) -> str:
        if document not in ports:
            ports[document] = free_port()
            for block in (b for b in ALL if b.document == document and b.mark == "start"):
                for command, _ in commands(block):
                    words = shlex.split(command.replace(PORT, ports[document]))
                    assert words[0] == "dask", f"only dask is started, not {words[0]}"
                    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                    started.append(subprocess.Popen([sys.executable, "-m", *words], env=environment(), **pipes))
        return ports[document]

    yield start
    for process in reversed(started):
        process.terminate()
    for process in started:
        process.wait(timeout=30)


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@marked("run", language="console")
def test_console_shows(block: Block, here: Path, beside: Callable[[Path], str]) -> None:
    expected_exit = int(block.argument.removeprefix("exit ") or 0)
    for command, shown in commands(block):
        output, code = run(command.replace(PORT, beside(block.document)) if PORT in command else command)
        assert code == expected_exit, output
        assert re.fullmatch(pattern(shown), output), f"{block}: $ {command}\n--- shown\n{shown}\n--- found\n{output}"


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command and the output shown below it; a line that ends in a backslash goes on."""
    for part in re.split(r"(?m)^\$ ", block.text)[1:]:
        command, _, shown = part.replace("\\\n", " ").partition("\n")
        yield command, shown.rstrip()


def run(command: str) -> tuple[str, int]:
    """What a command prints, standard output before standard error, and its exit code."""
    words = shlex.split(command)
    assert words[0] == "foedus", f"only foedus is run, not {words[0]}"
    command = [sys.executable, "-m", "foedus.cli", *words[1:]]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", check=False)
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).rstrip().splitlines()), done.returncode


def environment() -> dict[str, str]:
    """The variables of commands: this source, and output of one width without colour."""
    source = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    own = {"FOEDUS_DATA": "store"}  # not the store of whoever runs the tests
    return os.environ | own | {"NO_COLOR": "1", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8", "PYTHONPATH": source}


def pattern(shown: str) -> str:
    """A regular expression for an output in which `…` leaves something out."""
    lines = shown.splitlines()
    found = ""
    for k, line in enumerate(lines):
        end = "\n" if k + 1 < len(lines) else ""
        whole = line.strip() == "…"
        found += r"(?:.*\n)*" + ("" if end else ".*") if whole else ".*".join(map(re.escape, line.rstrip().split("…"))) + end
    return found


@marked("values")
def test_formulas_have_the_values_shown(block: Block, here: Path, tmp_path: Path) -> None:
    scenario = Path(block.argument).read_text("utf-8")
    name = re.search(r"(?m)^protocol: (\S+)$", scenario)
    assert name
    protocol = Path(name[1]).read_text("utf-8")
    assert protocol.rstrip().splitlines()[-1].startswith("  "), "the measures must be the last section"
    for k, (formula, unit, *_) in enumerate(block.rows):
        protocol += f'  shown_{k}: {{formula: "{formula}", unit: "{unit}", meaning: shown}}\n'
    (tmp_path / name[1]).write_text(protocol, "utf-8")
    (tmp_path / "scenario.yaml").write_text(scenario, "utf-8")
    measures = foedus.solve(foedus.load(tmp_path / "scenario.yaml")).measures
    for k, (formula, _, value, *_) in enumerate(block.rows):
        digits = len(value.partition(".")[2])
        assert f"{measures[f'shown_{k}']:.{digits}f}" == value.replace("−", "-"), f"{block}: {formula}"


@marked("refused", "refused, audit")
def test_what_is_refused(block: Block, here: Path, tmp_path: Path) -> None:
    original = Path(block.argument).read_text("utf-8")
    for path in here.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    changed = tmp_path / block.argument
    for old, new, what, fix in block.rows:
        assert original.count(old) == 1, f"{block}: {old!r} occurs {original.count(old)} times"
        changed.write_text(original.replace(old, new), "utf-8")
        with pytest.raises(InputError) as caught:
            foedus.audit(foedus.load(changed)) if block.mark.endswith("audit") else inspect_file(str(changed))
        for shown, found in ((what, caught.value.what), (fix, caught.value.fix)):
            assert re.fullmatch(pattern(shown), found), f"{block}: {new}: {found}"
