"""A log-probability and its first and second derivatives, made ready to run over cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np

from foedus.history.cases import Array
from foedus.program.compiled import compile_program
from foedus.program.gradient import gradient, jacobian
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute

LONGEST = 60_000  # instructions; of longer programs there are no second derivatives
Runner = Callable[[Array], Array]


class Machine:
    """A program with one output, and its derivatives; each is built when first used.

    Args:
        program: the log-probability of an event.
        numbers: what to differentiate by, where the program reads it.
        columns: its other inputs.
        compiled: whether to make machine code; programs with equations have none.
    """

    def __init__(self, program: Program, numbers: Sequence[str], columns: Sequence[str], compiled: bool) -> None:
        self.program, self.compiled = program, compiled
        (self.output,) = program.outputs
        self.wrt = [n for n in numbers if n in program.inputs]
        self.inputs = [*self.wrt, *(n for n in columns if n in program.inputs)]

    @cached_property
    def value(self) -> Runner:
        """Inputs, (input, case), to the log-probability, (1, case)."""
        return self._runner(self.program)

    @cached_property
    def slopes(self) -> Runner:
        """Inputs to the log-probability and its derivative in each number, (1 + number, case)."""
        return self._runner(self._gradient)

    @cached_property
    def second(self) -> Runner | None:
        """Inputs to the second derivative in each pair of numbers in order, (pair, case); None where there is no such program."""
        if self.program.implicit:
            return None
        program = jacobian(self._gradient.restricted([f"d:{a}" for a in self.wrt]), self.wrt)
        program = program.restricted([f"d:d:{a}:{b}" for a, b in combinations_with_replacement(self.wrt, 2)])
        return self._runner(program) if len(program) <= LONGEST else None

    @cached_property
    def _gradient(self) -> Program:
        return gradient(self.program, self.output, self.wrt)

    def _runner(self, program: Program) -> Runner:
        if self.compiled and not program.implicit:
            machine = compile_program(program, self.inputs)
            return lambda rows: machine.run(rows, threads=1)

        def run(rows: Array) -> Array:
            out = execute(program, dict(zip(self.inputs, rows, strict=True)))
            return np.stack([np.broadcast_to(out[name], rows.shape[1:]) for name in program.outputs])

        return run
