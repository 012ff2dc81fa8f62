"""Executors give back what each chunk came to, once, whatever happens to whoever computes it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from foedus.errors import NumericalError
from foedus.runs import executors

JOBS = [(k, 1) for k in range(12)]


def double(start: int, _: int) -> int:
    return 2 * start


def slower_at_first(start: int, _: int) -> int:
    time.sleep(0.05 if start == 0 else 0)
    return start


class DiesOnce:
    """Kills the process that computes chunk 5, the first time."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, start: int, _: int) -> int:
        if start == 5 and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * start


def dies(start: int, _: int) -> int:
    if start == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return start


def fails(start: int, _: int) -> int:
    if start == 3:
        raise ZeroDivisionError("at three")
    return start


RUNS = {"here": executors.here, "threads": executors.threads(3), "one thread": executors.threads(1)}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_every_chunk_once(run: executors.Run) -> None:
    assert sorted(run(double, JOBS)) == [(job, 2 * job[0]) for job in JOBS]
    assert list(run(double, [])) == []


def test_on_processes_too() -> None:
    assert sorted(executors.processes(2)(double, JOBS)) == [(job, 2 * job[0]) for job in JOBS]


def test_threads_do_not_wait_for_the_slowest() -> None:
    assert next(iter(executors.threads(2)(slower_at_first, JOBS)))[1] != 0


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_an_error_of_the_work_is_raised(run: executors.Run) -> None:
    with pytest.raises(ZeroDivisionError, match="at three"):
        list(run(fails, JOBS))


def test_threads_hold_few_results_at_a_time() -> None:
    started: list[int] = []

    def note(start: int, _: int) -> int:
        started.append(start)
        return start

    results = executors.threads(2)(note, ((k, 1) for k in range(1000)))
    next(results)
    time.sleep(0.05)
    assert len(started) < 20
    results.close()  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_process_that_is_killed_costs_only_what_it_held(tmp_path: Path) -> None:
    assert sorted(executors.processes(2)(DiesOnce(tmp_path / "died"), JOBS)) == [(job, 2 * job[0]) for job in JOBS]
    assert (tmp_path / "died").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_chunk_that_no_process_survives_is_named() -> None:
    with pytest.raises(NumericalError, match=r"draws 0 to 0; they may lack memory"):
        list(executors.processes(1)(dies, JOBS[:1]))
