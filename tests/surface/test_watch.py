"""`audit --watch`: what changed after each save; a broken file shows its message and leaves the last good result standing."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import SCENARIO, changed, foedus

PATIENCE = 60.0


class Watcher:
    """A running watch whose output is read line by line as it comes, error and all."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "foedus.cli", "audit", path.name, "--watch"],
            cwd=path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.decode("utf-8").rstrip())

    def until(self, pattern: str) -> str:
        """What is printed up to the first line that a pattern is found in."""
        seen: list[str] = []
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                seen.append(self.lines.get(timeout=0.2))
            except queue.Empty:
                assert self.process.poll() is None, "\n".join(seen)
                continue
            if re.search(pattern, seen[-1]):
                return "\n".join(seen)
        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(seen))

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()
        return code


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(SCENARIO, "utf-8")
    return tmp_path / "mine.yaml"


@pytest.fixture
def watcher(scenario: Path) -> Iterator[Watcher]:
    found = Watcher(scenario)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait()
    assert found.process.stdout
    found.process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="ends by an interrupt")
def test_a_watch_tells_what_each_save_changed(scenario: Path, watcher: Watcher) -> None:
    first = watcher.until("watching mine.yaml")
    assert "In short" in first

    scenario.write_text(SCENARIO + "\n# a remark\n", "utf-8")
    watcher.until("nothing that is computed changed")

    scenario.write_text(changed(SCENARIO, ("lambda: {value: 4", "lambda: {value: 0.1")), "utf-8")
    said = watcher.until("as before|no verdict and no probability")
    assert "lambda 4 → 0.1" in said

    scenario.write_text(changed(SCENARIO, ("lambda: {value:", "lamda: {value:")), "utf-8")
    broken = watcher.until("the last good result stands")
    assert "error: mine.yaml:" in broken and "lamda" in broken

    scenario.write_text(SCENARIO, "utf-8")
    assert "lambda 0.1 → 4" in watcher.until("as before|no verdict and no probability")
    assert watcher.end() == 0


@pytest.mark.parametrize(
    ("args", "what"),
    [(("textbook",), "only a file can be watched"), (("-",), "only a file"), (("mine.yaml", "--json"), "prints for people")],
)
def test_what_cannot_be_watched_is_refused(scenario: Path, args: tuple[str, ...], what: str) -> None:
    done = foedus("audit", *args, "--watch", cwd=scenario.parent)
    assert done.code == 2 and what in done.err and "fix:" in done.err
