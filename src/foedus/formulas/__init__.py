"""Formulas of named quantities: parsed, checked for names and units, never run as Python.

number        2, 0.5, 1e-3
name          p_0, share[arms], c_P[patron]      an index is an element or a set
arithmetic    + - * / ^ and parentheses
function      exp log sqrt sigmoid min max clip abs
sum           sum(k in channel: w[k] * share[k])
operator      choice(help.back), under(security, D = 0)      what is offered depends on where the formula stands
"""

from __future__ import annotations

from foedus.formulas.checks import FUNCTIONS, MaybeUnit, check_function, no_operator, unit_of
from foedus.formulas.expressions import (
    Arithmetic,
    Call,
    Constant,
    Expression,
    Formula,
    Move,
    Name,
    Negative,
    Sum,
    depth,
    parts,
    specialise,
    substitute,
    walk,
)
from foedus.formulas.parser import MAX_DEPTH, MAX_LENGTH, parse

__all__ = [
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Arithmetic",
    "Call",
    "Constant",
    "Expression",
    "Formula",
    "MaybeUnit",
    "Move",
    "Name",
    "Negative",
    "Sum",
    "check_function",
    "depth",
    "no_operator",
    "parse",
    "parts",
    "specialise",
    "substitute",
    "unit_of",
    "walk",
]
