"""Chunks of a run on a Dask cluster.

A worker that is lost costs the chunks that it held, which go to another. A slow worker holds up nobody: when nothing else is
left, its chunks are given to others too, and the first answer counts; a result that it has and does not send is computed by
another. When the scheduler goes away, its chunks are handed to it again once it is back.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any

from foedus.errors import MeaningError, Place
from foedus.runs.executors import ATTEMPTS, Job, Run, Work, lost

PATIENCE = 300.0  # seconds that a run waits for a scheduler or for workers that went away
AHEAD = 2  # chunks handed out for each thread of the cluster
SLOW = 3.0  # times the usual, from which a chunk is given to another worker too
LOOK = 1.0  # seconds between two looks at the cluster
FETCH = 5.0  # seconds that a result may take to come over; twice as long each time that one did not
CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)  # how a client tells that its scheduler was lost
log = logging.getLogger("foedus.runs")


def on_dask(cluster: Any, patience: float = PATIENCE) -> Run:
    """On a Dask cluster.

    Args:
        cluster: the address of its scheduler (`tcp://…`), or a `dask.distributed.Client`, which stays the caller's.
        patience: seconds to wait for a scheduler or for workers that went away.
    """

    def run(work: Work, jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        hands = _Hands(cluster, work, deque(jobs), patience)
        try:
            yield from hands.results()
        finally:
            hands.close()

    run.near = False  # type: ignore[attr-defined]  # results come from afar: it is this process that writes them
    return run


class _Hands:
    """Hands out chunks, and takes results, whatever happens to the cluster meanwhile."""

    def __init__(self, cluster: Any, work: Work, jobs: deque[Job], patience: float) -> None:
        _distributed()
        self.given, self.work, self.jobs, self.patience = cluster, work, jobs, patience
        self.client: Any = None if isinstance(cluster, str) else cluster
        self.address = cluster if isinstance(cluster, str) else cluster.scheduler.address
        self.under_way: dict[Any, tuple[Job, float]] = {}
        self.attempts: dict[Job, int] = {}
        self.silent: dict[Job, int] = {}  # how often a chunk was computed and did not come over
        self.open: set[Job] = set(jobs)
        self.usual: float | None = None
        self.broken: BaseException | None = None  # what the work itself raised; the rest of the run would too
        self.connect(first=True)

    def results(self) -> Iterator[tuple[Job, Any]]:
        """Each chunk's result, once."""
        silent = time.monotonic()
        while self.open:
            found = False
            try:
                self.hand_out()
                for one in self.collect():
                    found = True
                    yield one
            except (OSError, TimeoutError, RuntimeError, *CANCELLED) as error:
                log.warning("the scheduler went away: %s", error)
                self.connect()
                continue
            if self.broken is not None:
                raise self.broken
            if found:
                silent = time.monotonic()
            elif time.monotonic() - silent > self.patience and not self.workers():
                raise MeaningError(
                    f"no worker for {self.patience:.0f} seconds", Place(self.address), "start workers, then go on with --resume"
                )

    def hand_out(self) -> None:
        """Give the cluster as much as keeps it busy, and what is late to others too."""
        held = Counter(job for job, _ in self.under_way.values() if job in self.open)
        room = AHEAD * max(self.threads(), 1) - held.total()
        while self.jobs and room > 0:
            self.submit(self.jobs.popleft())
            room -= 1
        if self.jobs or self.usual is None:
            return
        held_up = SLOW * self.usual + 2 * LOOK
        futures = {job: [f for f, (j, _) in self.under_way.items() if j == job] for job in held}
        late = [f for f in futures.values() if time.monotonic() - max(self.under_way[k][1] for k in f) > held_up]
        for holders in late[: max(self.threads(), 1)]:  # not counted as room: what holds them up may have taken all of it
            if others := self.others(holders):
                self.submit(self.under_way[holders[0]][0], others)

    def submit(self, job: Job, workers: list[str] | None = None) -> None:
        future = self.client.submit(self.work, *job, pure=False, retries=0, workers=workers, allow_other_workers=bool(workers))
        self.under_way[future] = (job, time.monotonic())

    def others(self, futures: list[Any]) -> list[str]:
        """The workers that neither compute nor hold any of these."""
        keys = {future.key for future in futures}
        holding = {worker for worker, busy in self.client.processing().items() if keys & set(busy)}
        holding.update(*self.client.who_has(futures).values())
        return [worker for worker in self.workers() if worker not in holding]

    def collect(self) -> Iterator[tuple[Job, Any]]:
        """The results that came since the last look; chunks whose worker was lost go back.

        A chunk is under way until its result is here, so that none is forgotten when the scheduler goes away meanwhile.
        """
        from distributed import wait

        if not self.under_way:
            time.sleep(LOOK)
            self.alive()
            return
        with contextlib.suppress(TimeoutError, *CANCELLED), self.client.as_current():
            wait(list(self.under_way), timeout=LOOK, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
        self.alive()
        for future in [f for f in self.under_way if f.done()]:
            job, since = self.under_way[future]
            took = time.monotonic() - since
            if job not in self.open:
                del self.under_way[future]  # the other worker was quicker
            elif future.status != "finished":
                del self.under_way[future]
                self.failed(job, future)
            else:
                try:
                    result = future.result(timeout=FETCH * 2 ** self.silent.get(job, 0))
                except TimeoutError:  # whoever holds it stands still: another computes it
                    self.silent[job] = self.silent.get(job, 0) + 1
                    self.submit(job, self.others([future]) or None)
                    del self.under_way[future]
                    continue
                del self.under_way[future]
                self.open.discard(job)
                self.usual = took if self.usual is None else 0.8 * self.usual + 0.2 * took
                yield job, result

    def failed(self, job: Job, future: Any) -> None:
        """Hand a chunk out again; an error of the work itself is raised."""
        from distributed import KilledWorker

        if future.status == "error":
            error = future.exception()
            if not isinstance(error, (KilledWorker, OSError)):
                self.broken = error
                return
            self.attempts[job] = self.attempts.get(job, 0) + 1
            log.warning("draws %s to %s: %s", job[0], job[0] + job[1] - 1, error)
            if self.attempts[job] >= ATTEMPTS:
                self.broken = lost(job)
                return
        self.jobs.append(job)

    # --- the cluster

    def alive(self) -> None:
        """Raise OSError where there is no scheduler to talk to."""
        if self.client.status not in ("running", "newly-created"):
            raise OSError(f"the client is {self.client.status}")

    def workers(self) -> dict[str, Any]:
        return dict(self.client.scheduler_info(n_workers=-1)["workers"])

    def threads(self) -> int:
        return sum(int(w["nthreads"]) for w in self.workers().values())

    def connect(self, *, first: bool = False) -> None:
        """A client that is connected; what the last one held is handed out again."""
        from distributed import Client

        self.jobs.extendleft(sorted({job for job, _ in self.under_way.values()} & self.open, key=lambda job: -job[0]))
        self.under_way.clear()
        if self.client is not None and self.client.status == "running":
            return
        if not first and self.client is not None:
            with contextlib.suppress(Exception):
                self.client.close(timeout=1)
        end = time.monotonic() + (10.0 if first else self.patience)
        while True:
            try:
                self.client = Client(self.address, timeout=5, set_as_default=False)  # type: ignore[no-untyped-call]
            except (OSError, TimeoutError) as error:
                if time.monotonic() > end:
                    fix = "start it with 'dask scheduler', and workers with 'dask worker ADDRESS'"
                    raise MeaningError(f"no Dask scheduler answers ({error})", Place(self.address), fix) from None
                time.sleep(LOOK)
                continue
            return

    def close(self) -> None:
        """Let go of what is still being computed."""
        with contextlib.suppress(Exception):
            self.client.cancel(list(self.under_way))
        if isinstance(self.given, str):
            with contextlib.suppress(Exception):
                self.client.close(timeout=2)


def _distributed() -> None:
    try:
        import distributed  # noqa: F401 - only to say so at once where it is missing
    except ImportError:
        raise MeaningError("a cluster needs the 'distributed' package", fix="pip install 'foedus[cluster]'") from None
