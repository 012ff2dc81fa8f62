"""Laws: the compiled executor is the reference executor, on programs and recurrences made up at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from foedus.program import cache, compiled, llvm_math
from foedus.program.compiled import compile_program, compile_recurrence
from foedus.program.ir import SCALAR, Builder, Program, Value, choose, clip, exp, log, maximum, minimum, sigmoid, sqrt
from foedus.program.numpy_executor import UFUNCS, execute, iterate, iterate_gradient
from foedus.program.recurrence import Recurrence

Array = NDArray[np.float64]

ARITY = {"neg": 1, "exp": 1, "log": 1, "sqrt": 1, "sigmoid": 1, "choose": 4}
UNITS = {"exp": 2, "log": 2, "sigmoid": 5}  # how far the functions of the two executors may differ, in the last place
NAMES = ("x", "y", "z")
EXTREMES = (0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310, 1e308, 709.5, -745.5, 1.0)

examples = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True, scope="module")
def no_cache() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, "")
        yield


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any operations in any order, on anything; every value is an output."""
    b = Builder()
    values = [b.input(n) for n in NAMES] + [b.const(draw(st.sampled_from([0.5, -2.0, 1e200, 3.0])))]
    for _ in range(draw(st.integers(1, 25))):
        op = draw(st.sampled_from(sorted(SCALAR)))
        values.append(b.emit(op, *(draw(st.sampled_from(values)) for _ in range(ARITY.get(op, 2)))))
    return b.program({str(k): v for k, v in enumerate(values)})


# Values in [-1, 1] from values in [-1, 1], after clipping: rounding errors stay small. `u` is drawn anew and compared with
# numbers only, so that no rounding error decides a choice.
TAME: tuple[Callable[[Value, Value, Value], Value], ...] = (
    lambda x, y, z: x * y + z,
    lambda x, y, z: z - x * y,
    lambda x, y, z: 0.5 * x - y,
    lambda x, y, z: x / (2 + y),
    lambda x, y, z: exp(x) - 1,
    lambda x, y, z: log(1.5 + x),
    lambda x, y, z: sqrt(2 + x) - 1,
    lambda x, y, z: sigmoid(4 * x),
    lambda x, y, z: maximum(x, y),
    lambda x, y, z: minimum(x, -y),
    lambda x, y, z: choose(x.builder.input("u"), 0.3, x, y),
    lambda x, y, z: choose(x.builder.input("u"), -0.5, x + z, x),
)
SMOOTH: tuple[Callable[[Value, Value, Value], Value], ...] = (
    lambda x, y, z: 0.5 * x * y,
    lambda x, y, z: sigmoid(x + y),
    lambda x, y, z: 0.3 * (x - z),
    lambda x, y, z: x / (2 + y * y),
    lambda x, y, z: exp(-x * x) * y,
    lambda x, y, z: log(2 + x * x) * sqrt(1 + y * y) - 0.5 * z,
)


@st.composite
def grown(draw: st.DrawFn, values: list[Value], smooth: bool = False) -> list[Value]:
    """Values and what can be made of them."""
    values = list(values)
    for _ in range(draw(st.integers(1, 10 if smooth else 25))):
        x, y, z = (draw(st.sampled_from(values)) for _ in range(3))
        made = draw(st.sampled_from(SMOOTH if smooth else TAME))(x, y, z)
        values.append(made if smooth else clip(made, -1, 1))
    return values


@st.composite
def recurrences(draw: st.DrawFn, smooth: bool = False) -> Recurrence:
    """One or two parameters and up to three states, with a control, noise and a record."""
    parameters = ("p", "r")[: draw(st.integers(1, 2))]
    state = ("s0", "s1", "s2")[: draw(st.integers(1, 3))]
    b = Builder()
    inputs = [b.input(n) for n in (*parameters, *state, "c", "e")]
    values = draw(grown(inputs, smooth))
    step = b.program({f"next:{n}": draw(st.sampled_from(values)) for n in state} | {"record": values[-1]})
    a = Builder()
    start = a.program({n: a.input(draw(st.sampled_from(parameters))) * 0.5 for n in state})
    return Recurrence(start, step, parameters, state, ("c",), ("e", "u"), ("record",))


@st.composite
def data(draw: st.DrawFn, recurrence: Recurrence) -> tuple[Array, Array, Array, Array]:
    """Parameters, controls, weights and noise."""
    g = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    policies, periods, draws = (draw(st.integers(low, high)) for low, high in ((1, 3), (0, 6), (1, 40)))
    parameters = g.uniform(-1, 1, (len(recurrence.parameters), draws))
    weights = g.uniform(-1, 1, (policies, len(recurrence.state)))
    return parameters, g.uniform(-1, 1, (policies, periods, 1)), weights, g.uniform(-1, 1, (periods, 2, draws))


def numbers() -> st.SearchStrategy[float]:
    return st.sampled_from(EXTREMES) | st.floats(allow_subnormal=True) | st.floats(-4, 4)


@examples
@given(programs(), st.lists(st.tuples(numbers(), numbers(), numbers()), min_size=1, max_size=20))
def test_every_instruction_is_that_of_the_reference(program: Program, draws: list[tuple[float, float, float]]) -> None:
    """Each value, from the values it was compiled to use: exact but for exp and the like, also where it fails."""
    everything = Program(program.code, {str(k): k for k in range(len(program))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm_math, "FLAGS", "")  # nothing fused, so that each instruction can be held to the bit
        values = compile_program(everything, NAMES).run(np.array(draws).T)
    with np.errstate(all="ignore"):
        for k, (op, args, _) in enumerate(program.code):
            if op in UFUNCS:
                expected = UFUNCS[op](*(values[a] for a in args))
                np.testing.assert_array_equal(np.isnan(values[k]), np.isnan(expected))
                good = np.isfinite(expected)
                np.testing.assert_array_equal(values[k][~good], expected[~good])
                allowed = UNITS.get(op, 0) * np.spacing(np.minimum(np.abs(expected[good]), 1e308))
                assert np.all(np.abs(values[k][good] - expected[good]) <= allowed), op


@examples
@given(st.data())
def test_programs_are_those_of_the_reference(choice: st.DataObject) -> None:
    """Outputs alone, where products and sums may be fused."""
    b = Builder()
    inputs = [b.input(n) for n in ("u", *NAMES)]
    values = choice.draw(grown(inputs))
    program = b.program({str(k): v for k, v in enumerate(values[-3:])})
    arrays = np.random.default_rng(choice.draw(st.integers(0, 999))).uniform(-1, 1, (4, choice.draw(st.integers(1, 70))))
    found = compile_program(program, ("u", *NAMES)).run(arrays)
    expected = execute(program, dict(zip(("u", *NAMES), arrays, strict=True)))
    for row, name in zip(found, program.outputs, strict=True):
        np.testing.assert_allclose(row, expected[name], rtol=0, atol=1e-9)


@examples
@given(st.data())
def test_recurrences_are_those_of_the_reference(choice: st.DataObject) -> None:
    recurrence = choice.draw(recurrences())
    parameters, controls, _, noise = choice.draw(data(recurrence))
    run = compile_recurrence(recurrence, keep_records=choice.draw(st.booleans()))
    last, records = run.iterate(parameters, controls, noise)
    expected, kept = iterate(recurrence, parameters, controls, noise)
    np.testing.assert_allclose(last, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(records, kept if run.keep_records else kept[:, :, :0], rtol=0, atol=1e-9)


@examples
@given(st.data())
def test_gradients_are_those_of_the_reference_and_of_differences(choice: st.DataObject) -> None:
    recurrence = choice.draw(recurrences(smooth=True))
    parameters, controls, weights, noise = choice.draw(data(recurrence))
    run = compile_recurrence(recurrence, keep_records=False)
    last, slope = run.gradient(parameters, controls, weights, noise)
    expected_last, expected = iterate_gradient(recurrence, parameters, controls, weights, noise)
    np.testing.assert_allclose(last, expected_last, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-11)
    for k in range(len(parameters)):
        up, down = parameters.copy(), parameters.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        ends = [np.einsum("ps,psd->d", weights, run.iterate(p, controls, noise)[0]) for p in (up, down)]
        np.testing.assert_allclose((ends[0] - ends[1]) / 2e-5, slope[k], rtol=1e-4, atol=1e-6)


@examples
@given(st.data())
def test_results_depend_neither_on_threads_nor_on_the_company_of_draws(choice: st.DataObject) -> None:
    recurrence = choice.draw(recurrences())
    parameters, controls, weights, noise = choice.draw(data(recurrence))
    parameters, noise = (np.tile(a, 12)[..., : 12 * a.shape[-1] - 5] for a in (parameters, noise))
    run = compile_recurrence(recurrence, keep_records=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "PIECE", 16)
        alone = [*run.iterate(parameters, controls, noise, 1), *run.gradient(parameters, controls, weights, noise, 1)]
        shared = [*run.iterate(parameters, controls, noise, 4), *run.gradient(parameters, controls, weights, noise, 4)]
    some = slice(3, parameters.shape[1] - 2)
    part = [
        *run.iterate(parameters[:, some], controls, noise[..., some], 2),
        *run.gradient(parameters[:, some], controls, weights, noise[..., some], 2),
    ]
    for a, s, p in zip(alone, shared, part, strict=True):
        np.testing.assert_array_equal(a, s)
        np.testing.assert_array_equal(a[..., some], p)
