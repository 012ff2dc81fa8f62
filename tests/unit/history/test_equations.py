"""Regression equations: terms, constants, words, and what is no equation."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.errors import InputError
from foedus.history.cases import as_cases
from foedus.history.equations import Equations, Factor, coding, parse_equations

CASES = as_cases({"x": [1.0, 2.0, 4.0], "z": [0.0, 1.0, 3.0], "kind": ["b", "a", "c"], "the x": [5.0, 6.0, 7.0]})


def columns(equations: Equations) -> dict[str, list[float]]:
    """The columns of the linear predictor of u."""
    regressions, _ = parse_equations(equations, CASES)
    names, matrix = coding(regressions, CASES).design(regressions["u"], CASES)
    return dict(zip(names, matrix.T.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("u ~ x", ["constant", "x"]),
        ("u ~ 1", ["constant"]),
        ("u ~ x - 1", ["x"]),
        ("u ~ 0 + x + z", ["x", "z"]),
        ("u ~ x + x + z", ["constant", "x", "z"]),
        ("u ~ x:z", ["constant", "x:z"]),
        ("u ~ log(x) + x^2 - 1", ["log(x)", "x^2"]),
        ("u ~ exp(-z) + max(x, 2)", ["constant", "exp(-z)", "max(x, 2)"]),
        ("u ~ kind", ["constant", "kind[b]", "kind[c]"]),
        ("u ~ kind - 1", ["kind[a]", "kind[b]", "kind[c]"]),
        ("u ~ x:kind", ["constant", "x:kind[b]", "x:kind[c]"]),
        ({"u": ["x", "z"]}, ["x", "z"]),
        ({"u": ["1", "the x"]}, ["constant", "the x"]),
        ({"u": "~ x"}, ["constant", "x"]),
        ({"u": "x"}, ["constant", "x"]),
    ],
)
def test_terms(text: Equations, names: list[str]) -> None:
    assert list(columns(text)) == names


def test_values() -> None:
    found = columns("u ~ log(x) + x:z + kind")
    np.testing.assert_allclose(found["log(x)"], np.log([1, 2, 4]))
    assert found["x:z"] == [0, 2, 12]
    assert found["constant"] == [1, 1, 1]
    assert (found["kind[b]"], found["kind[c]"]) == ([1, 0, 0], [0, 0, 1])


def test_numbers_without_coefficients() -> None:
    _, given = parse_equations("a = 2\n b = x / 2\n c = -1e-1\n d = 1 + 1", CASES)
    assert (given["a"], given["c"], given["d"]) == (2.0, -0.1, 2.0)
    assert isinstance(given["b"], Factor)
    assert given["b"].values(CASES).tolist() == [0.5, 1, 2]
    assert parse_equations({"a": 3, "b": "= x"}, CASES)[1]["a"] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("u x + z", "not an equation"),
        ("u ~ x\nu ~ z", "two equations for 'u'"),
        ("u ~ y", "no column 'y'"),
        ("u ~ x +", "ends without a term"),
        ("u ~ x + + z", "two signs in a row"),
        ("u ~ x - z", "only the constant can be taken away"),
        ("u ~ x * z", "write the product as x:z"),
        ("u ~ x[a]", "not a column"),
        ("u ~ f(x)", "unknown function 'f'"),
        ("u ~ log(x, z)", "takes 1 arguments"),
        ("u ~ x.z", "is a move"),
        ("u ~ sum(k in road: x)", "not a set"),
        ("u ~ __import__('os')", "not part of a formula"),
        ("u ~ log(kind)", "holds words"),
        ("u ~ log(z)", "cannot be computed in row 1 of 3"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        columns(text)
    assert message in str(caught.value)


def test_a_word_that_the_fit_has_not_seen_is_refused() -> None:
    regressions, _ = parse_equations("u ~ kind", CASES)
    code = coding(regressions, CASES)
    with pytest.raises(InputError, match="unknown word in the column 'kind' in row 2 of 3"):
        code.design(regressions["u"], CASES.having(kind=np.array(["a", "d", "b"], dtype=object)))
