"""Text to formulas, by precedence climbing; the deepest nesting is bounded."""

from __future__ import annotations

import math
import re

from foedus.errors import MeaningError
from foedus.formulas.expressions import Arithmetic, Call, Constant, Expression, Formula, Move, Name, Negative, Sum, depth

MAX_LENGTH = 2_000
MAX_DEPTH = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\*\*|[-+*/^()\[\],=.:]))"
)
_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, "^": 40, "**": 40}
_UNARY = 30


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
