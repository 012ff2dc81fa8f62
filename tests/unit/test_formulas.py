"""Formulas: what is read, what binds tighter, and what is refused, with the character where it goes wrong."""

from __future__ import annotations

import math

import pytest
from helpers import refused

from foedus.errors import MeaningError
from foedus.formulas import (
    MAX_DEPTH,
    MAX_LENGTH,
    Call,
    Constant,
    Formula,
    Move,
    Name,
    Sum,
    parse,
    specialise,
    substitute,
    unit_of,
    walk,
)
from foedus.program.ir import Builder
from foedus.program.lowering import lower
from foedus.program.numpy_executor import execute
from foedus.units import ONE, Unit, parse_unit

NUMBERS = {"a": 2.0, "b": 3.0, "c": 5.0, "w[x]": 7.0, "w[y]": 11.0}


def value_of(text: str | float) -> float:
    """What a formula computes, through the program."""
    builder = Builder()

    def name(n: Name) -> object:
        return builder.input(n.name if n.index is None else f"{n.name}[{n.index}]")

    value = lower(parse(text).root, builder, name, None, lambda _: ("x", "y"))  # type: ignore[arg-type]
    return float(execute(builder.program({"value": value}), NUMBERS)["value"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 3 - 2", 5),
        ("16 / 4 / 2", 2),
        ("2 ^ 3 ^ 2", 512),
        ("2 ** 3", 8),
        ("-2 ^ 2", -4),
        ("2 ^ -1", 0.5),
        ("-a * b", -6),
        ("a - -b", 5),
        ("--a", 2),
        ("2e-1 + .5 + 1.", 1.7),
        ("w[x] * a", 14),
        ("sum(k in set: w[k] * a) + 1", 37),
        ("sum(k in set: sum(j in set: w[k] * w[j]))", 324),
        ("min(a, b, c) + max(a, b, c)", 7),
        ("clip(c, a, b)", 3),
        ("abs(a - b)", 1),
        ("exp(log(a)) + sqrt(4) + sigmoid(0)", 4.5),
        ("c ^ 0.5", math.sqrt(5)),
        ("(a - b) ^ 3", -1),
        (4, 4),
        (0.25, 0.25),
    ],
)
def test_value(text: str | float, value: float) -> None:
    assert value_of(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("a + ", 4),
        ("", 1),
        ("a b", 3),
        ("(a + b", 7),
        ("a + b)", 6),
        ("a +* b", 4),
        ("2x", 2),
        ("w[1]", 3),
        ("w[x", 4),
        ("a $ b", 3),
        ("a; b", 2),
        ("sum(k of set: 1)", 10),
        ("f(x = 1, 2)", 11),
        ("a.", 3),
    ],
)
def test_mistakes_are_placed(text: str, character: int) -> None:
    assert f"at character {character} of" in refused(parse, text).what


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.__class__.__mro__",
        "(a).b",
        "w[x].y",
        "f(x).y",
        "[k for k in a]",
        "lambda: 0",
        '"text"',
        "a if b else c",
        "a; import os",
        "a := 1",
        "{a}",
        "a\\nb",
        "f'{a}'",
        "a == b",
        "a @ b",
        "w[x[y]]",
        "f(*a)",
    ],
)
def test_nothing_of_python_is_read(text: str) -> None:
    refused(parse, text)


def test_a_name_of_python_is_only_a_name() -> None:
    assert parse("__import__").root == Name("__import__")
    assert parse("lambda * eval").text == "lambda * eval"


@pytest.mark.parametrize("text", ["1e400", math.inf, math.nan, True, None])
def test_what_is_no_finite_number_is_refused(text: str | float) -> None:
    refused(parse, text)


@pytest.mark.parametrize("text", ["(" * 70 + "1" + ")" * 70, "-" * 70 + "1", "2^" * 70 + "1", "exp(" * 70 + "1" + ")" * 70])
def test_depth_is_bounded(text: str) -> None:
    assert f"nested more than {MAX_DEPTH} deep" in refused(parse, text).what


def test_length_is_bounded() -> None:
    refused(parse, "1+" * (MAX_LENGTH // 2) + "1")


@pytest.mark.parametrize("sign", ["+", "*"])
def test_the_longest_formula_can_be_worked_with(sign: str) -> None:
    """Either it is refused, or everything that is done with formulas later on can be done."""
    text = sign.join(["a"] * (MAX_LENGTH // 2))
    try:
        formula = parse(text)
    except MeaningError:
        return
    assert sum(isinstance(e, Name) for e in walk(formula.root)) == MAX_LENGTH // 2
    unit_of(formula.root, lambda _: ONE, lambda _: ONE, lambda _: ())
    assert math.isfinite(value_of(text))


def test_moves_and_keywords() -> None:
    root = parse("under(choice(help.back), D = 0, Q = Q - 1)").root
    assert isinstance(root, Call)
    assert root.args == (Call("choice", (Move("help", "back"),)),)
    assert [k for k, _ in root.keywords] == ["D", "Q"]


def test_substitution_leaves_an_inner_sum_alone() -> None:
    root = parse("w[k] + sum(k in set: w[k])").root
    found = substitute(root, "k", "x")
    assert parse("w[x] + sum(k in set: w[k])").root == found


@pytest.mark.parametrize(
    ("text", "simpler"), [("a * m", "a"), ("b * z + c", "c"), ("c - z", "c"), ("z - c", "-c"), ("m + m", "2"), ("-m", "-1")]
)
def test_what_known_marks_make_trivial_is_removed(text: str, simpler: str) -> None:
    known = {"m": Constant(1.0), "z": Constant(0.0)}
    expected = Constant(-1.0) if simpler == "-1" else parse(simpler).root
    assert specialise(parse(text).root, known) == expected


def test_a_formula_is_its_text() -> None:
    assert parse("a  +\n b") == Formula("a + b", Constant(0))
    assert isinstance(parse("sum(k in s: 1)").root, Sum)


UNITS = {"m": parse_unit("good", ["good"]), "n": parse_unit("force", ["good", "force"]), "p": ONE}


def unit(text: str) -> Unit | None:
    return unit_of(parse(text).root, lambda n: UNITS[n.name], lambda _: ONE, lambda _: ("x",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m + m", "good"),
        ("m * p", "good"),
        ("m / n", "good/force"),
        ("m / m", "1"),
        ("sqrt(m * m)", "good"),
        ("m ^ 2 / m", "good"),
        ("exp(m / m)", "1"),
        ("max(m, 0)", "good"),
        ("m - 0", "good"),
        ("sum(k in s: m)", "good"),
        ("1 / m", "1/good"),
        ("clip(p, 0, 1)", "1"),
    ],
)
def test_unit(text: str, expected: str) -> None:
    assert str(unit(text)) == expected


@pytest.mark.parametrize(
    "text", ["m + n", "m + 1", "exp(m)", "log(n)", "max(m, p)", "p ^ m", "m ^ p", "min(m)", "clip(p, 1)", "a.b"]
)
def test_units_that_do_not_fit(text: str) -> None:
    with pytest.raises(MeaningError):
        unit(text)


def test_zero_fits_any_unit() -> None:
    assert unit("0") is None
    assert str(unit("m + 0 * n")) == "good"
