"""How the command behaves as a process: quick to start, plain in a pipe, quiet when nobody reads on, safe with any words."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import SCENARIO, changed, foedus

QUICK = 0.3 if not os.environ.get("CI") else 0.9  # seconds; machines that run many jobs are slower
NASTY = "<script>alert(1)</script>&\"'"


@pytest.mark.skipif(sys.platform == "win32", reason="counts the seconds of child processes")
def test_help_comes_at_once() -> None:
    def once() -> float:
        begin = os.times()
        assert foedus("--help").code == 0
        end = os.times()
        return end.children_user + end.children_system - begin.children_user - begin.children_system

    once()  # the first start compiles the modules
    # processor time, so that a busy machine does not fail it
    assert statistics.median(once() for _ in range(5)) < QUICK


def test_help_imports_no_library_that_computes() -> None:
    code = (
        "import sys\ntry:\n    from foedus.cli import main\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'scipy', 'pydantic', 'yaml', 'rich', 'jinja2', 'xarray', 'llvmlite'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("line", ["audit textbook", "solve textbook", "show textbook", "list", "cite textbook", "check core"])
def test_a_pipe_gets_plain_text(line: str) -> None:
    done = foedus(*line.split())
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    assert not re.search("[─│└├█▒╭╰━]", done.out)
    assert not any(line != line.rstrip() for line in done.out.splitlines())


def test_columns_of_a_pipe_do_not_depend_on_the_terminal() -> None:
    assert foedus("audit", "textbook", COLUMNS="200").out == foedus("audit", "textbook", COLUMNS="40").out


def in_terminal(*args: str, columns: int, **env: str) -> str:
    """What a command prints to a terminal of its own."""
    pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")
    pid, screen = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": str(columns), **env})
        os.execv(sys.executable, [sys.executable, "-m", "foedus.cli", *args])
    found = b""
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:
            break
        if not part:
            break
        found += part
    os.waitpid(pid, 0)
    os.close(screen)
    return found.decode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking a process with threads: the child execs at once
@pytest.mark.parametrize("columns", [80, 120, 160])
def test_a_terminal_gets_colour_within_its_width(columns: int) -> None:
    for args in (("audit", "karabakh-2020", "--draws", "400"), ("show", "karabakh-2020"), ("solve", "textbook")):
        found = in_terminal(*args, columns=columns)
        assert "\x1b[" in found
        words = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", found)
        assert max(len(line) for line in words.splitlines()) <= columns, args


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as above
def test_no_color() -> None:
    assert "\x1b[" not in in_terminal("audit", "textbook", columns=80, NO_COLOR="1")


def test_letters_that_the_output_lacks() -> None:
    done = foedus("audit", "textbook", PYTHONIOENCODING="latin-1")
    assert (done.code, done.err) == (0, "")
    assert "? entailed" in done.out


def test_whoever_stops_reading_hears_nothing() -> None:
    pipe = subprocess.Popen(
        [sys.executable, "-m", "foedus.cli", "solve", "karabakh-2020"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert pipe.stdout
    assert pipe.stderr
    pipe.stdout.close()
    said = pipe.stderr.read()
    pipe.stderr.close()
    assert (pipe.wait(), said) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_is_one_line() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "foedus.cli", "audit", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1.5)  # by now it waits for the scenario
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (out, err.decode().strip()) == (b"", "interrupted")
    # an interrupt during some imports makes Python end itself by the signal, which a shell calls 130 too
    assert running.returncode in (130, -signal.SIGINT)


def test_a_strangers_words_are_escaped(tmp_path: Path) -> None:
    quoted = "'" + NASTY.replace("'", "''") + "'"
    text = changed(
        SCENARIO,
        ("patron: {name: Patron}", f"patron: {{name: {quoted}}}"),
        ("title: The textbook crisis", f"title: {quoted}"),
        ("publication: \"foedus, constructed example\"", f"publication: {quoted}, url: 'javascript:alert(1)'"),
        ("text: The patron is less likely than not to back its client.", f"text: {quoted}"),
        ("hold: {meaning: nothing changes}", f"hold: {{meaning: {quoted}}}"),
    )  # fmt: skip
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    assert foedus("report", "mine.yaml", "--output", "out.html", cwd=tmp_path).code == 0
    assert foedus("show", "mine.yaml", "--svg", "out.svg", cwd=tmp_path).code == 0
    for name in ("out.html", "out.svg"):
        page = (tmp_path / name).read_text("utf-8")
        assert "&lt;script&gt;alert(1)" in page
        assert "<script" not in page
        assert "javascript:" not in page
    from xml.etree import ElementTree

    ElementTree.parse(tmp_path / "out.svg")
