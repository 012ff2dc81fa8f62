"""Every draw of a simulation into a run's folder, chunk by chunk; what was interrupted goes on where it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.ensemble.streams import Array
from foedus.protocol.protocol import flat_names
from foedus.runs import arrays, executors
from foedus.runs.arrays import Variable
from foedus.runs.executors import Job, Run
from foedus.runs.folder import Folder, Manifest, identity
from foedus.runs.simulate import Plan, about, attributes, compiled_for, plan, run_piece
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

KIND = "draws"
CHUNK_BYTES = 1 << 27  # of a chunk in memory
SMALLEST, LARGEST = 256, 65_536  # draws of a chunk
PIECE = 4096  # draws computed at a time: what fits the cache
LOCATED = 20  # failed draws whose ids a chunk notes
_plans: dict[str, tuple[Plan, bool]] = {}
_planning = threading.Lock()


@dataclass(frozen=True)
class Simulation:
    """The draws of a simulation as work that any process can take; its plan is made once in each.

    Attributes:
        options: of `simulate.plan`, `executor` included.
        key: what tells this simulation from others.
    """

    scenario: Scenario
    options: dict[str, Any]
    key: str = field(compare=False)

    def plan(self) -> tuple[Plan, bool]:
        """What to compute, and whether as machine code."""
        with _planning:
            if self.key not in _plans:
                options = dict(self.options)
                executor = options.pop("executor", "auto")
                found = plan(self.scenario, **options)
                compiled = compiled_for(found, executor)
                if compiled:
                    run_piece(found, 0, 1, compiled=True, threads=1)  # compile before threads ask for it
                while len(_plans) > 8:  # a worker may serve many runs
                    del _plans[next(iter(_plans))]
                _plans[self.key] = (found, compiled)
            return _plans[self.key]

    def __call__(self, start: int, count: int) -> list[Array]:
        """The records of some draws, (policy, crisis, record, draw), and (parameter, draw), their failure as one more."""
        chosen, compiled = self.plan()
        policies, crises, _ = chosen.controls.shape
        records = np.empty((policies, crises, len(chosen.recurrence.records), count))
        numbers = np.empty((len(chosen.recurrence.parameters) + 1, count))
        for at in range(0, count, PIECE):
            here = slice(at, min(at + PIECE, count))
            numbers[:-1, here], records[..., here] = run_piece(chosen, start + at, here.stop - at, compiled=compiled, threads=1)
            numbers[-1, here] = ~np.isfinite(records[..., here]).all(axis=(0, 1, 2))
        return [records, numbers]


@dataclass(frozen=True)
class _Keep:
    """Work together with the writing of its chunks, for threads of this process."""

    work: Simulation
    store: Store

    def __call__(self, start: int, count: int) -> dict[str, Any]:
        return self.store.keep(start, self.work(start, count))


@dataclass(frozen=True)
class Store:
    """The arrays of a run, to write."""

    folder: Folder
    variables: Sequence[Variable]
    chunk: int
    draws: int

    def keep(self, start: int, parts: Sequence[Array]) -> dict[str, Any]:
        """Write a chunk; returns its line for the journal."""
        check = arrays.write_chunk(self.folder.path, self.variables, start // self.chunk, self.size, parts)
        failed = np.flatnonzero(parts[1][-1])
        return {
            "chunk": start // self.chunk,
            "start": start,
            "count": int(parts[0].shape[-1]),
            "crc": check,
            "failures": int(failed.size),
            "failed": [start + int(k) for k in failed[:LOCATED]],
        }

    @property
    def size(self) -> int:
        """Draws of a chunk as stored."""
        return min(self.chunk, self.draws)

    def jobs(self) -> Iterator[Job]:
        """Every chunk."""
        for start in range(0, self.draws, self.chunk):
            yield start, min(self.chunk, self.draws - start)

    def sound(self, entry: dict[str, Any], *, quick: bool) -> bool:
        """Whether a chunk lies there as it was written; `quick`: by the sizes of its files alone."""
        if quick:
            return arrays.there(self.folder.path, self.variables, entry["chunk"], self.size)
        return arrays.checksum(self.folder.path, self.variables, entry["chunk"], self.size) == int(entry["crc"])


def record(
    scenario: Scenario,
    path: Path | str,
    *,
    resume: bool = False,
    chunk: int | None = None,
    run: Run | None = None,
    command: str = "",
    progress: Any = lambda _: None,
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
    variables, first = layout(chosen)
    with folder.begun(
        Manifest(KIND, known, size, command=command, notes={"arrays": [v.name for v in variables]}),
        resume=resume,
        lay_out=lambda at: arrays.lay_out(at, variables, first, chosen.draws, size),
    ) as manifest:
        store = Store(folder, variables, size, chosen.draws)
        _fill(store, work, run or executors.threads(), progress)
        failures = sum(entry["failures"] for entry in folder.journal())
        folder.ended(manifest, failures=failures)
    return folder


def simulation_work(scenario: Scenario, options: dict[str, Any]) -> Simulation:
    """A simulation as work; the options are those of `simulate.plan`, and `executor`."""
    key = repr((scenario.digest, scenario.name, posterior_of(scenario), sorted(options.items(), key=str)))
    return Simulation(scenario, options, key)


def simulation_identity(chosen: Plan, compiled: bool) -> dict[str, Any]:
    """What makes a simulation this one and no other."""
    return identity(
        chosen.scenario.digest,
        scenario=chosen.scenario.name,
        protocol=chosen.scenario.protocol.name,
        prior_set=chosen.prior_set,
        posterior=posterior_of(chosen.scenario),
        seed=chosen.seed,
        design=chosen.design,
        draws=chosen.draws,
        crises=chosen.controls.shape[1],
        policies=list(chosen.policies),
        play="sampled" if chosen.recurrence.noise else "expected",
        records=list(chosen.recurrence.records),
        executor="compiled" if compiled else "numpy",
    )


def posterior_of(scenario: Scenario) -> str | None:
    """The digest of the posterior that the scenario is drawn from, if any."""
    return scenario.posterior.digest if scenario.posterior else None


def chunk_of(chosen: Plan) -> int:
    """Draws of a chunk: a power of two, whatever the run's length, so that runs can be compared."""
    policies, crises, _ = chosen.controls.shape
    bytes_a_draw = 8 * (policies * crises * len(chosen.recurrence.records) + len(chosen.recurrence.parameters))
    size = LARGEST
    while size > SMALLEST and size * bytes_a_draw > CHUNK_BYTES:
        size //= 2
    return size


def _fill(store: Store, work: Simulation, run: Run, progress: Any) -> None:
    """Compute what is missing; then look at what an earlier process wrote, and compute anew what is damaged."""
    jobs: dict[int, int] = dict(store.jobs())
    written = set[int]()
    old = [e for e in store.folder.journal() if jobs.get(e["start"]) == e["count"]]
    sound = {e["chunk"]: e for e in old if store.sound(e, quick=True)}
    if len(sound) < len(store.folder.journal()):
        store.folder.rewrite(sound.values())
    _compute(store, work, run, [(s, c) for s, c in jobs.items() if s // store.chunk not in sound], written, progress)
    # reading everything back takes longer than a resumed run should wait before it computes
    damaged = []
    for k, entry in enumerate(sound.values()):
        progress(f"checking what was there: {k + 1} of {len(sound)} chunks")
        if not store.sound(entry, quick=False):
            damaged.append(entry)
    if damaged:
        bad = {e["chunk"] for e in damaged}
        store.folder.rewrite(e for e in store.folder.journal() if e["chunk"] not in bad)
        _compute(store, work, run, [(e["start"], e["count"]) for e in damaged], written, progress)


def _compute(store: Store, work: Simulation, run: Run, jobs: list[Job], written: set[int], progress: Any) -> None:
    if not jobs:
        return
    done, total = store.draws - sum(count for _, count in jobs), store.draws
    near = getattr(run, "near", True)  # whoever computes a chunk writes it, where that is one of our own threads or processes
    found = run(_Keep(work, store), jobs) if near else run(work, jobs)
    for (start, count), result in found:
        store.folder.note(result if near else store.keep(start, result))
        written.add(start // store.chunk)
        done += count
        progress(f"{done:,} of {total:,} draws")


# --- what a run holds


def layout(chosen: Plan) -> tuple[list[Variable], xr.Dataset]:
    """The arrays of a simulation, and its coordinates and attributes."""
    import xarray as xr

    protocol, scenario = chosen.scenario.protocol, chosen.scenario
    at = {label: k for k, label in enumerate(chosen.recurrence.records)}
    policies, crises, _ = chosen.controls.shape
    coords: dict[str, Any] = {"policy": list(chosen.policies), "crisis": np.arange(1, crises + 1)}
    found: list[Variable] = []

    def rows(labels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        return tuple((0, p, t, at[n]) for p in range(policies) for t in range(crises) for n in labels)

    for quantity in [*protocol.state.values(), *protocol.measures.values()]:
        labels = flat_names(protocol, {quantity.name: quantity})
        if not all(label in at for label in labels):
            continue
        dims, shape = ["policy", "crisis"], [policies, crises]
        if quantity.over is not None:
            coords[quantity.over] = list(protocol.sets[quantity.over])
            dims, shape = [*dims, quantity.over], [*shape, len(labels)]
        found.append(Variable(quantity.name, (*dims, "draw"), tuple(shape), rows(labels), about(quantity)))
    for name, mark in protocol.marks.items():
        if f"mark:{name}" in at:
            found.append(
                Variable(f"mark_{name}", ("policy", "crisis", "draw"), (policies, crises), rows([f"mark:{name}"]), about(mark))
            )
    numbers = scenario.numbers(chosen.prior_set)
    for k, label in enumerate(chosen.recurrence.parameters):
        told = {"prior": numbers[label].shown, "long_name": label, "units": numbers[label].unit}
        found.append(Variable(f"number_{label.replace('[', '_').rstrip(']')}", ("draw",), (), ((1, k),), told))
    failed = {"long_name": "1 where something is not finite"}
    found.append(Variable("failed", ("draw",), (), ((1, len(chosen.recurrence.parameters)),), failed))
    return found, xr.Dataset(coords=coords, attrs=dict(attributes(chosen)))


def opened(path: Path | str) -> xr.Dataset:
    """The draws of a run that are done, also while others are still being computed.

    Returns:
        A dataset that reads what is asked for, with the ids of the draws as the coordinate `draw`.

    Raises:
        InputError: no run, or none that keeps draws.
    """
    from foedus.errors import MeaningError

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
    found = arrays.opened(folder.path)
    known = folder.manifest()
    sizes = {str(name): tuple(v.sizes[d] for d in v.dims[:-1]) for name, v in found.data_vars.items()}
    variables = [Variable(name, ("",) * (len(shape) + 1), shape, (), {}) for name, shape in sizes.items()]
    order = {name: k for k, name in enumerate(known.notes["arrays"])}
    store = Store(folder, sorted(variables, key=lambda v: order[v.name]), known.chunk, known.identity["draws"])
    return [e["chunk"] for e in folder.journal() if not store.sound(e, quick=False)]
