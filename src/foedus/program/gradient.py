"""Reverse-mode differentiation as a change of program: the derivative is a program of the same form."""

from __future__ import annotations

from collections.abc import Sequence

from foedus.program.ir import Builder, Program, Value, choose


def vjp(program: Program, wrt: Sequence[str], keep: Sequence[str] = ()) -> Program:
    """The vector-Jacobian product of a program.

    Args:
        program: the program to differentiate.
        wrt: the inputs to differentiate with respect to.
        keep: outputs of the program to return beside the derivatives.

    Returns:
        A program with the inputs of `program`, one further input `adjoint:<output>` for each output, and one output
        `adjoint:<input>` for each name in `wrt`: the sum over outputs of adjoint times d output / d input.
        At a kink (max, min, choose) the derivative of the branch taken is used.
    """
    builder = Builder()
    values = _copy(builder, program)
    adjoints: dict[int, Value] = {}
    for name, id in program.outputs.items():
        _accumulate(adjoints, id, builder.input(f"adjoint:{name}"))
    for id in range(len(program.code) - 1, -1, -1):
        if id in adjoints:
            _propagate(program, values, adjoints, id)
    outputs = {name: values[program.outputs[name]] for name in keep}
    for name in wrt:
        source = program.inputs.get(name)
        outputs[f"adjoint:{name}"] = adjoints.get(source, builder.const(0)) if source is not None else builder.const(0)
    return builder.program(outputs)


def gradient(program: Program, output: str, wrt: Sequence[str]) -> Program:
    """A program for one output and its derivatives `d:<input>` with respect to the inputs named."""
    builder = Builder()
    single = builder.program(builder.inline(program, {}) | {})
    single = Program(single.code, {output: single.outputs[output]})
    both = vjp(single, wrt, keep=[output])
    outer = Builder()
    values = outer.inline(both, {f"adjoint:{output}": 1.0})
    return outer.program({output: values[output]} | {f"d:{n}": values[f"adjoint:{n}"] for n in wrt})


def _copy(builder: Builder, program: Program) -> list[Value]:
    """The values of a program, one for each instruction, in a new builder."""
    names = Program(program.code, {str(k): k for k in range(len(program.code))})
    return list(builder.inline(names, {}).values())


def _accumulate(adjoints: dict[int, Value], id: int, value: Value) -> None:
    adjoints[id] = adjoints[id] + value if id in adjoints else value


def _propagate(program: Program, values: list[Value], adjoints: dict[int, Value], id: int) -> None:
    op, args, _ = program.code[id]
    y, out = adjoints[id], values[id]
    g = [values[a] for a in args]
    for a, contribution in zip(args, _contributions(op, y, out, g), strict=False):
        if contribution is not None:
            _accumulate(adjoints, a, contribution)


def _contributions(op: str, y: Value, out: Value, g: list[Value]) -> tuple[Value | None, ...]:
    """What each argument of an instruction receives, given the adjoint y of its result."""
    match op:
        case "add":
            return y, y
        case "sub":
            return y, -y
        case "mul":
            return y * g[1], y * g[0]
        case "div":
            quotient = y / g[1]
            return quotient, -(quotient * out)
        case "neg":
            return (-y,)
        case "exp":
            return (y * out,)
        case "log":
            return (y / g[0],)
        case "sqrt":
            return (0.5 * y / out,)
        case "sigmoid":
            return (y * (out * (1.0 - out)),)
        case "max":
            return choose(g[0], g[1], y, 0.0), choose(g[0], g[1], 0.0, y)
        case "min":
            return choose(g[1], g[0], y, 0.0), choose(g[1], g[0], 0.0, y)
        case "choose":
            return None, None, choose(g[0], g[1], y, 0.0), choose(g[0], g[1], 0.0, y)
    return ()
