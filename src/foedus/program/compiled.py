"""The compiled executor: a program or a recurrence as machine code for this processor, on vectors of draws.

It gives what the reference executor gives, up to rounding: exp, log and sigmoid differ in the last places, and a product that
feeds a sum is rounded once and not twice. Draws fail (NaN, infinite) where they fail there; only a product beyond the largest
number that a sum brings back at once may come out finite here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.program import llvm_emit, native
from foedus.program.ir import Program
from foedus.program.recurrence import Recurrence

Array = NDArray[np.float64]

PIECE = 1024  # draws; less is not worth handing to a thread
LANES = 16  # draws; a multiple of every vector
PIECES_PER_THREAD = 4  # so that a thread that starts late or is slowed down does not hold up all


@dataclass(frozen=True)
class Plan:
    """How to compile: draws in a vector, whether exp and the like are copied in or called, effort of the code generator."""

    width: int
    inline: bool
    level: int


# Chosen by measurement. Vectors of two of the widest registers hide the wait for results; in long programs compile time decides,
# since it grows faster than the program: one register and calls cost a fifth in speed and save four fifths of it, and the plain
# code generator costs half in speed and saves another four fifths.
PLANS = ((2_000, Plan(16, True, 2)), (20_000, Plan(8, False, 2)))
LAST_PLAN = Plan(8, False, 0)
OFTEN = Plan(8, False, 1)  # at least, for what runs a hundred thousand times and more: half as much speed again for ten seconds

Task = Callable[[int, int], None]


class CompiledProgram:
    """A program as machine code, compiled when first run.

    Attributes:
        inputs: the names of the rows of what `run` takes.
        outputs: the names of the rows of what it returns.
    """

    def __init__(self, program: Program, inputs: Sequence[str], often: bool = False) -> None:
        missing = sorted(set(program.inputs) - set(inputs))
        if missing:
            raise ValueError(f"no row is given for the inputs {missing} of the program")
        self.program, self.inputs, self.outputs = program, tuple(inputs), tuple(program.outputs)
        self._plan = max(_plan(len(program)), OFTEN, key=lambda plan: plan.level) if often else _plan(len(program))

    @cached_property
    def _function(self) -> Callable[..., None]:
        text = llvm_emit.program_text(self.program, self.inputs, self._plan.width, self._plan.inline)
        return native.function(text, len(llvm_emit.PROGRAM_POINTERS), len(llvm_emit.PROGRAM_SIZES), self._plan.level)

    def run(self, arrays: Array, threads: int | None = None) -> Array:
        """The outputs, (output, draw), for inputs (input, draw), by `threads` threads (default: one for each usable core).

        What cannot be computed is NaN or infinite, as in `numpy_executor.execute`. The result does not depend on `threads`.
        """
        given = _checked(arrays, "arrays", (len(self.inputs), None))
        draws = given.shape[1]
        rows = _padded(given, self._plan.width)
        out = np.empty((len(self.outputs), rows.shape[1]))
        function, addresses = self._function, (rows.ctypes.data, out.ctypes.data)

        def task(first: int, stop: int) -> None:
            function(*addresses, rows.shape[1], first, stop)

        _over_draws(task, rows.shape[1], self._plan.width, threads)
        return out[:, :draws]


class CompiledRecurrence:
    """A recurrence as machine code; the forward pass and the gradient are compiled when first used, each by itself."""

    def __init__(self, recurrence: Recurrence, keep_records: bool) -> None:
        self.recurrence, self.keep_records = recurrence, keep_records

    @cached_property
    def _forward(self) -> tuple[Callable[..., None], int]:
        plan = _plan(len(self.recurrence.step))
        text = llvm_emit.forward_text(self.recurrence, self.keep_records, plan.width, plan.inline)
        return self._function(text, llvm_emit.FORWARD_POINTERS, plan), plan.width

    @cached_property
    def _gradient(self) -> tuple[Callable[..., None], int]:
        plan = _plan(len(self.recurrence.reverse_step))
        text = llvm_emit.gradient_text(self.recurrence, plan.width, plan.inline)
        return self._function(text, llvm_emit.GRADIENT_POINTERS, plan), plan.width

    def _function(self, text: str, pointers: Sequence[str], plan: Plan) -> Callable[..., None]:
        return native.function(text, len(pointers), len(llvm_emit.RECURRENCE_SIZES), plan.level)

    def iterate(
        self, parameters: Array, controls: Array, noise: Array | None = None, threads: int | None = None
    ) -> tuple[Array, Array]:
        """Run the recurrence.

        Args:
            parameters: (parameter, draw).
            controls: (policy, period, control).
            noise: (period, noise, draw), or None where the recurrence has none.
            threads: how many threads, by default one for each usable core; the result does not depend on it.

        Returns:
            The last state, (policy, state, draw), and the records, (policy, period, record, draw), no record where they are
            not kept. What cannot be computed is NaN or infinite.

        Raises:
            ValueError: an array has the wrong shape.
        """
        function, width = self._forward
        given = _Inputs(self.recurrence, parameters, controls, noise, width)
        records = self.recurrence.records if self.keep_records else ()
        last = np.empty((given.policies, len(self.recurrence.state), given.draws))
        kept = np.empty((given.policies, given.periods, len(records), given.draws))
        addresses = (*given.addresses, last.ctypes.data, kept.ctypes.data)

        def task(first: int, stop: int) -> None:
            function(*addresses, *given.sizes, first, stop)

        _over_draws(task, given.draws, width, threads)
        return last[..., : given.wanted], kept[..., : given.wanted]

    def fill(self, parameters: Array, controls: Array, noise: Array, records: Array, first: int, stop: int) -> None:
        """Run the recurrence for some draws of many, on this thread, and leave the records where they are to be.

        Args:
            parameters, controls, noise: as for `iterate`; (period, 0, draw) where there is no noise.
            records: (policy, period, record, draw), written into. All draws are a multiple of `LANES`.
            first, stop: which draws; `first` is a multiple of `LANES`, and what lies between `stop` and the next multiple is
                overwritten, too.

        Raises:
            ValueError: an array has the wrong shape, or is not contiguous.
        """
        function, width = self._forward
        given = _Inputs(self.recurrence, parameters, controls, noise, width)
        shape = (given.policies, given.periods, len(self.recurrence.records), given.draws)
        if records.shape != shape or not records.flags.c_contiguous or given.draws % LANES or first % LANES or LANES % width:
            raise ValueError(f"records have the shape {records.shape}, not {shape}, or are not what vectors can fill")
        last = np.empty((given.policies, len(self.recurrence.state), given.draws))
        end = -(-stop // LANES) * LANES
        function(*given.addresses, last.ctypes.data, records.ctypes.data, *given.sizes, first, end)

    def gradient(
        self, parameters: Array, controls: Array, weights: Array, noise: Array | None = None, threads: int | None = None
    ) -> tuple[Array, Array]:
        """Value and gradient of a weighted sum of the last state.

        Args:
            parameters: (parameter, draw).
            controls: (policy, period, control).
            weights: (policy, state), the weight of each last state in the sum.
            noise: (period, noise, draw), or None where the recurrence has none.
            threads: as for `iterate`.

        Returns:
            The last state, (policy, state, draw), and the gradient of the sum with respect to the parameters, (parameter, draw).

        Raises:
            ValueError: an array has the wrong shape.
        """
        function, width = self._gradient
        given = _Inputs(self.recurrence, parameters, controls, noise, width)
        states = len(self.recurrence.state)
        seeds = _checked(weights, "weights", (given.policies, states))
        last = np.empty((given.policies, states, given.draws))
        slope = np.empty((len(self.recurrence.parameters), given.draws))
        addresses = (*given.addresses, seeds.ctypes.data, last.ctypes.data, slope.ctypes.data)

        def task(first: int, stop: int) -> None:
            trail = np.empty((given.periods, states, width))
            function(*addresses, trail.ctypes.data, *given.sizes, first, stop)

        _over_draws(task, given.draws, width, threads)
        return last[..., : given.wanted], slope[:, : given.wanted]


def compile_program(program: Program, inputs: Sequence[str], often: bool = False) -> CompiledProgram:
    """Compile a program whose inputs will come as the rows named, when it is first run; with more effort where it runs often.

    Raises:
        ValueError: the program has an input that is not named.
    """
    return CompiledProgram(program, inputs, often)


def compile_recurrence(recurrence: Recurrence, keep_records: bool) -> CompiledRecurrence:
    """Compile a recurrence, with or without its records, when it is first run."""
    return CompiledRecurrence(recurrence, keep_records)


class _Inputs:
    """What a recurrence is given, checked and padded to a vector, kept alive for as long as its addresses are in use."""

    def __init__(self, r: Recurrence, parameters: Array, controls: Array, noise: Array | None, width: int) -> None:
        fixed = _checked(parameters, "parameters", (len(r.parameters), None))
        driven = _checked(controls, "controls", (None, None, len(r.controls)))
        self.wanted = fixed.shape[1]
        self.policies, self.periods, _ = driven.shape
        shocks = np.empty((self.periods, 0, self.wanted)) if noise is None else noise
        shocks = _checked(shocks, "noise", (None, len(r.noise), self.wanted))
        if len(shocks) < self.periods:
            raise ValueError(f"noise is for {len(shocks)} periods, controls are for {self.periods}")
        self._arrays = (_padded(fixed, width), driven, _padded(shocks, width))
        self.draws = self._arrays[0].shape[1]
        self.addresses = tuple(a.ctypes.data for a in self._arrays)
        self.sizes = (self.policies, self.periods, self.draws)


def _plan(instructions: int) -> Plan:
    return next((plan for most, plan in PLANS if instructions <= most), LAST_PLAN)


def _checked(array: Array, name: str, shape: tuple[int | None, ...]) -> Array:
    """The array as contiguous float64; machine code cannot check, so a wrong shape (None: any length) is refused here."""
    found = np.ascontiguousarray(array, dtype=np.float64)
    if found.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, found.shape, strict=True)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} has the shape {found.shape}, not ({wanted})")
    return found


def _padded(array: Array, width: int) -> Array:
    """Fewer draws than fill a vector, filled up with the last one; no draws stay none."""
    draws = array.shape[-1]
    if draws == 0 or draws >= width:
        return array
    return np.ascontiguousarray(np.concatenate([array, np.repeat(array[..., -1:], width - draws, axis=-1)], axis=-1))


def _over_draws(task: Task, draws: int, width: int, threads: int | None) -> None:
    """Run a task over all draws in pieces of whole vectors; the last vector goes back over draws already done, if it has to."""
    if draws == 0:
        return
    workers = threads or _cores()
    pieces = max(1, min(workers * PIECES_PER_THREAD, draws // PIECE)) if workers > 1 else 1
    size = -(-draws // (pieces * width)) * width
    whole = draws // width * width

    def piece(first: int) -> None:
        task(first, min(first + size, whole))
        if first + size >= draws > whole:
            task(draws - width, draws)

    if pieces == 1:
        piece(0)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(piece, range(0, draws, size)))


def _cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
