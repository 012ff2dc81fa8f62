"""Which rows of what a simulation computes are which array of its folder, and which of them are the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.program.ir import Program
from foedus.protocol.protocol import flat_names
from foedus.runs.arrays import Variable
from foedus.runs.simulate import NUMBERS, Plan, about, about_numbers, attributes

if TYPE_CHECKING:
    import xarray as xr

Setting = tuple[int, int]  # crisis and lever


def variables(chosen: Plan) -> list[Variable]:
    """The arrays of a simulation; their rows are those of `Simulation.fill`."""
    protocol = chosen.scenario.protocol
    at = {label: k for k, label in enumerate(chosen.recurrence.records)}
    policies, crises, _ = chosen.controls.shape
    first = first_alike(chosen)
    found: list[Variable] = []

    def rows(labels: Sequence[str]) -> tuple[int, ...]:
        return tuple(first[(p * crises + t) * len(at) + at[n]] for p in range(policies) for t in range(crises) for n in labels)

    for quantity in [*protocol.state.values(), *protocol.measures.values()]:
        labels = flat_names(protocol, {quantity.name: quantity})
        if all(label in at for label in labels):
            over = [quantity.over] if quantity.over is not None else []
            shape = (policies, crises, len(labels)) if over else (policies, crises)
            found.append(Variable(quantity.name, ("policy", "crisis", *over, "draw"), shape, rows(labels), about(quantity)))
    for name, mark in protocol.marks.items():
        if f"mark:{name}" in at:
            found.append(
                Variable(f"mark_{name}", ("policy", "crisis", "draw"), (policies, crises), rows([f"mark:{name}"]), about(mark))
            )
    count, end = len(chosen.recurrence.parameters), policies * crises * len(at)
    if count:
        found.append(Variable("numbers", ("number", "draw"), (count,), tuple(range(end, end + count)), NUMBERS))
    told = {"long_name": "1 where something is not finite"}
    return [*found, Variable("failed", ("draw",), (), (end + count,), told)]


def coordinates(chosen: Plan) -> xr.Dataset:
    """The coordinates and attributes of a simulation's folder."""
    import xarray as xr

    protocol = chosen.scenario.protocol
    over = {q.over for q in [*protocol.state.values(), *protocol.measures.values()] if q.over is not None}
    coords: dict[str, Any] = {"policy": list(chosen.policies), "crisis": np.arange(1, chosen.controls.shape[1] + 1)}
    coords |= {name: list(protocol.sets[name]) for name in protocol.sets if name in over}
    if chosen.recurrence.parameters:
        coords |= about_numbers(chosen)
    return xr.Dataset(coords=coords, attrs=dict(attributes(chosen)))


def first_alike(chosen: Plan) -> list[int]:
    """For each row of records the first that is the same to the bit, whatever is drawn: it may be kept in its place.

    A record of a crisis depends on some levers in that crisis and, through the state, on some in earlier ones. Where two policies
    set all those alike, machine code does the same with the same numbers.
    """
    r, (policies, crises, _) = chosen.recurrence, chosen.controls.shape
    rows = range(policies * crises * len(r.records))
    if r.step.implicit:  # what their equations depend on does not stand in the code
        return list(rows)
    needs = _needs(r.step)
    state: dict[str, frozenset[Setting]] = dict.fromkeys(r.state, frozenset())
    on: list[list[frozenset[Setting]]] = []
    for t in range(crises):
        now = state | {name: frozenset([(t, k)]) for k, name in enumerate(r.controls)}
        depends = {name: frozenset().union(*(now[i] for i in inputs if i in now)) for name, inputs in needs.items()}
        on.append([depends[name] for name in r.records])
        state = {name: depends[f"next:{name}"] for name in r.state}
    known: dict[tuple[int, int, tuple[float, ...]], int] = {}
    first = []
    for row in rows:
        (p, t), k = divmod(row // len(r.records), crises), row % len(r.records)
        settings = tuple(float(chosen.controls[p, u, c]) for u, c in sorted(on[t][k]))
        first.append(known.setdefault((t, k, settings), row))
    return first


def _needs(program: Program) -> dict[str, frozenset[str]]:
    """Each output of a program without equations to the inputs that it depends on."""
    found: list[frozenset[str]] = []
    for op, args, data in program.code:
        found.append(frozenset([str(data)]) if op == "input" else frozenset().union(*(found[a] for a in args)))
    return {name: found[k] for name, k in program.outputs.items()}
