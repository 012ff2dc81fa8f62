"""What functions there are, and whether the units of a formula fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NoReturn

from foedus.errors import MeaningError, nearest
from foedus.formulas.expressions import Arithmetic, Call, Constant, Expression, Move, Name, Negative, Sum, substitute
from foedus.units import ONE, Unit

# function: (fewest arguments, most arguments, what it wants of units)
FUNCTIONS: dict[str, tuple[int, int, str]] = {
    "exp": (1, 1, "pure"),
    "log": (1, 1, "pure"),
    "sigmoid": (1, 1, "pure"),
    "sqrt": (1, 1, "root"),
    "abs": (1, 1, "same"),
    "min": (2, 9, "same"),
    "max": (2, 9, "same"),
    "clip": (3, 3, "same"),
}

# A unit, or None for a literal zero, which fits any.
MaybeUnit = Unit | None


def unit_of(
    root: Expression,
    name_unit: Callable[[Name], Unit],
    operator_unit: Callable[[Call], MaybeUnit],
    elements: Callable[[str], tuple[str, ...]],
) -> MaybeUnit:
    """The unit of an expression.

    Args:
        root: the expression.
        name_unit: the unit of a name; raises where the name is unknown.
        operator_unit: the unit of a call that is none of `FUNCTIONS`; raises where it is unknown.
        elements: the elements of a set; raises where it is unknown.

    Raises:
        MeaningError: units that do not fit.
    """

    def unit(e: Expression) -> MaybeUnit:
        return unit_of(e, name_unit, operator_unit, elements)

    match root:
        case Constant(value):
            return ONE if value else None
        case Name():
            return name_unit(root)
        case Negative(inner):
            return unit(inner)
        case Sum(variable, over, body):
            return unit(substitute(body, variable, elements(over)[0]))
        case Arithmetic("*" | "/" as op, left, right):
            a, b = unit(left), unit(right)
            if a is None or (op == "*" and b is None):
                return None
            return a * (b or ONE) if op == "*" else a / (b or ONE)
        case Arithmetic("^", left, right):
            return _power(unit(left), right, unit(right))
        case Arithmetic(op, left, right):
            return _same(f"'{op}'", [unit(left), unit(right)])
        case Call(function, args, _) if function in FUNCTIONS:
            _arity(function, len(args))
            return _function(function, [unit(a) for a in args])
        case Call():
            return operator_unit(root)
        case Move(node, action):
            raise MeaningError(f"'{node}.{action}' is a move, not a quantity", fix=f"write choice({node}.{action})")


def _arity(function: str, given: int) -> None:
    low, high, _ = FUNCTIONS[function]
    if not low <= given <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise MeaningError(f"{function}() takes {wanted} arguments, not {given}", fix="check the arguments")


def _function(function: str, units: list[MaybeUnit]) -> MaybeUnit:
    wants = FUNCTIONS[function][2]
    if wants == "same":
        return _same(f"{function}()", units)
    if wants == "root":
        return None if units[0] is None else units[0] ** Fraction(1, 2)
    if units[0] not in (ONE, None):
        raise MeaningError(f"{function}() wants a pure number, not the unit {units[0]}", fix="divide by a quantity of that unit")
    return ONE


def _same(what: str, units: list[MaybeUnit]) -> MaybeUnit:
    known = [u for u in units if u is not None]
    if len(set(known)) > 1:
        raise MeaningError(
            f"{what} mixes the units {known[0]} and {next(u for u in known if u != known[0])}", fix="check the units"
        )
    return known[0] if known else None


def _power(base: MaybeUnit, exponent: Expression, unit: MaybeUnit) -> MaybeUnit:
    if unit not in (ONE, None):
        raise MeaningError(f"an exponent has the unit {unit}", fix="an exponent must be a pure number")
    if base is None or base == ONE:
        return base
    if isinstance(exponent, Constant):
        return base ** Fraction(exponent.value).limit_denominator(12)
    raise MeaningError(f"a power of a quantity in {base} wants a constant exponent", fix="write the exponent as a number")


def check_function(call: Call, operators: Mapping[str, object]) -> None:
    """Refuse a function that is none of `FUNCTIONS` and none of the operators offered here."""
    if call.function not in FUNCTIONS and call.function not in operators:
        known = [*FUNCTIONS, *operators, "sum"]
        raise MeaningError(f"unknown function '{call.function}'", fix=nearest(call.function, known))


def no_operator(call: Call) -> NoReturn:
    """For where a formula may name no operator of a protocol.

    Raises:
        MeaningError: always; a name that is no function either is answered with the nearest.
    """
    check_function(call, {})
    raise AssertionError("a known function is no operator")
