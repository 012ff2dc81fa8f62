"""A real Dask cluster on this machine: a scheduler and workers as processes of their own, lost, slowed down and restarted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import refused, scenario_of

from foedus.runs import executors, record
from foedus.runs.cluster import on_dask
from foedus.runs.folder import Folder

distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
    # Dask's own: a client whose scheduler was killed leaves its sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
DRAWS, CHUNK = 3000, 100


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.address = folder, f"tcp://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "cluster.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},  # for the work defined in this file
            )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        return self.start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"
        )  # fmt: skip

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    try:
        yield found
    finally:
        found.close()


def chunks(into: Path) -> dict[str, bytes]:
    return {str(p.relative_to(into)): p.read_bytes() for p in into.rglob("*") if "c" in p.parts and p.is_file()}


def expected(tmp_path: Path) -> dict[str, bytes]:
    record.record(scenario_of(tmp_path), tmp_path / "here", draws=DRAWS, chunk=CHUNK, run=executors.here)
    return chunks(tmp_path / "here")


def after(into: Path, count: int, act: Any) -> threading.Thread:
    """Do something once so many chunks are noted."""

    def wait() -> None:
        end = time.monotonic() + 90
        while len(Folder(into).journal()) < count and time.monotonic() < end:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def run_on(cluster: Any, tmp_path: Path) -> dict[str, bytes]:
    record.record(scenario_of(tmp_path), tmp_path / "there", draws=DRAWS, chunk=CHUNK, run=on_dask(cluster, patience=60))
    return chunks(tmp_path / "there")


def test_a_worker_killed_in_the_middle_costs_only_its_chunks(cluster: Cluster, tmp_path: Path) -> None:
    wanted = expected(tmp_path)
    thread = after(tmp_path / "there", 5, lambda: cluster.workers[0].send_signal(signal.SIGKILL))
    assert run_on(cluster.address, tmp_path) == wanted
    thread.join()
    assert cluster.workers[0].wait(10) == -signal.SIGKILL
    assert cluster.workers[1].poll() is None


def test_a_worker_that_stands_still_holds_up_nobody(cluster: Cluster, tmp_path: Path) -> None:
    wanted = expected(tmp_path)
    thread = after(tmp_path / "there", 5, lambda: cluster.workers[0].send_signal(signal.SIGSTOP))
    assert run_on(cluster.address, tmp_path) == wanted
    thread.join()


def test_a_scheduler_restarted_in_the_middle_is_found_again(cluster: Cluster, tmp_path: Path) -> None:
    wanted = expected(tmp_path)

    def restart() -> None:
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        time.sleep(1)
        cluster.start_scheduler()
        cluster.start_worker()  # workers end with their scheduler; whoever started them starts others

    thread = after(tmp_path / "there", 5, restart)
    assert run_on(cluster.address, tmp_path) == wanted
    thread.join()


def test_a_client_of_the_callers_own(cluster: Cluster, tmp_path: Path) -> None:
    wanted = expected(tmp_path)
    with distributed.Client(cluster.address) as client:
        assert run_on(client, tmp_path) == wanted
        assert client.status == "running"


def test_no_scheduler_is_one_message() -> None:
    error = refused(lambda: list(on_dask("tcp://127.0.0.1:9")(str, [(0, 1)])))
    assert "no Dask scheduler answers" in error.what
