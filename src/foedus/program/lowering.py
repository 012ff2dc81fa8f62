"""Formulas to values of a program: arithmetic, functions and sums; names and operators are the caller's."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from foedus.formulas import Arithmetic, Call, Constant, Expression, Move, Name, Negative, Sum, substitute
from foedus.program import ir
from foedus.program.ir import Builder, Value

_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": ir.exp,
    "log": ir.log,
    "sqrt": ir.sqrt,
    "sigmoid": ir.sigmoid,
    "abs": ir.absolute,
    "min": lambda *values: reduce(ir.minimum, values),
    "max": lambda *values: reduce(ir.maximum, values),
    "clip": ir.clip,
}


def lower(
    root: Expression,
    builder: Builder,
    name: Callable[[Name], Value],
    operator: Callable[[Call], Value],
    elements: Callable[[str], tuple[str, ...]],
    known: dict[int, Value] | None = None,
) -> Value:
    """The value of a checked expression.

    Args:
        root: an expression that passed the checks of its protocol.
        builder: where instructions go.
        name, operator: the value of a name, and of a call that is no plain function.
        elements: the elements of a set.
        known: values of arithmetic by the identity of the expression, filled as they are found; for expressions that outlive it.
    """

    def inside(e: Expression) -> Value:
        return lower(e, builder, name, operator, elements, known)

    match root:
        case Constant(value):
            return builder.const(value)
        case Name():
            return name(root)
        case Negative(inner):
            return -inside(inner)
        case Sum(variable, over, body):
            return ir.total((inside(substitute(body, variable, k)) for k in elements(over)), builder)
        case Arithmetic("^", left, right):
            return _power(inside(left), inside(right))
        case Arithmetic(op, left, right):
            if known is None:
                return _ARITHMETIC[op](inside(left), inside(right))
            if id(root) not in known:
                known[id(root)] = _ARITHMETIC[op](inside(left), inside(right))
            return known[id(root)]
        case Call(function, args, _):
            return _FUNCTIONS[function](*map(inside, args)) if function in _FUNCTIONS else operator(root)
        case Move():
            raise AssertionError("a move outside an operator passed the checks")


def _power(base: Value, exponent: Value) -> Value:
    """Whole powers by multiplication, so that they hold for negative bases; others by exp and log."""
    known = exponent.constant
    if known is None or known != int(known) or abs(known) > 16:
        return ir.exp(exponent * ir.log(base))
    if known < 0:
        return 1.0 / _power(base, base.builder.const(-known))
    return reduce(lambda a, b: a * b, [base] * int(known), base.builder.const(1))
