"""Where the chunks of a run are computed: in this process, on its threads, on processes of this machine, or on a Dask cluster.

Work is a function that can be sent to another process. Which executor takes it, in what order chunks come back,
and how often one had to be computed again, changes no number.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from foedus.errors import NumericalError
from foedus.runs.evaluate import cores

Job = tuple[Any, ...]  # what the work is called with; the first two say which draws: (start, count)
Work = Callable[..., Any]
Run = Callable[[Work, Iterable[Job]], Iterator[tuple[Job, Any]]]
ATTEMPTS = 5  # that a chunk may take its worker down with it
_T = TypeVar("_T")


def here(work: Callable[..., _T], jobs: Iterable[Job]) -> Iterator[tuple[Job, _T]]:
    """In this process, one chunk after the other."""
    for job in jobs:
        yield job, work(*job)


def threads(workers: int | None = None) -> Run:
    """On threads of this process: what computes lets go of Python meanwhile. All cores by default."""
    count = workers or cores()

    def run(work: Work, jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        if count == 1:
            yield from here(work, jobs)
            return
        with ThreadPoolExecutor(count) as pool:
            yield from _pooled(pool, work, iter(jobs), count + 1)

    run.threads = count  # type: ignore[attr-defined]  # of this process: they may share what they write with
    return run


def processes(workers: int | None = None) -> Run:
    """On processes of this machine, for work that is mostly Python; one that dies costs the chunks that it and its like held."""
    count = workers or cores()

    def run(work: Work, jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        left = dict.fromkeys(jobs, 0)
        while left:
            # not forked: a fork would hold the run's lock for as long as it lives
            with ProcessPoolExecutor(min(count, len(left)), mp_context=multiprocessing.get_context("spawn")) as pool:
                try:
                    for job, found in _pooled(pool, work, iter(list(left)), count + 1):
                        del left[job]
                        yield job, found
                except BrokenProcessPool:
                    first = next(iter(left))
                    left[first] += 1
                    if left[first] >= ATTEMPTS:
                        raise lost(first) from None

    return run


def _pooled(pool: Executor, work: Work, jobs: Iterator[Job], most: int) -> Iterator[tuple[Job, Any]]:
    """Results as they come, with no more than so many chunks under way."""
    under_way: dict[Future[Any], Job] = {}
    try:
        while True:
            while len(under_way) < most and (job := next(jobs, None)) is not None:
                under_way[pool.submit(work, *job)] = job
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield under_way.pop(future), future.result()
    finally:
        for future in under_way:
            future.cancel()


def lost(job: Job) -> NumericalError:
    """The error for a chunk that no worker survives."""
    return NumericalError(
        f"{ATTEMPTS} workers were lost while they computed draws {job[0]:,} to {job[0] + job[1] - 1:,}; "
        "they may lack memory: give them more, or ask for smaller chunks with --chunk"
    )
