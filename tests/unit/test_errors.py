"""Errors: what stands where, and the nearest word."""

from __future__ import annotations

import pytest

from foedus.errors import FoedusError, InputError, MeaningError, NotFoundError, NumericalError, Place, ShapeError, nearest


def test_a_message_says_where_what_and_what_to_do() -> None:
    error = MeaningError("unknown name 'rno'", Place("a.yaml", 3, 7), "did you mean 'rho'?")
    assert str(error) == "a.yaml:3:7: unknown name 'rno'\n  fix: did you mean 'rho'?"


def test_a_place_is_given_once() -> None:
    error = MeaningError("wrong").at(Place("a.yaml", 3))
    assert type(error) is MeaningError
    assert error.at(Place("b.yaml", 9)).place == Place("a.yaml", 3)


@pytest.mark.parametrize(
    ("kind", "builtin", "code"),
    [
        (ShapeError, ValueError, 2),
        (MeaningError, ValueError, 2),
        (NotFoundError, LookupError, 2),
        (NumericalError, ArithmeticError, 3),
    ],
)
def test_errors_are_what_a_caller_expects(kind: type[FoedusError], builtin: type[Exception], code: int) -> None:
    assert issubclass(kind, builtin)
    assert kind.exit_code == code
    assert issubclass(kind, InputError) is (code == 2)


def test_the_nearest_word() -> None:
    assert nearest("pres", ["press", "hold"]) == "did you mean 'press'?"
    assert nearest("qqq", ["press", "hold"]) == "use one of: hold, press"
    assert nearest("qqq", []) == ""
    assert nearest("qqq", [f"w{k}" for k in range(20)]).endswith("…")
