"""A program over an ensemble, in chunks that fit the cache, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from foedus.ensemble.draws import draw_sets
from foedus.ensemble.streams import Array
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.scenario.scenario import Scenario

CHUNK, WIDE = 4096, 32_768  # draws; wide for programs with equations, whose last few draws take as long as all others
WORTH_COMPILING = 4e9  # instructions times draws from which machine code is quicker, its compilation included
WORTH_FOLLOWING = 2e4  # draws from which machine code is quicker for equations
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


def over_chunks(
    work: Callable[[int, int], _T], start: int, count: int, *, size: int = CHUNK, workers: int | None = None
) -> list[_T]:
    """`work(start, count)` for every chunk, in order, on threads."""
    jobs = list(chunks(start, count, size))
    workers = min(workers or cores(), len(jobs))
    if workers <= 1:
        return [work(*job) for job in jobs]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda job: work(*job), jobs))


def executor(program: Program, draws: float) -> Callable[[Mapping[str, Array], int], dict[str, Array]]:
    """How to run a program over chunks of so many draws: by NumPy, or as machine code where that pays for its compilation.

    Returns:
        A function of inputs, each (draw,) or (), and the number of draws, to outputs, each (draw,).
    """
    if program.implicit or len(program) * draws < WORTH_COMPILING:
        quick = draws >= WORTH_FOLLOWING
        return lambda inputs, size: {n: np.broadcast_to(v, (size,)) for n, v in execute(program, inputs, compiled=quick).items()}
    from foedus.program.compiled import compile_program  # its compiler is imported only where it is worth its time

    compiled = compile_program(program, list(program.inputs))

    def run(inputs: Mapping[str, Array], size: int) -> dict[str, Array]:
        rows = np.stack([np.broadcast_to(inputs[name], (size,)) for name in compiled.inputs])
        return dict(zip(compiled.outputs, compiled.run(rows, threads=1), strict=True))

    run({name: np.ones(1) for name in compiled.inputs}, 1)  # compile before threads ask for it
    return run


def over_ensemble(
    program: Program,
    scenario: Scenario,
    count: int,
    reduce: Callable[[int, Mapping[str, Array]], _T],
    *,
    prior_sets: Sequence[str] | None = None,
    seed: int | None = None,
    design: str = "random",
    start: int = 0,
    total: int | None = None,
    workers: int | None = None,
    programs: Mapping[str, Program] | None = None,
) -> dict[str, list[_T]]:
    """A program over draws of a scenario's numbers, chunk by chunk, so that memory does not grow with the draws.

    Args:
        program: its inputs are labels of the scenario's numbers.
        count, start, total, seed, design: which draws; see `ensemble.draws.draw`.
        prior_sets: under which; the reference by default. All share their random numbers.
        reduce: the id of a chunk's first draw and its outputs, each (draw,), to what is wanted of them.
        workers: threads; all cores by default. The result does not depend on it.
        programs: prior set to another program, whose inputs are among the first one's.

    Returns:
        For each prior set what `reduce` gave for each chunk, in order.
    """
    whole, names = total or start + count, list(prior_sets or [scenario.reference])
    own = {name: (programs or {}).get(name, program) for name in names}
    runs = {id(p): executor(p, float(count) * sum(q is p for q in own.values())) for p in own.values()}

    def work(first: int, size: int) -> list[_T]:
        drawn = draw_sets(scenario, size, names, seed=seed, design=design, start=first, total=whole, only=program.inputs.keys())
        return [reduce(first, runs[id(own[name])](drawn[name], size)) for name in names]

    parts = over_chunks(work, start, count, size=WIDE if program.implicit else CHUNK, workers=workers)
    return {name: [part[k] for part in parts] for k, name in enumerate(names)}


def evaluate(program: Program, scenario: Scenario, count: int, *, prior_set: str | None = None, **which: Any) -> dict[str, Array]:
    """A program's outputs over draws of a scenario's numbers: output name to (count,). See `over_ensemble`."""
    name = prior_set or scenario.reference
    parts = over_ensemble(program, scenario, count, lambda _, outputs: outputs, prior_sets=[name], **which)[name]
    return {output: np.concatenate([part[output] for part in parts]) for output in program.outputs}
