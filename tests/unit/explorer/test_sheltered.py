"""Work in a process of its own: told about, stopped, and failing without harm."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foedus.errors import NotFoundError, NumericalError, ShapeError
from foedus.explorer import sheltered, tasks

GOOD = b"overlay: textbook\nscenario: mine\nset: {d: 0.2}\n"


def quietly(message: str) -> None:
    assert message


def run(text: bytes, seconds: float = 60.0, stop: threading.Event | None = None, tell: Callable[[str], None] = quietly) -> object:
    return sheltered.run(tasks.read, (text, "mine.yaml", {}), seconds, tell, stop or threading.Event())


def test_what_is_read_comes_back_and_progress_is_heard() -> None:
    heard: list[str] = []
    flat, scenario, found, data = run(GOOD, tell=heard.append)  # type: ignore[misc]
    assert scenario.name == "mine"
    assert flat.document.data["protocol"] == "core"
    assert any("number" in c for c in found.counts)
    assert data["overlay"] == "textbook"
    assert heard == ["reading", "checking"]


def test_errors_come_back_with_their_line() -> None:
    with pytest.raises(ShapeError) as caught:
        run(b"scenario: x\nformat: 1\nsurprise: 2\n")
    assert caught.value.place is not None
    assert caught.value.place.line > 0


@pytest.mark.parametrize("base", ["/etc/passwd", "../textbook.yaml", "mine.yaml"])
def test_an_upload_opens_no_file(base: str) -> None:
    with pytest.raises(NotFoundError, match="is open here"):
        run(f"overlay: {base}\nset: {{d: 0.2}}\n".encode())


def test_an_upload_opens_no_protocol_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="may not open"):
        run(f"overlay: textbook\nprotocol: {tmp_path}/own.yaml\n".encode())


def test_what_takes_too_long_is_stopped() -> None:
    began = time.monotonic()
    with pytest.raises(NumericalError, match=r"more than 0\.01 seconds"):
        run(GOOD, seconds=0.01)
    assert time.monotonic() - began < 20


def test_what_dies_is_said() -> None:
    with pytest.raises(NumericalError, match="ended without a result"):
        sheltered.run(sys.exit, (), 60, quietly, threading.Event())


def test_the_bench_keeps_results_and_stops_what_is_asked_to() -> None:
    bench = sheltered.Bench()
    try:
        job = bench.ask("one", tasks.read, (GOOD, "mine.yaml", {}), 60)
        assert bench.ask("one", tasks.read, (GOOD, "mine.yaml", {}), 60) is job
        end = time.monotonic() + 60
        while job.state in ("waiting", "running") and time.monotonic() < end:
            time.sleep(0.05)
        assert job.state == "done", job.error
        assert bench.find("one") is job
        stuck = bench.ask("two", tasks.read, (GOOD, "mine.yaml", {}), 60)
    finally:
        bench.close()
    assert stuck.stop.is_set()
