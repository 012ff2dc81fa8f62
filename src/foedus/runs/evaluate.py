"""A program over an ensemble, in chunks that fit the cache, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario

CHUNK = 4096
_T = TypeVar("_T")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunks(start: int, count: int, size: int) -> Iterator[tuple[int, int]]:
    """(start, count) of each chunk; bounds lie on multiples of the size, wherever the whole begins."""
    end = start + count
    while start < end:
        stop = min(end, (start // size + 1) * size)
        yield start, stop - start
        start = stop


def over_chunks(work: Callable[[int, int], _T], start: int, count: int, *, size: int = CHUNK, workers: int | None = None) -> list[_T]:
    """`work(start, count)` for every chunk, in order, on threads."""
    jobs = list(chunks(start, count, size))
    workers = min(workers or cores(), len(jobs))
    if workers <= 1:
        return [work(*job) for job in jobs]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda job: work(*job), jobs))


def evaluate(
    program: Program,
    scenario: Scenario,
    count: int,
    *,
    prior_set: str | None = None,
    seed: int | None = None,
    design: str = "random",
    start: int = 0,
    total: int | None = None,
    workers: int | None = None,
) -> dict[str, Array]:
    """A program's outputs over draws of a scenario's numbers.

    Args:
        program: its inputs are labels of the scenario's numbers.
        count, start, total, prior_set, seed, design: which draws; see `ensemble.draws.draw`.
        workers: threads; all cores by default. The result does not depend on it.

    Returns:
        output name to (count,).
    """
    names = list(program.outputs)

    def work(first: int, size: int) -> Array:
        inputs = draw(
            scenario,
            size,
            prior_set=prior_set,
            seed=seed,
            design=design,
            start=first,
            total=total or start + count,
            only=program.inputs.keys(),
        )
        found = execute(program, inputs)
        return np.stack([np.broadcast_to(found[n], (size,)) for n in names]) if names else np.empty((0, size))

    whole = np.concatenate(over_chunks(work, start, count, workers=workers), axis=1)
    return dict(zip(names, whole, strict=True))


def located(failed: Array, most: int = 5) -> Sequence[int]:
    """The ids of the first draws that failed."""
    return [int(i) for i in np.flatnonzero(failed)[:most]]
