"""Formulas of named quantities: parsed, checked for names and units, never run as Python.

number        2, 0.5, 1e-3
name          p_0, share[arms], c_P[patron]      an index is an element or a set
arithmetic    + - * / ^ and parentheses
function      exp log sqrt sigmoid min max clip abs
sum           sum(k in channel: w[k] * share[k])
operator      choice(help.back), under(security, D = 0)      what is offered depends on where the formula stands
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from foedus.errors import MeaningError, nearest
from foedus.units import ONE, Unit

MAX_LENGTH = 2_000
MAX_DEPTH = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/^()\[\],=.:]))"
)
_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 40, "**": 40}
_UNARY = 30


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A named quantity, with the index given in brackets, if any."""

    name: str
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """An action at a node, `node.action`: an argument of operators only."""

    node: str
    action: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`op` is one of + - * / ^."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus an expression."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its arguments and keyword arguments."""

    function: str
    args: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of `body` over the elements of a set."""

    variable: str
    set: str
    body: Expression


Expression = Constant | Name | Move | Arithmetic | Negative | Call | Sum


@dataclass(frozen=True)
class Formula:
    """A parsed formula and the text it came from."""

    text: str
    root: Expression = field(compare=False)

    def walk(self) -> Iterator[Expression]:
        """Every part of the formula."""
        yield from walk(self.root)


def walk(root: Expression) -> Iterator[Expression]:
    """An expression and every part of it."""
    yield root
    for part in parts(root):
        yield from walk(part)


def parts(e: Expression) -> tuple[Expression, ...]:
    """What an expression is made of."""
    match e:
        case Arithmetic(_, left, right):
            return left, right
        case Negative(inner) | Sum(_, _, inner):
            return (inner,)
        case Call(_, args, keywords):
            return *args, *(value for _, value in keywords)
    return ()


def depth(root: Expression) -> int:
    """How deep an expression is nested; a sum of n terms written out is n deep."""
    level, found = [root], 0
    while level:
        level, found = [part for e in level for part in parts(e)], found + 1
    return found


def substitute(root: Expression, variable: str, element: str) -> Expression:
    """The expression with the index `variable` replaced by an element of its set."""

    def inside(e: Expression) -> Expression:
        return substitute(e, variable, element)

    match root:
        case Name(name, index) if index == variable:
            return Name(name, element)
        case Arithmetic(op, left, right):
            return Arithmetic(op, inside(left), inside(right))
        case Negative(inner):
            return Negative(inside(inner))
        case Sum(own, over, body) if own != variable:
            return Sum(own, over, inside(body))
        case Call(function, args, keywords):
            return Call(function, tuple(map(inside, args)), tuple((k, inside(v)) for k, v in keywords))
    return root


def parse(text: str | float | int) -> Formula:
    """The formula written as `text`; a number is the formula of that constant.

    Raises:
        MeaningError: what is wrong and at which character.
    """
    if isinstance(text, bool) or text is None:
        raise MeaningError(f"'{text}' is not a formula", fix="write a formula or a number")
    if isinstance(text, int | float):
        if not math.isfinite(text):
            raise MeaningError("a number in a formula must be finite", fix="write a finite number")
        return Formula(f"{text:g}", Constant(float(text)))
    if len(text) > MAX_LENGTH:
        raise MeaningError(f"a formula of {len(text):,} characters; at most {MAX_LENGTH:,} are read", fix="split it")
    parser = _Parser(text)
    return Formula(" ".join(text.split()), parser.whole())


class _Parser:
    """Precedence climbing over tokens; the deepest nesting is bounded."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.kind, self.token, self.start = "", "", 0
        self._advance()

    def whole(self) -> Expression:
        result = self._expression(0)
        if self.kind != "end":
            raise self._error(f"'{self.token}' does not belong here")
        if depth(result) > MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep")
        return result

    def _error(self, what: str) -> MeaningError:
        shown = " ".join(self.text.split())
        shown = shown if len(shown) <= 80 else shown[:79] + "…"
        return MeaningError(f"{what}, at character {self.start + 1} of '{shown}'", fix="check the formula")

    def _advance(self) -> None:
        match = _TOKEN.match(self.text, self.at)
        if match:
            self.kind = str(match.lastgroup)
            self.token, self.start, self.at = match[self.kind], match.start(self.kind), match.end()
            return
        rest = self.text[self.at :].strip()
        self.start = len(self.text.rstrip()) - len(rest)
        self.token = rest[:1]
        if rest:
            raise self._error(f"'{self.token}' is not part of a formula")
        self.kind = "end"

    def _take(self, sign: str) -> None:
        if self.token != sign or self.kind != "sign":
            found = f"'{self.token}'" if self.token else "the end"
            raise self._error(f"expected '{sign}' but found {found}")
        self._advance()

    def _expression(self, binding: int) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep")
        left = self._prefix()
        while self.kind == "sign" and _BINDING.get(self.token, -1) > binding:
            op, power = self.token.replace("**", "^"), _BINDING[self.token]
            self._advance()
            # ^ binds to the right, the rest to the left
            left = Arithmetic(op, left, self._expression(power - 1 if op == "^" else power))
        self.depth -= 1
        return left

    def _prefix(self) -> Expression:
        kind, token = self.kind, self.token
        if kind == "number":
            if not math.isfinite(float(token)):
                raise self._error(f"'{token}' is too large a number")
            self._advance()
            return Constant(float(token))
        if kind == "name":
            self._advance()
            return self._named(token)
        if token == "-":
            self._advance()
            return Negative(self._expression(_UNARY))
        if token == "(":
            self._advance()
            inner = self._expression(0)
            self._take(")")
            return inner
        raise self._error(f"expected a number or a name but found '{token}'" if token else "the formula ends too soon")

    def _named(self, name: str) -> Expression:
        if self.kind != "sign":
            return Name(name)
        if self.token == "[":
            self._advance()
            index = self._word()
            self._take("]")
            return Name(name, index)
        if self.token == ".":
            self._advance()
            return Move(name, self._word())
        if self.token == "(":
            self._advance()
            return self._sum() if name == "sum" else self._call(name)
        return Name(name)

    def _word(self) -> str:
        if self.kind != "name":
            raise self._error("expected a name")
        word = self.token
        self._advance()
        return word

    def _sum(self) -> Expression:
        variable = self._word()
        if self._word() != "in":
            raise self._error("write a sum as sum(k in set: formula)")
        over = self._word()
        self._take(":")
        body = self._expression(0)
        self._take(")")
        return Sum(variable, over, body)

    def _call(self, function: str) -> Expression:
        args: list[Expression] = []
        keywords: list[tuple[str, Expression]] = []
        while self.token != ")":
            part = self._expression(0)
            if self.token == "=" and isinstance(part, Name) and part.index is None:
                self._advance()
                keywords.append((part.name, self._expression(0)))
            elif keywords:
                raise self._error("an argument without a name follows one with a name")
            else:
                args.append(part)
            if self.token != ")":
                self._take(",")
        self._take(")")
        return Call(function, tuple(args), tuple(keywords))


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


def specialise(root: Expression, known: Mapping[str, Expression]) -> Expression:
    """The expression with some names replaced, and what that makes trivial removed.

    Args:
        root: an expression of arithmetic, functions and sums.
        known: name to the expression it stands for.
    """

    def inside(e: Expression) -> Expression:
        return specialise(e, known)

    match root:
        case Name(name, None) if name in known:
            return known[name]
        case Negative(inner):
            inner = inside(inner)
            return Constant(-inner.value) if isinstance(inner, Constant) else Negative(inner)
        case Arithmetic(op, left, right):
            return _folded(op, inside(left), inside(right))
        case Call(function, args, keywords):
            return Call(function, tuple(map(inside, args)), keywords)
        case Sum(variable, over, body):
            return Sum(variable, over, inside(body))
    return root


def _folded(op: str, a: Expression, b: Expression) -> Expression:
    x = a.value if isinstance(a, Constant) else None
    y = b.value if isinstance(b, Constant) else None
    if x is not None and y is not None and op in "+-*/" and not (op == "/" and y == 0):
        return Constant({"+": x + y, "-": x - y, "*": x * y}.get(op, x / (y or 1)))
    if op == "*" and 0.0 in (x, y):
        return Constant(0.0)
    if (op == "+" and x == 0) or (op == "*" and x == 1):
        return b
    if (op in "+-" and y == 0) or (op in "*/" and y == 1):
        return a
    if op == "-" and x == 0:
        return Negative(b)
    return Arithmetic(op, a, b)
