"""Regression equations: what a number of the protocol is made of, case by case.

    u14 ~ 1 + growth + growth:debt + log(reserves)    a linear predictor: a coefficient for each term
    u14 ~ growth - 1                                  as in R there is a constant unless it is taken away
    D = share / 100                                   no coefficient: the number is this formula of the case's columns
    u11 = 0                                           or this value in every case

A term is a column, a formula of columns in the words of the modelling language, or a product `a:b` of these. A column of words
becomes one column for each word but the first in the alphabet (each word, where there is no constant).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NoReturn

import numpy as np

from foedus.errors import MeaningError, ShapeError
from foedus.formulas import Arithmetic, Expression, Formula, Name, no_operator, parse, unit_of, walk
from foedus.history.cases import Array, Cases
from foedus.program.ir import Builder
from foedus.program.lowering import lower
from foedus.program.numpy_executor import execute
from foedus.units import ONE, Unit

CONSTANT = "constant"
_LINE = re.compile(r"\s*([^\W\d]\w*(?:\[\w+\])?)\s*([~=])(.*)\Z", re.DOTALL)
Equations = str | Mapping[str, str | Sequence[str] | float]


@dataclass(frozen=True)
class Factor:
    """A column, or a formula of columns."""

    text: str
    root: Expression

    @property
    def columns(self) -> list[str]:
        """The columns it reads."""
        return list(dict.fromkeys(e.name for e in walk(self.root) if isinstance(e, Name)))

    @property
    def plain(self) -> str | None:
        """The column that it simply is, if so."""
        return self.root.name if isinstance(self.root, Name) else None

    def values(self, cases: Cases) -> Array:
        """Its value in each case, (case,)."""
        builder = Builder()
        value = lower(self.root, builder, lambda n: builder.input(n.name), no_operator, _no_set)
        found = execute(builder.program({"x": value}), {name: cases.numbers(name) for name in self.columns})["x"]
        result: Array = np.broadcast_to(found, (len(cases),))
        cases.refuse(~np.isfinite(result), f"'{self.text}' cannot be computed", "check the formula or the column")
        return result


@dataclass(frozen=True)
class Regression:
    """A linear predictor: terms, each a product of factors; the constant is the empty product."""

    terms: tuple[tuple[Factor, ...], ...]

    @property
    def columns(self) -> list[str]:
        """The columns it reads."""
        return list(dict.fromkeys(name for term in self.terms for factor in term for name in factor.columns))

    @property
    def has_constant(self) -> bool:
        """Whether one of the terms is the constant."""
        return () in self.terms


@dataclass(frozen=True)
class Coding:
    """How columns of words become columns of numbers: the words of each, as found in the cases of the fit."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def design(self, regression: Regression, cases: Cases) -> tuple[list[str], Array]:
        """The names of the columns of a linear predictor, and their values, (case, column)."""
        names: list[str] = []
        columns: list[Array] = []
        whole = not regression.has_constant
        for term in regression.terms:
            parts = [self._expanded(f, cases, whole and len(term) == 1) for f in term]
            if any(f.plain in self.words for f in term) and len(term) == 1:
                whole = False
            for combination in _product(parts):
                names.append(":".join(name for name, _ in combination) or CONSTANT)
                columns.append(reduce(np.multiply, (values for _, values in combination), np.ones(len(cases))))
        return names, np.column_stack(columns) if columns else np.empty((len(cases), 0))

    def _expanded(self, factor: Factor, cases: Cases, whole: bool) -> list[tuple[str, Array]]:
        name = factor.plain
        if name is None or name not in self.words:
            return [(factor.text, factor.values(cases))]
        column, words = cases.column(name), self.words[name]
        cases.refuse(~np.isin(column, words), f"an unknown word in the column '{name}'", f"use one of: {', '.join(words)}")
        return [(f"{name}[{w}]", (column == w).astype(np.float64)) for w in (words if whole else words[1:])]


def coding(regressions: Mapping[str, Regression], cases: Cases) -> Coding:
    """How the columns of words that regressions read are coded."""
    words: dict[str, tuple[str, ...]] = {}
    for regression in regressions.values():
        for factor in (f for term in regression.terms for f in term):
            for name in factor.columns:
                column = cases.column(name)
                if column.dtype == np.float64:
                    continue
                if factor.plain is None:
                    cases.numbers(name)  # which refuses it
                words[name] = tuple(sorted(set(column)))
    return Coding(words)


def parse_equations(equations: Equations, cases: Cases) -> tuple[dict[str, Regression], dict[str, Factor | float]]:
    """Equations to regressions, and to numbers that need no coefficient, each by the number's label.

    Args:
        equations: lines of text, or number to what stands right of `~`: text, a list of terms (no constant unless it has 1), or
            `= formula`; a plain number fixes the value.
        cases: whose columns the terms name.

    Raises:
        InputError: not an equation, or an unknown column.
    """
    regressions: dict[str, Regression] = {}
    given: dict[str, Factor | float] = {}
    for label, right in _pairs(equations):
        if label in regressions or label in given:
            raise MeaningError(f"two equations for '{label}'", fix="keep one")
        if isinstance(right, int | float):
            given[label] = float(right)
        elif isinstance(right, str) and right.lstrip().startswith("="):
            factor = _factor(right.lstrip()[1:], cases)
            given[label] = float(factor.values(cases)[0]) if not factor.columns else factor
        else:
            regressions[label] = _regression(right, cases)
    return regressions, given


def _pairs(equations: Equations) -> Iterator[tuple[str, str | Sequence[str] | float]]:
    if isinstance(equations, Mapping):
        for label, right in equations.items():
            yield label, right.strip().removeprefix("~") if isinstance(right, str) else right
        return
    for line in filter(str.strip, equations.splitlines()):
        match = _LINE.match(line)
        if not match:
            raise ShapeError(f"'{line.strip()}' is not an equation", fix="write number ~ terms, or number = formula")
        yield match[1], ("=" if match[2] == "=" else "") + match[3]


def _regression(right: str | Sequence[str], cases: Cases) -> Regression:
    """Terms; text has a constant unless it says otherwise, a list has what it lists."""
    listed = not isinstance(right, str)
    signed = [("+", str(item)) for item in right] if listed else list(_split(str(right)))
    constant, terms = not listed, list[tuple[Factor, ...]]()
    for sign, text in signed:
        text = text.strip()
        if text in ("0", "1"):
            constant = (text == "1") == (sign == "+")
        elif sign == "-":
            raise MeaningError(f"'- {text}': only the constant can be taken away", fix="leave the term out")
        else:
            terms.append(tuple(_factor(part, cases) for part in ([text] if text in cases.columns else _parts(text))))
    terms = list(dict.fromkeys(terms))
    return Regression(((), *terms) if constant else tuple(terms))


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Terms and their signs, split at + and - outside parentheses and numbers."""
    depth, start, sign = 0, 0, "+"
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in "+-" and not re.search(r"\d[eE]\Z", text[:at]):
            if text[start:at].strip():
                yield sign, text[start:at]
            elif at and start:
                raise ShapeError(f"'{text.strip()}' has two signs in a row", fix="write terms with one + between them")
            start, sign = at + 1, letter
    if not text[start:].strip():
        raise ShapeError(f"'{text.strip()}' ends without a term", fix="write terms with one + between them")
    yield sign, text[start:]


def _parts(text: str) -> list[str]:
    """The factors of a term, split at `:` outside parentheses."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == ":" and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def _factor(text: str, cases: Cases) -> Factor:
    text = " ".join(text.split())
    if text in cases.columns:
        return Factor(text, Name(text))
    formula: Formula = parse(text)
    if isinstance(formula.root, Arithmetic) and formula.root.op == "*" and _two_columns(formula.root):
        raise MeaningError(f"'{text}' is not a term", fix=f"write the product as {text.replace(' * ', ':').replace('*', ':')}")
    unit_of(formula.root, lambda name: _column_unit(name, cases), no_operator, _no_set)
    return Factor(text, formula.root)


def _column_unit(name: Name, cases: Cases) -> Unit:
    if name.index is not None:
        raise MeaningError(f"'{name.name}[{name.index}]' is not a column", fix="name a column")
    cases.column(name.name)
    return ONE


def _two_columns(root: Arithmetic) -> bool:
    return isinstance(root.left, Name) and isinstance(root.right, Name)


def _product(parts: Sequence[list[tuple[str, Array]]]) -> Iterator[tuple[tuple[str, Array], ...]]:
    """Every way to take one of each, the first changing fastest."""
    if not parts:
        yield ()
        return
    for rest in _product(parts[1:]):
        for first in parts[0]:
            yield (first, *rest)


def _no_set(name: str) -> NoReturn:
    raise MeaningError(f"'{name}' is not a set of columns", fix="name a column")
