"""Straight-line programs as data: instructions, equations beside them, and what is needed for what.

Every executor and every change of program is a reading of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Instruction(NamedTuple):
    """One step. `data` is the name of an input or the value of a constant."""

    op: str
    args: tuple[int, ...] = ()
    data: str | float | None = None


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


# Each operation on floats: what constants are folded with, and the meaning every executor must share.
SCALAR: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "exp": lambda a: math.exp(min(a, 709.0)),
    "log": math.log,
    "sqrt": math.sqrt,
    "sigmoid": _sigmoid,
    "max": max,
    "min": min,
    # choose(u, c, a, b) is a where u >= c and b elsewhere
    "choose": lambda u, c, a, b: a if u >= c else b,
}


@dataclass(frozen=True, eq=False)
class Implicit:
    """Values defined by equations: the unknowns at which every residual is zero.

    With a path, the solution meant is the end of the branch that starts where path and unknowns are zero and ends where path is
    one; without, the equations are linear in the unknowns.

    Attributes:
        unknowns: the names under which programs read the values.
        residual: a program of the unknowns and others, with one output `F0`, `F1`, … for each unknown.
        path: the input of the residual that is followed, or None.
        status: the names under which programs read how it went: the status and how far the path was followed.
    """

    unknowns: tuple[str, ...]
    residual: Program
    path: str | None
    status: tuple[str, ...] = ()

    @cached_property
    def given(self) -> tuple[str, ...]:
        """What the equations depend on beside the unknowns and the path; unknowns of earlier equations may be among it."""
        own = {*self.unknowns, self.path}
        return tuple(name for name in self.residual.inputs if name not in own)


@dataclass(frozen=True)
class Program:
    """A straight-line program.

    Attributes:
        code: the instructions; instruction i may use the values of instructions before it.
        outputs: output name to the value it reads.
        implicit: equations whose unknowns are among the inputs, in the order they can be solved.
    """

    code: tuple[Instruction, ...]
    outputs: Mapping[str, int]
    implicit: tuple[Implicit, ...] = ()

    @cached_property
    def own_inputs(self) -> dict[str, int]:
        """Input name to the value it becomes in the code, unknowns of equations included."""
        return {str(i.data): k for k, i in enumerate(self.code) if i.op == "input"}

    @cached_property
    def inputs(self) -> dict[str, int | None]:
        """What the program must be given, by name, with the value it becomes (None where equations alone read it)."""
        solved = {name for block in self.implicit for name in (*block.unknowns, *block.status)}
        names = dict.fromkeys([*self.own_inputs, *(name for block in self.implicit for name in block.given)])
        return {name: self.own_inputs.get(name) for name in names if name not in solved}

    @cached_property
    def last_use(self) -> tuple[tuple[int, ...], ...]:
        """For each instruction, the values that nothing after it needs."""
        last = list(range(len(self.code)))
        for k, instruction in enumerate(self.code):
            for a in instruction.args:
                last[a] = k
        kept = set(self.outputs.values())
        dead: list[list[int]] = [[] for _ in self.code]
        for value, k in enumerate(last):
            if value not in kept:
                dead[k].append(value)
        return tuple(map(tuple, dead))

    def restricted(self, outputs: Iterable[str]) -> Program:
        """The program cut down to some of its outputs and what they need."""
        return cut(self.code, {name: self.outputs[name] for name in outputs}, self.implicit)

    def __len__(self) -> int:
        return len(self.code)


def cut(code: Sequence[Instruction], outputs: Mapping[str, int], implicit: Sequence[Implicit] = ()) -> Program:
    """A program of the instructions and equations that the outputs need."""
    needed = bytearray(len(code))
    for id in outputs.values():
        needed[id] = 1
    for k in range(len(code) - 1, -1, -1):
        if needed[k]:
            for a in code[k].args:
                needed[a] = 1
    new: dict[int, int] = {}
    kept: list[Instruction] = []
    for k, instruction in enumerate(code):
        if needed[k]:
            new[k] = len(kept)
            op, args, data = instruction
            kept.append(Instruction(op, tuple([new[a] for a in args]), data))
    return Program(tuple(kept), {name: new[id] for name, id in outputs.items()}, _needed(kept, implicit))


def _needed(code: Iterable[Instruction], implicit: Sequence[Implicit]) -> tuple[Implicit, ...]:
    """The equations that a program needs, and those that they need, in their order."""
    wanted = {str(i.data) for i in code if i.op == "input"}
    kept: list[Implicit] = []
    for block in reversed(implicit):
        if wanted.intersection((*block.unknowns, *block.status)):
            kept.append(block)
            wanted.update(block.given)
    return tuple(reversed(kept))
