"""Derivatives: each instruction's rule, kinks, and the shape of the program that comes out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foedus.program import ir
from foedus.program.gradient import gradient, vjp
from foedus.program.ir import Builder, Value
from foedus.program.numpy_executor import execute

RULES: dict[str, Callable[[Value, Value], Value]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x, y: -x,
    "exp": lambda x, y: ir.exp(x * y),
    "log": lambda x, y: ir.log(x + y),
    "sqrt": lambda x, y: ir.sqrt(x * y),
    "sigmoid": lambda x, y: ir.sigmoid(x - y),
    "max": lambda x, y: ir.maximum(x * x, y),
    "min": lambda x, y: ir.minimum(x * x, y),
    "clip": lambda x, y: ir.clip(x * y, 0.5, 1.5),
    "abs": lambda x, y: ir.absolute(x - y),
    "choose": lambda x, y: ir.choose(x, y, x * y, y * y),
    "softmax": lambda x, y: ir.softmax([x, y, x * y])[2],
    "shared": lambda x, y: (x + y) * (x + y) * ir.exp(x + y),
}


@pytest.mark.parametrize("rule", RULES)
def test_against_differences(rule: str) -> None:
    b = Builder()
    program = b.program({"v": RULES[rule](b.input("x"), b.input("y"))})
    slopes = gradient(program, "v", ["x", "y"])
    at = {"x": np.array([0.4, 0.9, 1.3, 2.2]), "y": np.array([1.1, 0.3, 2.0, 0.7])}
    out = execute(slopes, at)
    np.testing.assert_array_equal(out["v"], execute(program, at)["v"])
    for name, x in at.items():
        up, down = ({**at, name: x + h} for h in (1e-6, -1e-6))
        difference = (execute(program, up)["v"] - execute(program, down)["v"]) / 2e-6
        np.testing.assert_allclose(out[f"d:{name}"] + 0 * at["x"], difference, rtol=1e-6, atol=1e-8)


def test_an_input_that_does_not_matter_has_no_slope() -> None:
    b = Builder()
    out = execute(gradient(b.program({"v": b.input("x") * 2}), "v", ["x", "z"]), {"x": 1.0})
    assert (out["d:x"], out["d:z"]) == (2, 0)


def test_only_the_output_asked_for_counts() -> None:
    b = Builder()
    x = b.input("x")
    program = b.program({"v": x * 3, "w": ir.exp(x)})
    assert execute(gradient(program, "v", ["x"]), {"x": 1.0})["d:x"] == 3


def test_adjoints_are_summed_over_outputs() -> None:
    b = Builder()
    x, y = b.input("x"), b.input("y")
    back = vjp(b.program({"u": x * y, "w": x + y}), wrt=["x", "y"], keep=["u"])
    out = execute(back, {"x": 2.0, "y": 5.0, "adjoint:u": 10.0, "adjoint:w": 1.0})
    assert (out["adjoint:x"], out["adjoint:y"], out["u"]) == (51, 21, 10)


def test_a_slope_has_a_slope() -> None:
    b = Builder()
    x = b.input("x")
    once = gradient(b.program({"v": x * x * x}), "v", ["x"])
    twice = gradient(once, "d:x", ["x"])
    assert execute(twice, {"x": 2.0})["d:x"] == pytest.approx(12)


def test_where_two_are_equal_the_first_is_taken() -> None:
    b = Builder()
    out = execute(gradient(b.program({"v": ir.maximum(b.input("x"), b.input("y"))}), "v", ["x", "y"]), {"x": 1.0, "y": 1.0})
    assert (out["d:x"], out["d:y"]) == (1, 0)
