"""A run that keeps no draw: summaries in a folder, for as many draws as are asked for or as an accuracy needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from foedus.errors import MeaningError, NumericalError
from foedus.runs import executors
from foedus.runs.executors import Job, Run
from foedus.runs.folder import Folder, Manifest
from foedus.runs.nodes import Nodes
from foedus.runs.simulation import simulation_identity, simulation_work
from foedus.runs.summaries import BLOCK, Blocks, Records, State, Summary, Together, of
from foedus.scenario.scenario import Scenario

KIND = "summary"
GROWTH = 1.25  # from one look at an accuracy to the next
ATTEMPTS = 3
Enough = Callable[[State], bool]


def summarise(
    scenario: Scenario,
    path: Path | str,
    *,
    resume: bool = False,
    chunk: int | None = None,
    run: Run | None = None,
    others: Mapping[str, Summary] | None = None,
    enough: Enough | None = None,
    known: Mapping[str, Any] | None = None,
    command: str = "",
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Folder:
    """Simulate, and keep counts, moments and quantile sketches of everything recorded.

    Args:
        path, resume, run, command, progress: as for `record.record`.
        chunk: draws computed at a time, rounded up to whole blocks.
        others: further summaries of the same draws, by name.
        enough: asked at fixed numbers of draws whether the state so far is accurate enough; `draws` is then the most.
        known: what else must be the same for the run to go on.
        options: see `simulate.simulate`.

    Raises:
        MeaningError: the folder is taken or holds something else, the disk is full, or an option is wrong.
    """
    work = simulation_work(scenario, options)
    chosen, compiled = work.plan()
    summary = Together({"records": Records(work), **(others or {})})
    size = -(-(chunk or BLOCK) // BLOCK) * BLOCK
    folder = Folder(path)
    told = {**simulation_identity(chosen, compiled), **(known or {})}
    with folder.begun(Manifest(KIND, told, size, command=command), resume=resume) as manifest:
        nodes = Nodes(folder.path, summary.merge)
        draws, state = _grow(nodes, summary, chosen.draws, size, run or executors.threads(), enough, progress)
        folder.ended(manifest, draws=draws, failures=int(state["records/failures"]))
    return folder


def looks(draws: int) -> Iterator[int]:
    """The numbers of draws at which an accuracy is asked for: the same for every way of cutting the run up."""
    blocks, last = 1, -(-draws // BLOCK)
    while blocks < last:
        yield blocks * BLOCK
        blocks = max(blocks + 1, int(blocks * GROWTH))
    yield draws


def _grow(
    nodes: Nodes, summary: Summary, most: int, size: int, run: Run, enough: Enough | None, progress: Callable[[str], None]
) -> tuple[int, State]:
    """Compute what is missing, look by look; returns how many draws there are in the end, and their state."""
    begun = nodes.reach() * BLOCK
    for draws in looks(most) if enough is not None else (most,):
        if draws < begun and draws < most:
            continue  # an earlier process looked, and went on
        for _ in range(ATTEMPTS):
            _compute(nodes, summary, draws, size, run, progress)
            state = nodes.total()
            if state is not None and int(state["records/draws"]) == draws:
                break
        else:
            raise NumericalError("what was written cannot be read back; the disk may be failing")
        if draws == most or (enough is not None and enough(state)):
            return draws, state
    raise AssertionError("the last look is at all draws")


def _compute(nodes: Nodes, summary: Summary, draws: int, size: int, run: Run, progress: Callable[[str], None]) -> None:
    gaps = nodes.missing(-(-draws // BLOCK))
    left = sum(count for _, count in gaps) * BLOCK
    for (_, count), found in run(Blocks(summary), _jobs(gaps, draws, size)):
        for node in found:
            nodes.add(node)
        left -= count
        progress(f"{draws - max(left, 0):,} of {draws:,} draws")


def _jobs(gaps: list[tuple[int, int]], draws: int, size: int) -> Iterator[Job]:
    """The chunks that fill the gaps, none of which crosses a multiple of the size."""
    for first, count in gaps:
        at, end = first * BLOCK, min((first + count) * BLOCK, draws)
        while at < end:
            stop = min(end, (at // size + 1) * size)
            yield at, stop - at
            at = stop


def state_of(path: Path | str, merges: Mapping[str, Callable[[State, State], State]]) -> State:
    """The state of a summary, also while it grows.

    Args:
        merges: how each part of it is merged, by name.

    Raises:
        InputError: no run, one of another kind, or one without a single block yet.
    """
    folder = Folder(path)
    manifest = folder.manifest()
    if manifest.kind != KIND:
        raise MeaningError(f"a run of the kind '{manifest.kind}' has no summary", folder.place, "see 'foedus runs show'")

    def merge(first: State, second: State) -> State:
        both = {name: fold(of(first, name), of(second, name)) for name, fold in merges.items() if of(first, name)}
        return {f"{name}/{key}": value for name, state in both.items() for key, value in state.items()}

    state = Nodes(folder.path, merge).total(read_only=True)
    if state is None:
        raise MeaningError("nothing is summed up yet", folder.place, "wait for the first block, or give --resume")
    return state


def damaged(folder: Folder) -> list[int]:
    """The first blocks of the nodes that cannot be read."""
    nodes = Nodes(folder.path, lambda first, _: first)
    return [number << level for level, number in nodes.names(tidy=False) if nodes.get(level, number, tidy=False) is None]
