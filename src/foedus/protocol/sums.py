"""Chances and beliefs must sum to one: tried at points of the supports of whatever they depend on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from foedus.errors import MeaningError, Place
from foedus.formulas import Call, Formula, Name, substitute
from foedus.numbers import Support
from foedus.program import ir
from foedus.program.ir import Builder, Value
from foedus.program.lowering import lower
from foedus.program.numpy_executor import execute
from foedus.protocol.protocol import Definition, Number, Protocol, label

POINTS = 32
TOLERANCE = 1e-9


def check_sums(protocol: Protocol) -> None:
    """Refuse a move of chance, or beliefs in a player's types, whose probabilities do not sum to one or are negative throughout.

    Raises:
        MeaningError: at the node or the player.
    """
    builder = Builder()
    groups = list(_groups(protocol))
    outputs: dict[str, Value] = {}
    for k, (_, _, formulas) in enumerate(groups):
        values = [_value(protocol, builder, formula) for formula in formulas]
        outputs[f"sum{k}"] = ir.total(values, builder)
        least = values[0]
        for value in values[1:]:
            least = ir.minimum(least, value)
        outputs[f"least{k}"] = least
    program = builder.program(outputs)
    found = execute(program, _points(protocol, program.inputs))
    for k, (what, place, _) in enumerate(groups):
        _check(what, place, found[f"sum{k}"], found[f"least{k}"])


def _check(what: str, place: Place, sums: NDArray[np.float64], least: NDArray[np.float64]) -> None:
    known = sums[np.isfinite(sums)]
    off = known[np.abs(known - 1) > TOLERANCE]
    if off.size:
        raise MeaningError(f"{what} sum to {off[0]:.4g} and not to 1", place, "write the last as 1 less the others")
    if (least < -TOLERANCE).all():
        raise MeaningError(f"one of {what} is negative", place, "a probability lies between 0 and 1")


def _groups(protocol: Protocol) -> Iterator[tuple[str, Place, list[Formula]]]:
    """What must sum to one, where it stands, and its parts."""
    for node in protocol.nodes.values():
        chances = [b.probability for b in node.branches.values() if b.probability is not None]
        if chances:
            yield f"the probabilities at '{node.name}'", node.place, chances
    for player in protocol.players.values():
        if player.types:
            yield f"the beliefs in the types of '{player.name}'", player.place, list(player.types.values())


def _value(protocol: Protocol, builder: Builder, formula: Formula) -> Value:
    def name(n: Name) -> Value:
        q = protocol.quantities[n.name]
        if not isinstance(q, Definition):
            return builder.input(label(n.name, n.index))
        root = substitute(q.formula.root, q.over, n.index) if q.over and n.index else q.formula.root
        return lower(root, builder, name, operator, elements)

    def operator(call: Call) -> Value:
        raise AssertionError(f"{call.function} passed the checks")

    def elements(of: str) -> tuple[str, ...]:
        return protocol.sets[of]

    return lower(formula.root, builder, name, operator, elements)


def _points(protocol: Protocol, labels: Mapping[str, object]) -> dict[str, NDArray[np.float64]]:
    """Points of the supports of numbers; states and levers have none and are tried between zero and one."""
    rng = np.random.Generator(np.random.Philox(1))
    found: dict[str, NDArray[np.float64]] = {}
    for name in labels:
        q = protocol.quantities[name.partition("[")[0]]
        found[name] = _inside(q.support if isinstance(q, Number) else Support(0, 1), rng)
    return found


def _inside(support: Support, rng: np.random.Generator) -> NDArray[np.float64]:
    low, high = math.isfinite(support.low), math.isfinite(support.high)
    if low and high:
        return rng.uniform(support.low, support.high, POINTS)
    if low:
        return support.low + rng.exponential(size=POINTS)
    return support.high - rng.exponential(size=POINTS) if high else rng.normal(size=POINTS)
