"""Every draw of a simulation into a run's folder, chunk by chunk; what was interrupted goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.errors import MeaningError
from foedus.runs import arrays, executors, layout
from foedus.runs.executors import Job, Run
from foedus.runs.folder import Folder, Manifest
from foedus.runs.keeping import Keeper, Sent, Store, kept
from foedus.runs.simulation import Simulation, chunk_of, rows_of, simulation_identity, simulation_work
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

KIND = "draws"


def record(
    scenario: Scenario,
    path: Path | str,
    *,
    resume: bool = False,
    chunk: int | None = None,
    run: Run | None = None,
    command: str = "",
    progress: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Folder:
    """Simulate into a folder.

    Args:
        path: the folder, which is made; with `resume` it may hold the same run, unfinished or damaged, which is then completed.
        chunk: draws computed and written at a time; by default, what takes some hundred megabytes of memory.
        run: the executor; threads on all cores by default. See `executors` and `cluster`.
        command: kept in the manifest.
        progress: told how far it is.
        options: see `simulate.simulate`.

    Returns:
        The folder of the complete run.

    Raises:
        MeaningError: the folder is taken or holds something else, the disk is full, or an option is wrong.
    """
    work = simulation_work(scenario, options)
    chosen, compiled = work.plan()
    known = simulation_identity(chosen, compiled)
    size = chunk or chunk_of(chosen)
    folder = Folder(path)
    if resume and (folder.path / "run.json").exists():
        size = folder.manifest().chunk
    variables = layout.variables(chosen)
    with folder.begun(
        Manifest(KIND, known, size, command=command, notes={"arrays": {v.name: list(v.shape) for v in variables}}),
        resume=resume,
        lay_out=lambda at: arrays.lay_out(at, variables, layout.coordinates(chosen), chosen.draws, size),
    ) as manifest:
        store = Store(folder, variables, rows_of(chosen), size, chosen.draws)
        _fill(store, work, run or executors.threads(), progress)
        failures = sum(entry["failures"] for entry in folder.journal())
        folder.ended(manifest, failures=failures)
    return folder


def _fill(store: Store, work: Simulation, run: Run, progress: Callable[[str], None]) -> None:
    """Compute what is missing; then look at what an earlier process wrote, and compute anew what is damaged."""
    jobs: dict[int, int] = dict(store.jobs())
    noted = store.folder.journal()
    sound = {e["chunk"]: e for e in noted if jobs.get(e["start"]) == e["count"] and store.there(e["chunk"])}
    if len(sound) < len(noted):
        store.folder.rewrite(sound.values())
    _compute(store, work, run, [(s, c) for s, c in jobs.items() if s // store.chunk not in sound], progress)
    # reading everything back takes longer than a resumed run should wait before it computes
    damaged = []
    for k, entry in enumerate(sound.values()):
        progress(f"checking what was there: {k + 1} of {len(sound)} chunks")
        if not store.sound(entry):
            damaged.append(entry)
    if damaged:
        bad = {e["chunk"] for e in damaged}
        store.folder.rewrite(e for e in store.folder.journal() if e["chunk"] not in bad)
        _compute(store, work, run, [(e["start"], e["count"]) for e in damaged], progress)


def _compute(store: Store, work: Simulation, run: Run, jobs: list[Job], progress: Callable[[str], None]) -> None:
    if not jobs:
        return
    done = store.draws - sum(count for _, count in jobs)
    for entry in _entries(store, work, run, jobs):
        store.folder.note(entry)
        done += entry["count"]
        progress(f"{done:,} of {store.draws:,} draws")


def _entries(store: Store, work: Simulation, run: Run, jobs: list[Job]) -> Iterator[dict[str, Any]]:
    """The journal's line for each chunk, once it is written: by those who computed it, where they are of this machine."""
    if threads := getattr(run, "threads", 0):
        yield from Keeper(store, work, threads).entries(run, jobs)
    elif getattr(run, "near", True):
        for _, entry in run(kept(store, work), jobs):
            yield entry
    else:
        wanted = tuple(dict.fromkeys(row for v in store.variables for row in v.rows))
        for (start, _), rows in run(Sent(work, wanted), jobs):
            yield store.keep(start, wanted, rows)


# --- what a run holds


def opened(path: Path | str) -> xr.Dataset:
    """The draws of a run that are done, also while others are still being computed.

    Returns:
        A dataset that reads what is asked for, with the ids of the draws as the coordinate `draw`.

    Raises:
        InputError: no run, or none that keeps draws.
    """
    folder = Folder(path)
    manifest = folder.manifest()
    if manifest.kind != KIND:
        raise MeaningError(f"a run of the kind '{manifest.kind}' keeps no draws", folder.place, "see 'foedus runs show'")
    done = sorted((e["start"], e["count"]) for e in folder.journal())
    found = arrays.opened(folder.path)[list(manifest.notes["arrays"])]
    ids = np.concatenate([np.arange(s, s + c) for s, c in done]) if done else np.empty(0, dtype=np.int64)
    whole = len(ids) == manifest.identity["draws"]
    return (found if whole else found.isel(draw=ids)).assign_coords(draw=ids)


def damaged(folder: Folder) -> list[int]:
    """The chunks that are not there as they were written."""
    told = folder.manifest()
    size = min(told.chunk, told.identity["draws"])
    return [
        e["chunk"]
        for e in folder.journal()
        if arrays.checksum(folder.path, told.notes["arrays"], e["chunk"], size) != int(e["crc"])
    ]
