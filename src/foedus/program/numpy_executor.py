"""The reference executor: each instruction is one NumPy call over all draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foedus.program.ir import Program
from foedus.program.recurrence import Recurrence

Array = NDArray[np.float64]


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-np.maximum(x, -708.0)))


UFUNCS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "exp": lambda x: np.exp(np.minimum(x, 709.0)),
    "log": np.log,
    "sqrt": np.sqrt,
    "sigmoid": _sigmoid,
    "max": np.maximum,
    "min": np.minimum,
    "choose": lambda u, c, a, b: np.where(u >= c, a, b),
}


def execute(program: Program, inputs: Mapping[str, ArrayLike], *, compiled: bool = False) -> dict[str, Array]:
    """Run a program.

    Args:
        program: what to run.
        inputs: a number or an array of draws for each input of the program.
        compiled: solve its equations by machine code where that can be; see `continuation.solve`.

    Returns:
        Each output, as a float64 array of the broadcast shape of what it depends on. What cannot be computed (a logarithm of
        a negative number, a division by zero) is NaN or infinite there, for the caller to count.
    """
    if program.implicit:
        from foedus.program.continuation import solve  # which runs straight-line programs in turn

        inputs = dict(inputs)
        for block in program.implicit:
            inputs |= solve(block, inputs, _straight, compiled=compiled)
    return _straight(program, inputs)


def _straight(program: Program, inputs: Mapping[str, ArrayLike]) -> dict[str, Array]:
    values: list[Any] = [None] * len(program.code)
    with np.errstate(all="ignore"):
        for k, (op, args, data) in enumerate(program.code):
            if op == "input":
                values[k] = np.asarray(inputs[str(data)], dtype=np.float64)
            elif op == "const":
                values[k] = data
            else:
                values[k] = UFUNCS[op](*(values[a] for a in args))
            for dead in program.last_use[k]:
                values[dead] = None
    return {name: np.asarray(values[id], dtype=np.float64) for name, id in program.outputs.items()}


def iterate(recurrence: Recurrence, parameters: Array, controls: Array, noise: Array | None = None) -> tuple[Array, Array]:
    """Run a recurrence.

    Args:
        recurrence: what to run.
        parameters: (parameter, draw).
        controls: (policy, period, control).
        noise: (period, noise, draw), or None where the recurrence has none.

    Returns:
        The last state, (policy, state, draw), and the records, (policy, period, record, draw).
    """
    policies, periods, _ = controls.shape
    draws = parameters.shape[1]
    fixed = dict(zip(recurrence.parameters, parameters, strict=True))
    last = np.empty((policies, len(recurrence.state), draws))
    records = np.empty((policies, periods, len(recurrence.records), draws))
    first = execute(recurrence.start, fixed)
    for p in range(policies):
        state: dict[str, Any] = first
        for t in range(periods):
            inputs = fixed | state | dict(zip(recurrence.controls, controls[p, t], strict=True))
            if noise is not None:
                inputs |= dict(zip(recurrence.noise, noise[t], strict=True))
            out = execute(recurrence.step, inputs)
            for r, name in enumerate(recurrence.records):
                records[p, t, r] = out[name]
            state = {name: out[f"next:{name}"] for name in recurrence.state}
        for s, name in enumerate(recurrence.state):
            last[p, s] = state[name]
    return last, records


def iterate_gradient(
    recurrence: Recurrence, parameters: Array, controls: Array, weights: Array, noise: Array | None = None
) -> tuple[Array, Array]:
    """Value and gradient of a weighted sum of the last state.

    Args:
        recurrence, parameters, controls, noise: as for `iterate`.
        weights: (policy, state), the weight of each last state in the sum.

    Returns:
        The last state, (policy, state, draw), and the gradient of the sum with respect to the parameters, (parameter, draw).
    """
    policies, periods, _ = controls.shape
    fixed = dict(zip(recurrence.parameters, parameters, strict=True))
    last = np.empty((policies, len(recurrence.state), parameters.shape[1]))
    slope = np.zeros_like(parameters)
    first = execute(recurrence.start, fixed)
    for p in range(policies):
        trail: list[dict[str, Any]] = []
        state: dict[str, Any] = first
        for t in range(periods):
            inputs = fixed | state | dict(zip(recurrence.controls, controls[p, t], strict=True))
            if noise is not None:
                inputs |= dict(zip(recurrence.noise, noise[t], strict=True))
            trail.append(inputs)
            out = execute(recurrence.step, inputs)
            state = {name: out[f"next:{name}"] for name in recurrence.state}
        for s, name in enumerate(recurrence.state):
            last[p, s] = state[name]
        adjoint: dict[str, Any] = {f"adjoint:next:{n}": weights[p, s] for s, n in enumerate(recurrence.state)}
        adjoint |= {f"adjoint:{name}": 0.0 for name in recurrence.records}
        for inputs in reversed(trail):
            back = execute(recurrence.reverse_step, inputs | adjoint)
            for i, name in enumerate(recurrence.parameters):
                slope[i] += back[f"adjoint:{name}"]
            adjoint |= {f"adjoint:next:{n}": back[f"adjoint:{n}"] for n in recurrence.state}
        seed = {f"adjoint:{n}": adjoint[f"adjoint:next:{n}"] for n in recurrence.state}
        back = execute(recurrence.reverse_start, fixed | seed)
        for i, name in enumerate(recurrence.parameters):
            slope[i] += back[f"adjoint:{name}"]
    return last, slope
