"""The intermediate form: folding, equal instructions once, only what outputs need."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foedus.program import ir
from foedus.program.ir import SCALAR, Builder
from foedus.program.numpy_executor import UFUNCS, execute


def test_equal_instructions_are_one_value() -> None:
    b = Builder()
    x, y = b.input("x"), b.input("y")
    assert (x + y).id == (b.input("x") + b.input("y")).id
    assert (x * y + x * y).id == (x * y + x * y).id
    assert ir.exp(x).id == ir.exp(x).id
    assert (x - y).id != (y - x).id
    assert b.const(2).id == b.const(2.0).id
    assert b.const(0.0).id == b.const(-0.0).id


def test_what_is_common_is_computed_once() -> None:
    b = Builder()
    x, y = b.input("x"), b.input("y")
    program = b.program({"a": (x + y) * (x + y), "b": ir.log(x + y)})
    assert [i.op for i in program.code].count("add") == 1


def test_constants_are_folded() -> None:
    b = Builder()
    value = ir.exp(b.const(1) + 2) * 0.5 - ir.sqrt(b.const(4))
    assert value.constant == pytest.approx(math.exp(3) / 2 - 2)
    assert len(b.program({"v": value})) == 1


@pytest.mark.parametrize("op", SCALAR)
def test_folding_is_what_the_executor_computes(op: str) -> None:
    arity = SCALAR[op].__code__.co_argcount if hasattr(SCALAR[op], "__code__") else (1 if op in ("log", "sqrt") else 2)
    for at in (0.3, 0.7, 2.5, 40.0):
        numbers = [at, 1.7, 0.4, 3.1][:arity]
        b = Builder()
        folded = b.emit(op, *numbers).constant
        run = UFUNCS[op](*map(np.float64, numbers))
        assert folded == pytest.approx(float(run), rel=1e-15)


@pytest.mark.parametrize(("op", "numbers"), [("log", (0.0,)), ("log", (-1.0,)), ("sqrt", (-1.0,)), ("div", (1.0, 0.0))])
def test_what_cannot_be_folded_fails_at_run_time(op: str, numbers: tuple[float, ...]) -> None:
    b = Builder()
    value = b.emit(op, *numbers)
    assert value.constant is None
    assert not np.isfinite(execute(b.program({"v": value}), {})["v"])


def test_simplifications() -> None:
    b = Builder()
    x, y = b.input("x"), b.input("y")
    same = [
        x + 0,
        0 + x,
        x - 0,
        x * 1,
        1 * x,
        x / 1,
        0 - (-x),
        ir.maximum(x, x),
        ir.minimum(x, x),
        ir.choose(y, 0, x, x),
    ]
    assert {v.id for v in same} == {x.id}
    assert [(x * 0).constant, (0 / x).constant, (x - x).constant] == [0, 0, 0]
    assert (x * -1).id == (-x).id
    assert (0 - x).id == (-x).id


def test_a_program_keeps_what_its_outputs_need() -> None:
    b = Builder()
    x, y = b.input("x"), b.input("y")
    ir.exp(y)
    program = b.program({"a": x + 1, "b": x * y})
    assert set(program.inputs) == {"x", "y"}
    assert [i.op for i in program.code].count("exp") == 0
    assert set(program.restricted(["a"]).inputs) == {"x"}
    assert set(program.restricted(["a"]).outputs) == {"a"}
    assert execute(program.restricted(["a"]), {"x": 2})["a"] == 3


def test_values_are_dropped_after_their_last_use() -> None:
    b = Builder()
    x = b.input("x")
    program = b.program({"a": ir.exp(x + 1)})
    dead = [k for row in program.last_use for k in row]
    assert sorted(dead) == [k for k in range(len(program)) if k not in program.outputs.values()]


def test_inlining_binds_inputs() -> None:
    inner = Builder()
    program = inner.program({"s": inner.input("x") + inner.input("y"), "p": inner.input("x") * 2})
    outer = Builder()
    found = outer.inline(program, {"x": outer.input("z") * 3})
    whole = outer.program(found)
    assert set(whole.inputs) == {"z", "y"}
    out = execute(whole, {"z": 2, "y": 5})
    assert (out["s"], out["p"]) == (11, 12)


def test_inlining_folds_what_becomes_known() -> None:
    inner = Builder()
    program = inner.program({"s": ir.exp(inner.input("x")) * inner.input("y")})
    outer = Builder()
    assert outer.inline(program, {"x": 0.0, "y": 3.0})["s"].constant == 3


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("scale", [0.1, 1.0, 800.0])
def test_softmax_and_its_logarithm(count: int, scale: float) -> None:
    b = Builder()
    scores = [b.input(str(k)) for k in range(count)]
    outputs = {f"p{k}": v for k, v in enumerate(ir.softmax(scores))} | {f"l{k}": v for k, v in enumerate(ir.log_softmax(scores))}
    at = np.linspace(-1, 1, count) * scale
    out = execute(b.program(outputs), {str(k): v for k, v in enumerate(at)})
    logs = at - at.max() - np.log(np.exp(at - at.max()).sum())
    np.testing.assert_allclose([out[f"l{k}"] for k in range(count)], logs, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose([out[f"p{k}"] for k in range(count)], np.exp(logs), rtol=1e-13, atol=1e-300)
    assert sum(float(out[f"p{k}"]) for k in range(count)) == pytest.approx(1, abs=1e-15)


def test_results_broadcast() -> None:
    b = Builder()
    program = b.program({"a": b.input("x") + b.input("y"), "c": b.const(2)})
    out = execute(program, {"x": np.arange(3.0), "y": 1.0})
    np.testing.assert_array_equal(out["a"], [1, 2, 3])
    assert out["c"].shape == ()
