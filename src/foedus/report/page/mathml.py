"""Formulas as MathML, which browsers draw without script and converters understand.

A long formula comes as several pieces, each a `<math>` of its own, so that it can break where a reader would break it: before
a sign of a sum, and after a comma.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from foedus.formulas import Arithmetic, Call, Constant, Expression, Move, Name, Negative, Sum
from foedus.report.text import harmless, number

GREEK: Mapping[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
ACCENTS: Mapping[str, str] = {"hat": "^", "bar": "¯", "star": "*"}
SHORT = 34  # letters up to which a call stays in one piece
SUM, PRODUCT, SIGN, POWER, ATOM = 10, 20, 30, 40, 50

EQUALS = '<mo form="infix">=</mo>'
PRIME = '<mo lspace="0" rspace="0">′</mo>'

Pieces = list[str]


def equation(left: Sequence[str], root: Expression) -> str:
    """`left = root` as pieces of MathML, one after the other with spaces to break at."""
    first, *rest = _expression(root)
    if rest or _letters([first]) > SHORT:
        return _mathematics([row(*left, EQUALS), first, *rest])
    return _mathematics([row(*left, EQUALS, first)])


def formula(root: Expression) -> str:
    """An expression as pieces of MathML."""
    return _mathematics(_expression(root))


def _mathematics(pieces: Pieces) -> str:
    return " ".join(f'<math displaystyle="true">{piece}</math>' for piece in pieces)


# --- elements


def mi(text: str) -> str:
    """An identifier."""
    return f"<mi>{_safe(text)}</mi>"


def mo(text: str) -> str:
    """An operator or bracket, as large as a letter."""
    return f'<mo stretchy="false">{_safe(text)}</mo>' if text in "()[]|∣" else f"<mo>{_safe(text)}</mo>"


def mn(value: float) -> str:
    """A number."""
    return f"<mn>{_safe(number(value) if value != round(value) or abs(value) < 1000 else f'{value:,.0f}')}</mn>"


def row(*parts: str) -> str:
    """Parts side by side."""
    return f"<mrow>{''.join(parts)}</mrow>" if len(parts) != 1 else parts[0]


def _safe(text: str) -> str:
    return escape(harmless(text))


def symbol(name: str, index: str | None = None) -> str:
    """A name as people write it: `kappa_V` as κ with a V below, `rho_hat` as ρ with a hat, whole words upright."""
    base, _, below = name.partition("_")
    letter = GREEK.get(base, base)
    if len(letter) > 1:  # a word: its underscores belong to it
        return _indexed(mi(name), "", index)
    if below in ACCENTS:
        over = f"<mover>{mi(letter)}{mo(ACCENTS[below])}</mover>" if below != "star" else f"<msup>{mi(letter)}{mo('*')}</msup>"
        return _indexed(over, "", index)
    return _indexed(mi(letter), below, index)


def _indexed(base: str, below: str, index: str | None) -> str:
    marks = [mi(part) for part in (below, index) if part]
    if not marks:
        return base
    return f"<msub>{base}{row(*marks) if len(marks) == 1 else row(marks[0], mo(','), marks[1])}</msub>"


# --- expressions


def _expression(e: Expression, least: int = 0) -> Pieces:
    """The pieces of an expression, in brackets where it binds less than `least`."""
    pieces, binding = _bound(e)
    return _around("(", pieces, ")") if binding < least else pieces


def _bound(e: Expression) -> tuple[Pieces, int]:
    match e:
        case Constant(value):
            return [mn(value)], ATOM if value >= 0 else SIGN
        case Name(name, index):
            return [symbol(name, index)], ATOM
        case Move(node, action):
            return [row(mi(node), mo("="), mi(action))], ATOM
        case Negative(of):
            return _prefixed(mo("−"), _expression(of, PRODUCT)), SIGN
        case Arithmetic(op, left, right):
            return _arithmetic(op, left, right)
        case Sum(variable, over, body):
            under = row(mi(variable), mo("∈"), mi(over))
            return _prefixed(f"<munder>{mo('∑')}{under}</munder>", _expression(body, PRODUCT)), PRODUCT
        case Call(function, args, keywords):
            return _call(function, args, keywords), ATOM


def _arithmetic(op: str, left: Expression, right: Expression) -> tuple[Pieces, int]:
    match op:
        case "+" | "-":
            # at the start of a piece a browser would take the sign for one of a number, and set no space after it
            sign = f'<mo form="infix">{"+" if op == "+" else "−"}</mo>'
            return [*_expression(left, SUM), *_prefixed(sign, _expression(right, SUM if op == "+" else PRODUCT))], SUM
        case "*":
            return _joined(_expression(left, PRODUCT), mo("⋅"), _expression(right, PRODUCT)), PRODUCT
        case "/":
            above, below = _expression(left), _expression(right)
            if max(_letters(above), _letters(below)) > SHORT:  # too wide for a phone
                return _joined(_expression(left, PRODUCT), mo("/"), _expression(right, SIGN)), PRODUCT
            return [f"<mfrac>{row(*above)}{row(*below)}</mfrac>"], ATOM
        case _:
            return [f"<msup>{row(*_expression(left, ATOM))}{row(*_expression(right))}</msup>"], POWER


def _call(function: str, args: Sequence[Expression], keywords: Sequence[tuple[str, Expression]]) -> Pieces:
    if function in _SPECIAL and args:
        return _SPECIAL[function](args, keywords)
    return _applied(mi(function.replace("_", " ")), args, keywords)


def _applied(name: str, args: Sequence[Expression], keywords: Sequence[tuple[str, Expression]] = ()) -> Pieces:
    """`name(a, b, c = d)`, in one piece where that is short."""
    given = [_expression(a) for a in args] + [_prefixed(row(mi(k), mo("=")), _expression(v)) for k, v in keywords]
    pieces = [p + (mo(",") if last and k + 1 < len(given) else "") for k, g in enumerate(given) for p, last in _lasts(g)]
    closed = _around("(", pieces or [""], ")")
    whole = [row(name, closed[0]), *closed[1:]]
    return whole if _letters(whole) > SHORT else [row(*whole)]


def _lasts(pieces: Pieces) -> list[tuple[str, bool]]:
    return [(p, k == len(pieces) - 1) for k, p in enumerate(pieces)]


def _letters(pieces: Pieces) -> int:
    """How many letters a reader sees, about."""
    text = "".join(pieces)
    return sum(len(part.partition(">")[2]) for part in text.split("<"))


def _probability(args: Sequence[Expression], _: object) -> Pieces:
    match args[0]:
        case Move(node, action):
            return [row(mi("Pr"), mo("("), mi(action), mo("∣"), mi(node), mo(")"))]
    return _applied(mi("Pr"), args)


def _expectation(args: Sequence[Expression], _: object) -> Pieces:
    return [row('<mi mathvariant="normal">E</mi>', *_around("[", _expression(args[0]), "]"))]


def _later(args: Sequence[Expression], _: object) -> Pieces:
    *first, last = _expression(args[0], ATOM)
    return [*first, row(last, PRIME)]


def _root(args: Sequence[Expression], _: object) -> Pieces:
    return [f"<msqrt>{row(*_expression(args[0]))}</msqrt>"]


def _size(args: Sequence[Expression], _: object) -> Pieces:
    return _around("|", _expression(args[0]), "|")


def _where(word: str) -> Callable[[Sequence[Expression], Sequence[tuple[str, Expression]]], Pieces]:
    """`[x](a = 0)` below for other numbers, `[x](do(a = b))` for a forced move, `[x](a = b)` with a bar for an observed one."""

    def pieces(args: Sequence[Expression], keywords: Sequence[tuple[str, Expression]]) -> Pieces:
        changes = [row(symbol(k), mo("="), *_expression(v)) for k, v in keywords]
        listed = row(*(c + (mo(",") if k + 1 < len(changes) else "") for k, c in enumerate(changes)))
        below = row(mi(word), mo("("), listed, mo(")")) if word else listed
        whole = _around("[", [p for k, a in enumerate(args) for p in ([mo(",")] * (k > 0) + _expression(a))], "]")
        return [*whole[:-1], f"<msub>{row(whole[-1])}{below}</msub>"]

    return pieces


_SPECIAL: Mapping[str, Callable[[Sequence[Expression], Sequence[tuple[str, Expression]]], Pieces]] = {
    "choice": _probability,
    "probability": _probability,
    "expectation": _expectation,
    "after": _later,
    "next": _later,
    "sqrt": _root,
    "abs": _size,
    "under": _where(""),
    "do": _where("do"),
    "given": _where("given"),
}


# --- pieces


def _prefixed(sign: str, pieces: Pieces) -> Pieces:
    return [row(sign, pieces[0]), *pieces[1:]]


def _around(opening: str, pieces: Pieces, closing: str) -> Pieces:
    first, *rest = pieces
    whole = [row(mo(opening), first), *rest]
    return [*whole[:-1], row(whole[-1], mo(closing))]


def _joined(left: Pieces, sign: str, right: Pieces) -> Pieces:
    return [*left[:-1], row(left[-1], sign, right[0]), *right[1:]]
