"""Reverse-mode differentiation as a change of program: the derivative is a program of the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foedus.program.ir import Builder, Implicit, Operand, Program, Value, choose


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
    seeds = {name: builder.input(f"adjoint:{name}") for name in program.outputs}
    return _product(builder, program, seeds, wrt, keep)


def _product(builder: Builder, program: Program, seeds: Mapping[str, Value], wrt: Sequence[str], keep: Sequence[str]) -> Program:
    values = _copy(builder, program)
    adjoints: dict[int, Value] = {}
    for name, id in program.outputs.items():
        _accumulate(adjoints, id, seeds[name])
    _reverse(program, values, adjoints)
    through = {name: adjoints[id] for name, id in program.own_inputs.items() if id in adjoints}
    for block in reversed(program.implicit):
        _through_equations(builder, block, through)
    outputs = {name: values[program.outputs[name]] for name in keep}
    return builder.program(outputs | {f"adjoint:{name}": through.get(name, builder.const(0)) for name in wrt})


def jacobian(program: Program, wrt: Sequence[str]) -> Program:
    """A program's outputs and their derivatives, `d:<output>:<input>` for each output and each input named."""
    builder = Builder()
    values = _copy(builder, program)
    outputs: dict[str, Value] = {}
    for name, id in program.outputs.items():
        adjoints = {id: builder.const(1)}
        _reverse(program, values, adjoints)
        outputs[name] = values[id]
        for source in wrt:
            k = program.own_inputs.get(source, -1)
            outputs[f"d:{name}:{source}"] = adjoints.get(k, builder.const(0))
    return builder.program(outputs)


def _reverse(program: Program, values: list[Value], adjoints: dict[int, Value]) -> None:
    for id in range(len(program.code) - 1, -1, -1):
        if id in adjoints:
            _propagate(program, values, adjoints, id)


def _through_equations(builder: Builder, block: Implicit, through: dict[str, Value]) -> None:
    """Adjoints of unknowns to adjoints of what their equations depend on, by the implicit function theorem.

    At a solution F(u, x) = 0 the adjoint of x gains -(dF/dx)' w, where (dF/du)' w is the adjoint of u: linear equations in w.
    """
    wanted = [through.pop(name, builder.const(0)) for name in block.unknowns]
    if all(value.constant == 0 for value in wanted):
        return
    at_the_end: dict[str, Operand] = {block.path: 1.0} if block.path else {}
    back = vjp(block.residual, wrt=(*block.unknowns, *block.given))
    label = f"w{len(builder.implicit)}:{block.unknowns[0]}"

    def residuals(weights: list[Value], _: Value | None) -> list[Value]:
        seeds: dict[str, Operand] = {f"adjoint:F{k}": w for k, w in enumerate(weights)}
        out = builder.inline(back, at_the_end | seeds)
        return [out[f"adjoint:{name}"] - value for name, value in zip(block.unknowns, wanted, strict=True)]

    weights = builder.solve(label, len(wanted), residuals, follow=False)
    out = builder.inline(back, at_the_end | {f"adjoint:F{k}": w for k, w in enumerate(weights)})
    for name in block.given:
        gained = -out[f"adjoint:{name}"]
        through[name] = through[name] + gained if name in through else gained


def gradient(program: Program, output: str, wrt: Sequence[str]) -> Program:
    """A program for one output and its derivatives `d:<input>` with respect to the inputs named."""
    builder = Builder()
    found = _product(builder, program.restricted([output]), {output: builder.const(1)}, wrt, [output])
    names = {f"adjoint:{n}": f"d:{n}" for n in wrt}
    return Program(found.code, {names.get(n, n): k for n, k in found.outputs.items()}, found.implicit)


def _copy(builder: Builder, program: Program) -> list[Value]:
    """The values of a program, one for each instruction, in a new builder."""
    names = Program(program.code, {str(k): k for k in range(len(program.code))}, program.implicit)
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
