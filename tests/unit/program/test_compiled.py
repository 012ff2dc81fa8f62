"""The compiled executor: accuracy of its functions, failed draws, shapes, plans and the cache of object code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from foedus.program import cache, compiled, native
from foedus.program.compiled import LAST_PLAN, compile_program, compile_recurrence
from foedus.program.ir import Builder, Program, Value, exp, log, maximum, minimum, sigmoid, sqrt
from foedus.program.numpy_executor import execute, iterate, iterate_gradient
from foedus.program.recurrence import Recurrence

Array = NDArray[np.float64]

SMALL = (0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225e-308)
LARGE = (np.inf, -np.inf, np.nan, -np.nan, 1.7976931348623157e308, 1e300, -1e300, -1e5)
EXP_BOUNDS = (709.0, 709.7, 710.0, -708.0, -709.0, -744.4, -745.1, -745.2, -746.0)
EDGES = np.array([*SMALL, *LARGE, *EXP_BOUNDS])


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def of_one(function: Callable[[Value], Value]) -> Program:
    b = Builder()
    return b.program({"y": function(b.input("x"))})


def growth() -> Recurrence:
    """A saving household: two states, a control, noise, a record."""
    b = Builder()
    wealth, mood, rate, tax, shock = (b.input(n) for n in ("wealth", "mood", "rate", "tax", "shock"))
    income = exp(rate) * (1 - tax) + shock
    after = maximum(wealth * income - 0.1 * mood, 0.01)
    step = b.program({"next:wealth": after, "next:mood": sigmoid(mood + log(after)), "income": income})
    s = Builder()
    start = s.program({"wealth": 1 + s.input("rate"), "mood": 0.5})
    return Recurrence(start, step, ("rate", "unused"), ("wealth", "mood"), ("tax",), ("shock",), ("income",))


def growth_inputs(draws: int, periods: int = 5, policies: int = 3) -> tuple[Array, Array, Array]:
    g = np.random.default_rng(draws)
    return g.normal(0, 0.2, (2, draws)), g.random((policies, periods, 1)), g.normal(0, 0.1, (periods, 1, draws))


RANGES = {
    "exp": (exp, np.linspace(-746, 711, 200_001), 2),
    "exp near 0": (exp, np.concatenate([s * np.logspace(-300, 0, 2001) for s in (-1, 1)]), 2),
    "log": (log, np.exp(np.linspace(-744.4, 709.7, 200_001)), 2),
    "log near 1": (log, 1 + np.concatenate([s * np.logspace(-16, -0.01, 20_001) for s in (-1, 1)]), 2),
    "log of subnormals": (log, 5e-324 * np.arange(1, 5001), 2),
    "sqrt": (sqrt, np.exp(np.linspace(-744.4, 709.7, 20_001)), 0),
    "sigmoid": (sigmoid, np.linspace(-720, 720, 200_001), 5),
}


@pytest.mark.parametrize("case", RANGES)
def test_functions_agree_to_units_in_the_last_place(case: str) -> None:
    function, x, units = RANGES[case]
    program = of_one(function)
    y, expected = compile_program(program, ["x"]).run(x[None])[0], execute(program, {"x": x})["y"]
    assert np.all(np.abs(y - expected) <= units * np.spacing(np.abs(expected)))


@pytest.mark.parametrize("function", [exp, log, sqrt, sigmoid, lambda x: -x, lambda x: 1 / x, lambda x: x * x - x])
def test_functions_fail_where_the_reference_fails(function: Callable[[Value], Value]) -> None:
    program = of_one(function)
    y, expected = compile_program(program, ["x"]).run(EDGES[None])[0], execute(program, {"x": EDGES})["y"]
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    np.testing.assert_allclose(y, expected, rtol=1e-15, atol=5e-324)


@pytest.mark.parametrize("op", ["max", "min", "choose", "add", "sub", "mul", "div"])
@pytest.mark.parametrize("fixed", [None, 0, 1])
def test_pairs_of_edge_values_are_as_in_the_reference(op: str, fixed: int | None) -> None:
    """`fixed`: the argument that is a number in the program, which other code is written for."""
    x, y = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    b = Builder()
    operands = [b.input("x"), b.input("y")]
    if fixed is not None:
        operands[fixed] = b.const(-1.0)
    rest = (b.input("x") + 1, b.input("y")) if op == "choose" else ()
    program = b.program({"z": b.emit(op, *operands, *rest)})
    z = compile_program(program, ["x", "y"]).run(np.stack([x, y]))[0]
    np.testing.assert_array_equal(z, execute(program, {"x": x, "y": y})["z"])


def test_a_constant_nan_is_kept() -> None:
    b = Builder()
    program = b.program({"max": maximum(b.input("x"), float("nan")), "min": minimum(b.input("x"), float("nan"))})
    assert np.isnan(compile_program(program, ["x"]).run(np.ones((1, 3)))).all()


@pytest.mark.parametrize("draws", [0, 1, 7, 8, 9, 15, 16, 17, 33, 10_003])
@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_draws(draws: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PIECE", 16)
    parameters, controls, noise = growth_inputs(draws)
    last, records = compile_recurrence(growth(), True).iterate(parameters, controls, noise, threads)
    expected, kept = iterate(growth(), parameters, controls, noise)
    np.testing.assert_allclose(last, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(records, kept, rtol=1e-12, atol=1e-14)


def test_records_are_left_out_when_not_kept() -> None:
    parameters, controls, noise = growth_inputs(5)
    _, records = compile_recurrence(growth(), False).iterate(parameters, controls, noise)
    assert records.shape == (3, 5, 0, 5)


def test_no_periods_give_the_first_state_and_its_slope() -> None:
    parameters, controls, noise = growth_inputs(20, periods=0)
    run, weights = compile_recurrence(growth(), True), np.ones((3, 2))
    last, records = run.iterate(parameters, controls, noise)
    assert records.shape == (3, 0, 1, 20)
    np.testing.assert_array_equal(last, iterate(growth(), parameters, controls, noise)[0])
    np.testing.assert_array_equal(run.gradient(parameters, controls, weights, noise)[1], [[3.0] * 20, [0.0] * 20])


@pytest.mark.parametrize("plan", [plan for _, plan in compiled.PLANS] + [LAST_PLAN])
def test_every_plan_gives_the_same(plan: compiled.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PLANS", ((10**9, plan),))
    parameters, controls, noise = growth_inputs(50)
    weights = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])
    run = compile_recurrence(growth(), True)
    np.testing.assert_allclose(
        run.iterate(parameters, controls, noise)[0], iterate(growth(), parameters, controls, noise)[0], rtol=1e-12
    )
    last, slope = run.gradient(parameters, controls, weights, noise)
    expected_last, expected = iterate_gradient(growth(), parameters, controls, weights, noise)
    np.testing.assert_allclose(last, expected_last, rtol=1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-10, atol=1e-12)


def test_records_that_are_infinite_leave_the_gradient_alone() -> None:
    b = Builder()
    step = b.program({"next:s": b.input("s") * b.input("p"), "r": 1 / (b.input("s") - b.input("p"))})
    s = Builder()
    r = Recurrence(s.program({"s": s.input("p")}), step, ("p",), ("s",), records=("r",))
    parameters, controls, weights = np.array([[2.0, 3.0]]), np.zeros((1, 1, 0)), np.ones((1, 1))
    for slope in (
        compile_recurrence(r, False).gradient(parameters, controls, weights)[1],
        iterate_gradient(r, parameters, controls, weights)[1],
    ):
        np.testing.assert_array_equal(slope, [[4.0, 6.0]])


def test_rows_that_a_program_does_not_use_are_allowed_and_missing_ones_refused() -> None:
    program = of_one(lambda x: x + 1)
    np.testing.assert_array_equal(compile_program(program, ["z", "x"]).run(np.array([[1.0], [2.0]])), [[3.0]])
    with pytest.raises(ValueError, match="'x'"):
        compile_program(program, ["z"])


@pytest.mark.parametrize(
    ("wrong", "message"), [(0, "parameters has the shape"), (1, "controls has the shape"), (2, "noise has the shape")]
)
def test_wrong_shapes_are_refused(wrong: int, message: str) -> None:
    parameters, controls, noise = (a if k != wrong else a[1:] if k == 0 else a[..., :-1] for k, a in enumerate(growth_inputs(4)))
    with pytest.raises(ValueError, match=message):
        compile_recurrence(growth(), True).iterate(parameters, controls, noise)


def test_missing_noise_is_refused() -> None:
    parameters, controls, noise = growth_inputs(4)
    with pytest.raises(ValueError, match="noise"):
        compile_recurrence(growth(), True).iterate(parameters, controls)
    with pytest.raises(ValueError, match="noise is for 2 periods"):
        compile_recurrence(growth(), True).iterate(parameters, controls, noise[:2])


def test_an_unknown_operation_is_refused() -> None:
    b = Builder()
    strange = b.program({"y": b.input("x") + 1})
    code = tuple(i._replace(op="erf") if i.op == "add" else i for i in strange.code)
    with pytest.raises(NotImplementedError, match="erf"):
        compile_program(Program(code, strange.outputs), ["x"]).run(np.ones((1, 1)))


def count_compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls, compile_text = [], native._compile

    def counted(text: str, level: int) -> bytes:
        calls.append(level)
        return compile_text(text, level)

    monkeypatch.setattr(native, "_compile", counted)
    return calls


def run_once() -> Array:
    return compile_program(of_one(lambda x: exp(x) + 2), ["x"]).run(np.zeros((1, 4)))


def test_object_code_is_compiled_once(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_compilations(monkeypatch)
    first, second = run_once(), run_once()
    assert len(calls) == 1
    assert len(list(own_cache.iterdir())) == 1
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("damage", [lambda c: c[:-9], lambda c: b"", lambda c: c[:90] + bytes([c[90] ^ 1]) + c[91:]])
def test_damaged_object_code_is_compiled_again(
    damage: Callable[[bytes], bytes], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_compilations(monkeypatch)
    run_once()
    (file,) = own_cache.iterdir()
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    np.testing.assert_array_equal(run_once(), np.full((1, 4), 3.0))
    assert len(calls) == 2
    assert file.read_bytes()[:32] == sound[:32]


def test_a_folder_that_cannot_be_made_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    np.testing.assert_array_equal(run_once(), np.full((1, 4), 3.0))


def test_an_empty_variable_turns_the_cache_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "")
    calls = count_compilations(monkeypatch)
    run_once(), run_once()
    assert len(calls) == 2
    assert cache.cache_folder() is None


def test_the_cache_is_in_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.VARIABLE)
    folder = cache.cache_folder()
    assert folder is not None
    assert folder.name == "foedus"


def test_importing_the_executor_does_not_import_llvm() -> None:
    code = "import sys, foedus.program.compiled; sys.exit(any(m.startswith('llvmlite') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
