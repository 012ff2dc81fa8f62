"""Every equilibrium of one crisis that can be found, and which of them the branch from uniform play leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foedus.errors import InputError
from foedus.model.model import Model
from foedus.model.solve import EXACT, Solved, outputs_of, solved_from
from foedus.program.continuation import STALLED, STATUS, solve
from foedus.program.ir import Program
from foedus.program.numpy_executor import execute
from foedus.program.roots import roots
from foedus.scenario.scenario import Scenario

MOST_STARTS = 100_000


@dataclass(frozen=True)
class Equilibria:
    """The distinct logit equilibria of one crisis at one set of numbers.

    Attributes:
        solutions: each as a solved crisis, without measures; the one of the branch first, the others by Newton's method.
        residuals: the largest error in the log-odds of each.
        signs: of the determinant of the equations at each.
        branch: which solution the branch from uniform play leads to; None where it cannot be followed.
        status: how following the branch went.
        starts: how many random starts were tried.
    """

    solutions: tuple[Solved, ...]
    residuals: tuple[float, ...]
    signs: tuple[int, ...]
    branch: int | None
    status: str
    starts: int

    @property
    def balanced(self) -> bool:
        """Whether the signs sum to one, as they must where every equilibrium was found and none is degenerate."""
        return sum(self.signs) == 1


def equilibria(scenario: Scenario, *, starts: int = 300, seed: int = 1, prior_set: str | None = None) -> Equilibria:
    """The logit equilibria of a scenario's first crisis at its central values, under its policy.

    Args:
        starts: from how many random points Newton's method is begun.
        prior_set: whose central values; the reference by default.

    Raises:
        InputError: `starts` is out of range.
    """
    if not 0 <= starts <= MOST_STARTS:
        raise InputError(f"starts = {starts} is not between 0 and {MOST_STARTS:,}", fix="use some hundreds")
    model = Model(scenario.protocol)
    world = model.world(model.numbers() | model.levers(scenario.policies[scenario.policy].settings[0]))
    wanted = {name: value for name, value in outputs_of(world).items() if not name.startswith("measure:")}
    program = model.builder.program(wanted)
    given, name = scenario.central(prior_set), prior_set or scenario.reference
    bare = Program(program.code, program.outputs)

    def shown(unknowns: Mapping[str, float], status: str) -> Solved:
        values = {key: float(value) for key, value in execute(bare, {**given, **unknowns}).items()}
        return solved_from(world, values, scenario, name, status)

    if not program.implicit:
        return Equilibria((shown({}, EXACT),), (0.0,), (1,), 0, EXACT, 0)
    (block,) = program.implicit
    followed = {key: float(value) for key, value in solve(block, given, execute).items()}
    code = int(followed[block.status[0]])
    known = np.array([[followed[u] for u in block.unknowns]] if code < STALLED else np.empty((0, len(block.unknowns))))
    (found,) = roots(block, {name: np.array([given[name]]) for name in block.given}, [known], starts, seed, execute)
    return Equilibria(
        solutions=tuple(
            shown(followed | dict(zip(block.unknowns, map(float, u), strict=True)), STATUS[code]) for u in found.unknowns
        ),
        residuals=tuple(map(float, found.residuals)),
        signs=tuple(map(int, found.signs)),
        branch=0 if code < STALLED else None,
        status=STATUS[code],
        starts=starts,
    )
