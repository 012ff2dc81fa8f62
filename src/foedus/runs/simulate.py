"""Run a scenario forward: crisis after crisis, every policy under the same random numbers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

import foedus
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array, uniforms
from foedus.errors import MeaningError, nearest
from foedus.model.dynamics import Play, recurrence
from foedus.program.numpy_executor import iterate
from foedus.program.recurrence import Recurrence
from foedus.protocol.protocol import Protocol, Quantity, flat_names
from foedus.runs.evaluate import CHUNK, chunks, over_chunks
from foedus.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

    from foedus.program.compiled import CompiledRecurrence

Executor = Literal["auto", "numpy", "compiled"]
PIECE_BYTES = 1 << 26  # records held at a time
NUMBERS = {"long_name": "the uncertain numbers, as drawn"}
WORTH_COMPILING = 1e9  # instructions times draws from which machine code is quicker, its compilation included


@dataclass(frozen=True)
class Plan:
    """What a simulation computes.

    Attributes:
        recurrence: one crisis as a program.
        labels: label to parameter column, for the uncertain numbers.
        policies: the names of the policies, in order.
        controls: (policy, crisis, lever).
    """

    scenario: Scenario
    recurrence: Recurrence
    policies: tuple[str, ...]
    controls: Array
    prior_set: str
    seed: int
    design: str
    draws: int

    @cached_property
    def compiled(self) -> CompiledRecurrence:
        """The recurrence as machine code."""
        from foedus.program.compiled import compile_recurrence  # its compiler is imported only where it is worth its time

        return compile_recurrence(self.recurrence, keep_records=True)


def plan(
    scenario: Scenario,
    *,
    draws: int | None = None,
    crises: int | None = None,
    policies: Sequence[str] | None = None,
    prior_set: str | None = None,
    seed: int | None = None,
    design: str = "random",
    play: Play = "expected",
    records: Sequence[str] | None = None,
) -> Plan:
    """Decide what to compute; see `simulate` for the arguments.

    Raises:
        MeaningError: an unknown policy, prior set, design or record.
    """
    names = tuple(policies or scenario.policies)
    for name in names:
        if name not in scenario.policies:
            raise MeaningError(f"no policy '{name}'", fix=nearest(name, scenario.policies))
    known = {label: number.value for label, number in scenario.numbers(prior_set).items() if number.value is not None}
    wanted = default_records(scenario.protocol) if records is None else list(records)
    for label in wanted:
        if label not in default_records(scenario.protocol):
            raise MeaningError(f"nothing to record is called '{label}'", fix=nearest(label, default_records(scenario.protocol)))
    steps = recurrence(scenario.protocol, play=play, records=wanted, known=known, forced=scenario.forced)
    return Plan(
        scenario,
        steps,
        names,
        controls(scenario, names, crises or scenario.horizon),
        prior_set or scenario.reference,
        scenario.seed if seed is None else seed,
        design,
        draws or scenario.draws,
    )


def default_records(protocol: Protocol) -> list[str]:
    """Every state and measure, and `mark:` every mark."""
    return [
        *flat_names(protocol, protocol.state),
        *flat_names(protocol, protocol.measures),
        *(f"mark:{m}" for m in protocol.marks),
    ]


def controls(scenario: Scenario, policies: Sequence[str], crises: int) -> Array:
    """Lever settings, (policy, crisis, lever); a policy's last setting holds for crises beyond the horizon.

    Where moves are forced, a last column says in which crisis: the first.
    """
    levers = len(scenario.protocol.levers)
    table = np.zeros((len(policies), crises, levers + bool(scenario.forced)))
    table[:, 0, levers:] = 1.0
    for p, name in enumerate(policies):
        settings = scenario.policies[name].settings
        for t in range(crises):
            table[p, t, :levers] = [settings[min(t, len(settings) - 1)].get(lever, 0.0) for lever in scenario.protocol.levers]
    return table


def run_piece(plan: Plan, start: int, count: int, *, compiled: bool, threads: int | None = None) -> tuple[Array, Array]:
    """The uncertain numbers of some draws of a plan, (parameter, draw), and their records, (policy, crisis, record, draw)."""
    parameters = np.empty((len(plan.recurrence.parameters), count))
    noise = _drawn(plan, parameters, start, count)
    if not compiled:
        return parameters, iterate(plan.recurrence, parameters, plan.controls, noise)[1]
    return parameters, plan.compiled.iterate(parameters, plan.controls, noise, threads)[1]


def fill_piece(plan: Plan, parameters: Array, records: Array, start: int, first: int, stop: int, *, compiled: bool) -> None:
    """Compute some of many draws into their place.

    Args:
        parameters: (parameter, draw), written into. records: (policy, crisis, record, draw), written into.
        start: the id of the first draw of both. first, stop: which are computed; see `CompiledRecurrence.fill`.
    """
    noise = _drawn(plan, parameters[:, first:stop], start + first, stop - first)
    if not compiled:
        records[..., first:stop] = iterate(plan.recurrence, parameters[:, first:stop], plan.controls, noise)[1]
        return
    periods = plan.controls.shape[1]
    whole = np.empty((periods, len(plan.recurrence.noise), parameters.shape[1]))
    if noise is not None:
        whole[..., first:stop] = noise
    plan.compiled.fill(parameters, plan.controls, whole, records, first, stop)


def _drawn(plan: Plan, parameters: Array, start: int, count: int) -> Array | None:
    """Draw the uncertain numbers into (parameter, draw); what chance decides, (crisis, noise, draw), if it decides anything."""
    _draw_numbers(plan, parameters, start)
    if not plan.recurrence.noise:
        return None
    crises = range(plan.controls.shape[1])
    return np.stack([[uniforms(plan.seed, f"{name}:{t}", start, count) for name in plan.recurrence.noise] for t in crises])


def _draw_numbers(plan: Plan, parameters: Array, start: int) -> None:
    drawn = draw(
        plan.scenario,
        parameters.shape[1],
        prior_set=plan.prior_set,
        seed=plan.seed,
        design=plan.design,
        start=start,
        total=plan.draws,
        only=set(plan.recurrence.parameters),
    )
    for row, label in zip(parameters, plan.recurrence.parameters, strict=True):
        row[:] = drawn[label]


def compiled_for(plan: Plan, executor: Executor = "auto") -> bool:
    """Whether machine code is quicker for a plan, its compilation included; for the whole of it, whatever its chunks."""
    policies, crises, _ = plan.controls.shape
    work = float(plan.draws) * policies * crises * len(plan.recurrence.step)
    return executor == "compiled" or (executor == "auto" and work > WORTH_COMPILING)


def pieces(plan: Plan, executor: Executor = "auto") -> Iterator[Array]:
    """The records of a plan, (policy, crisis, record, draw), some draws at a time."""
    policies, crises, _ = plan.controls.shape
    compiled = compiled_for(plan, executor)
    bytes_a_draw = 8 * policies * crises * max(len(plan.recurrence.records), 1)
    size = max(PIECE_BYTES // bytes_a_draw // CHUNK, 1) * CHUNK
    for start, count in chunks(0, plan.draws, size):
        if compiled:  # its threads are its own
            yield run_piece(plan, start, count, compiled=True)[1]
        else:
            yield np.concatenate(over_chunks(lambda s, c: run_piece(plan, s, c, compiled=False)[1], start, count), axis=-1)


def simulate(
    scenario: Scenario,
    *,
    draws: int | None = None,
    crises: int | None = None,
    policies: Sequence[str] | None = None,
    prior_set: str | None = None,
    seed: int | None = None,
    design: str = "random",
    play: Play = "expected",
    records: Sequence[str] | None = None,
    executor: Executor = "auto",
) -> xr.Dataset:
    """Run a scenario forward and keep what happened.

    Play is followed from the first crisis on; moves that the scenario says were observed are not taken as seen, as `audit` and
    `compare` take them. Forced moves are made.

    Args:
        draws, crises: how many; the scenario's own draws and horizon by default.
        policies: which; all by default. All share their random numbers.
        prior_set, seed, design: of the draws; see `ensemble.draws.draw`.
        play: each crisis inherits expected marks, or those of one play picked at random.
        records: what to keep; every state, measure and mark by default (see `default_records`).
        executor: the NumPy reference, machine code, or whichever is quicker.

    Returns:
        A dataset with dims (policy, crisis, draw), for indexed quantities also their set; `numbers` holds the uncertain numbers,
        (number, draw), and `failed` marks the draws for which something is not finite. Units and meanings are in attributes.
    """
    chosen = plan(
        scenario,
        draws=draws,
        crises=crises,
        policies=policies,
        prior_set=prior_set,
        seed=seed,
        design=design,
        play=play,
        records=records,
    )
    return dataset(chosen, np.concatenate(list(pieces(chosen, executor)), axis=-1))


@dataclass(frozen=True)
class Moments:
    """Counts, means and standard deviations over draws, (policy, crisis, record), and how many draws were not finite."""

    records: tuple[str, ...]
    count: Array
    mean: Array
    sd: Array
    failures: int


def moments(plan: Plan, executor: Executor = "auto") -> Moments:
    """Means and standard deviations of a plan's records, in memory that does not grow with the draws."""
    shape = (*plan.controls.shape[:2], len(plan.recurrence.records))
    count, mean, squares, failures = np.zeros(shape), np.zeros(shape), np.zeros(shape), 0
    for part in pieces(plan, executor):
        finite = np.isfinite(part)
        failures += int((~finite.all(axis=(0, 1, 2))).sum())
        here = finite.sum(axis=-1).astype(float)
        values = np.where(finite, part, 0.0)
        average = values.sum(axis=-1) / np.maximum(here, 1)
        spread = (np.where(finite, part - average[..., None], 0.0) ** 2).sum(axis=-1)
        both = np.maximum(count + here, 1)  # the pairwise update of Chan, Golub and LeVeque 1983
        squares += spread + (average - mean) ** 2 * count * here / both
        mean += (average - mean) * here / both
        count += here
    return Moments(plan.recurrence.records, count, mean, np.sqrt(squares / np.maximum(count - 1, 1)), failures)


def dataset(plan: Plan, records: Array) -> xr.Dataset:
    """Records as labelled data."""
    import xarray as xr

    protocol = plan.scenario.protocol
    at = {label: k for k, label in enumerate(plan.recurrence.records)}
    variables: dict[str, tuple[tuple[str, ...], NDArray[Any], dict[str, str]]] = {}
    coords: dict[str, object] = {"policy": list(plan.policies), "crisis": np.arange(1, records.shape[1] + 1)}
    for quantity in [*protocol.state.values(), *protocol.measures.values()]:
        labels = flat_names(protocol, {quantity.name: quantity})
        if not all(label in at for label in labels):
            continue
        values = records[:, :, [at[label] for label in labels], :]
        if quantity.over is None:
            variables[quantity.name] = (("policy", "crisis", "draw"), values[:, :, 0], about(quantity))
        else:
            coords[quantity.over] = list(protocol.sets[quantity.over])
            variables[quantity.name] = (("policy", "crisis", quantity.over, "draw"), values, about(quantity))
    for name, mark in protocol.marks.items():
        if f"mark:{name}" in at:
            variables[f"mark_{name}"] = (("policy", "crisis", "draw"), records[:, :, at[f"mark:{name}"]], about(mark))
    if plan.recurrence.parameters:
        drawn = np.empty((len(plan.recurrence.parameters), plan.draws))
        _draw_numbers(plan, drawn, 0)
        variables["numbers"] = (("number", "draw"), drawn, NUMBERS)
        coords |= about_numbers(plan)
    failed = ~np.isfinite(records).all(axis=(0, 1, 2))
    variables["failed"] = (("draw",), np.asarray(failed, dtype=np.int8), {"long_name": "1 where something is not finite"})
    return xr.Dataset(dict(variables), coords=coords, attrs=attributes(plan))


def about(quantity: Quantity) -> dict[str, str]:
    """Unit and meaning, as attributes of an array."""
    return {"units": str(quantity.unit), "long_name": quantity.meaning}


def about_numbers(plan: Plan) -> dict[str, tuple[str, list[str]]]:
    """The uncertain numbers' names, priors and units, as coordinates."""
    numbers, labels = plan.scenario.numbers(plan.prior_set), plan.recurrence.parameters
    return {
        "number": ("number", list(labels)),
        "number_prior": ("number", [numbers[label].shown for label in labels]),
        "number_unit": ("number", [str(numbers[label].unit) for label in labels]),
    }


def attributes(plan: Plan) -> Mapping[str, str | int]:
    """What a dataset says of itself."""
    return {
        "scenario": plan.scenario.name,
        "digest": plan.scenario.digest,
        "protocol": plan.scenario.protocol.name,
        "prior_set": plan.prior_set,
        "seed": plan.seed,
        "design": plan.design,
        "draws": plan.draws,
        "play": "sampled" if plan.recurrence.noise else "expected",
        "created_with": f"foedus {foedus.__version__}",
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
