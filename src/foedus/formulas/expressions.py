"""Formulas as trees, what they are made of, and changes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


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
