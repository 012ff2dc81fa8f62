"""Work in a process of its own: it may be stopped at any time, and what it eats is not the server's."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Literal

from foedus.errors import FoedusError, NumericalError

MEMORY = 4 << 30  # bytes of address space that a process may have
PATIENCE = 15.0  # seconds after which work that nobody asks about is stopped
KEPT = 64
Tell = Callable[[str], None]
State = Literal["waiting", "running", "done", "failed"]


def context() -> Any:
    """How processes are started: from a clean one that has the library loaded, where the system can."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["foedus.explorer.tasks"])
    return found


def run(work: Callable[..., Any], args: tuple[Any, ...], seconds: float, tell: Tell, stop: threading.Event) -> Any:
    """`work(*args, tell)` in a process of its own.

    Args:
        work: a function of a module. seconds: how long it may take.
        tell: hears what the process says it is doing. stop: when set, the process is ended.

    Raises:
        NumericalError: it took too long, was stopped, or died. FoedusError: as raised there.
    """
    chosen = context()
    here, there = chosen.Pipe(duplex=False)
    process = chosen.Process(target=_child, args=(there, work, args), daemon=True)
    process.start()
    there.close()
    end = time.monotonic() + seconds
    try:
        while not stop.is_set() and time.monotonic() < end:
            if not here.poll(0.05):
                continue
            try:
                kind, value = here.recv()
            except EOFError:
                raise NumericalError("the computation ended without a result: it may have run out of memory") from None
            if kind == "told":
                tell(value)
            elif kind == "done":
                return value
            else:
                raise value
        raise NumericalError("it was stopped" if stop.is_set() else f"it took more than {seconds:g} seconds, and was stopped")
    finally:
        here.close()
        if process.is_alive():
            process.kill()
        process.join(5)


def _child(pipe: Connection, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when it ends
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        pipe.send(("done", work(*args, lambda message: pipe.send(("told", message)))))
    except FoedusError as error:
        pipe.send(("failed", error))
    except (RecursionError, MemoryError):
        pipe.send(("failed", NumericalError("the input is too large or nested too deeply")))


@dataclass
class Job:
    """Work under way or done.

    Attributes:
        said: what it is doing. result: what it gave. error: why it failed.
    """

    work: Callable[..., Any]
    args: tuple[Any, ...]
    seconds: float
    state: State = "waiting"
    said: str = "waiting for its turn"
    result: Any = None
    error: FoedusError | None = None
    asked: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)


class Bench:
    """Jobs by key, one at a time, results kept; a job that nobody asks about for a while is stopped and forgotten."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="bench", daemon=True)
        self._started = False

    def ask(self, key: Hashable, work: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> Job:
        """The job under the key, begun now if it is not yet there."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = Job(work, args, seconds)
                while len(self._jobs) > KEPT:
                    self._jobs.popitem(last=False)[1].stop.set()
            self._jobs.move_to_end(key)
            job.asked = time.monotonic()
            if not self._started:
                self._started = True
                self._thread.start()
        self._wake.set()
        return job

    def find(self, key: Hashable) -> Job | None:
        """The job under the key, if there is one."""
        with self._lock:
            return self._jobs.get(key)

    def close(self) -> None:
        """Stop what runs."""
        self._closed = True
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
        self._wake.set()
        if self._started:
            self._thread.join(10)

    def _serve(self) -> None:
        while not self._closed:
            job = self._next()
            if job is None:
                self._wake.wait(1.0)
                self._wake.clear()
                continue
            watch = threading.Thread(target=self._watch, args=(job,), daemon=True)
            watch.start()
            self._run(job)

    def _next(self) -> Job | None:
        """The waiting job that was asked about last; those that nobody asks about any more are forgotten."""
        with self._lock:
            now = time.monotonic()
            for key in [k for k, j in self._jobs.items() if j.state == "waiting" and now - j.asked > PATIENCE]:
                del self._jobs[key]
            waiting = [j for j in self._jobs.values() if j.state == "waiting"]
            return max(waiting, key=lambda j: j.asked, default=None)

    def _run(self, job: Job) -> None:
        def tell(message: str) -> None:
            job.said = message

        job.state, job.said = "running", "starting"
        try:
            job.result = run(job.work, job.args, job.seconds, tell, job.stop)
            job.state = "done"
        except FoedusError as error:
            job.error, job.state = error, "failed"
            if job.stop.is_set():
                self._forget(job)

    def _watch(self, job: Job) -> None:
        while job.state in ("waiting", "running"):
            if time.monotonic() - job.asked > PATIENCE:
                job.stop.set()
            time.sleep(0.5)

    def _forget(self, job: Job) -> None:
        with self._lock:
            for key in [k for k, j in self._jobs.items() if j is job]:
                del self._jobs[key]
