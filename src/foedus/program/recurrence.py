"""A program applied again and again: parameters stay, state is carried from one period to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from foedus.program.gradient import vjp
from foedus.program.ir import Program


@dataclass(frozen=True)
class Recurrence:
    """One period as a program, with the roles of its inputs and outputs.

    Attributes:
        start: parameters to the first state; outputs are the names in `state`.
        step: parameters, state, controls and noise to `next:<state>` for each state name, and the records.
        parameters: inputs that vary by draw alone.
        state: inputs carried from period to period.
        controls: inputs that vary by policy and period, the same for every draw.
        noise: inputs that vary by draw and period, the same for every policy.
        records: outputs of `step` that are kept for each period.
    """

    start: Program
    step: Program
    parameters: tuple[str, ...]
    state: tuple[str, ...]
    controls: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    @cached_property
    def bare_step(self) -> Program:
        """The step without its records."""
        return self.step.restricted([f"next:{name}" for name in self.state])

    @cached_property
    def reverse_step(self) -> Program:
        """Adjoints of the next state to adjoints of state and parameters (`adjoint:<name>`); records have no part in it."""
        return vjp(self.bare_step, wrt=self.state + self.parameters)

    @cached_property
    def reverse_start(self) -> Program:
        """Adjoints of the first state to adjoints of the parameters."""
        return vjp(self.start, wrt=self.parameters)
