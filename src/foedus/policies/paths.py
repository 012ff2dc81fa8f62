"""The lever path that does best in the worst tenth of draws, searched on draws of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.policies.course import Course, Goal, Path
from foedus.policies.judge import TAIL, Judge, tail
from foedus.program.gradient import vjp
from foedus.program.ir import Program
from foedus.runs.evaluate import executor
from foedus.scenario.scenario import Scenario

SEARCHED = 256  # draws over which paths are searched
LATTICE = 40  # settings tried at most before the gradient takes over


@dataclass(frozen=True)
class Best:
    """The lever path that does best on a goal in the worst tenth of draws: settings by crisis, judged on draws of their own."""

    goal: Goal
    path: Path
    mean: float
    tail: float
    declared: str
    declared_tail: float


def best_path(
    course: Course, scenario: Scenario, k: int, numbers: Mapping[str, Array], fine: NDArray[np.bool_], judge: Judge, seed: int
) -> Best | None:
    """The best two-stage path for goal k, judged on the comparison's own draws."""
    if not course.levers or scenario.budget <= 0 or course.crises <= scenario.lag - 1:
        return None
    path = _Search(course, scenario, k, seed).run()
    values = course.run(numbers, [path], len(fine))[0, :, k][:, fine].mean(axis=0)
    goal, good = course.goals[k], values * course.goals[k].sign
    tails = [tail(g) for g in judge.good[:, k]]
    top = int(np.argmax(tails))
    return Best(goal, path, float(values.mean()), tail(good) * goal.sign, judge.names[top], tails[top] * goal.sign)


class _Search:
    """Maximises the mean of the worst tenth of draws over two settings, each within the budget, on draws of their own."""

    def __init__(self, course: Course, scenario: Scenario, k: int, seed: int) -> None:
        self.course, self.goal, self.lag, self.budget = course, course.goals[k], scenario.lag, scenario.budget
        names = [f"{self.goal.measure}@{t}" for t in range(course.crises)]
        self.program = course.program.restricted(names)
        self.names, self.turn = names, self.lag - 1 + (course.crises - self.lag + 2) // 2
        drawn = draw(scenario, SEARCHED, seed=(seed + 1) % 2**63, only=self.program.inputs.keys())
        self.numbers, self.wrt = drawn, [n for n in self.program.inputs if "@" in n]
        self.slope = vjp(self.program, wrt=self.wrt, keep=names)

    def path(self, flat: Array) -> Path:
        """Settings of two stages, (stage × lever,), as a path; nothing acts before the lag."""
        stages = flat.reshape(2, -1)
        at = [None if t < self.lag - 1 else int(t >= self.turn) for t in range(self.course.crises)]
        return tuple({} if s is None else dict(zip(self.course.levers, map(float, stages[s]), strict=True)) for s in at)

    def value(self, flat: Array) -> tuple[float, Array]:
        """What is minimised, and its gradient."""
        inputs = self.numbers | {n: v for n, v in self.course.settings(self.path(flat)).items() if n in self.program.inputs}
        ones = {f"adjoint:{n}": np.full(SEARCHED, 1.0 / len(self.names)) for n in self.names}
        found = self._run(self.slope)(inputs | ones, SEARCHED)
        good = np.mean([found[n] for n in self.names], axis=0) * self.goal.sign
        good = np.where(np.isfinite(good), good, np.inf)
        worst = np.argsort(good)[: max(int(TAIL * SEARCHED), 1)]
        slope = np.zeros((2, len(self.course.levers)))
        for name in self.wrt:
            lever, _, t = name.rpartition("@")
            if int(t) >= self.lag - 1:
                stage = int(int(t) >= self.turn)
                slope[stage, self.course.levers.index(lever)] += found[f"adjoint:{name}"][worst].mean() * self.goal.sign
        return -float(good[worst].mean()), -slope.reshape(-1)

    def _run(self, program: Program) -> Callable[[Mapping[str, Array], int], dict[str, Array]]:
        if not hasattr(self, "_compiled"):
            self._compiled = executor(program, 4e6)
        return self._compiled

    def run(self) -> Path:
        from scipy.optimize import minimize

        d = len(self.course.levers)
        starts = sorted((np.tile(s, 2) for s in lattice(d, self.budget)), key=lambda flat: self.value(flat)[0])[:2]
        within = [
            {
                "type": "ineq",
                "fun": lambda u, s=s: self.budget - u[s * d : (s + 1) * d].sum(),
                "jac": lambda u, s=s: -np.repeat(np.arange(2) == s, d).astype(float),
            }
            for s in (0, 1)
        ]
        best = starts[0]
        for start in starts:
            found = minimize(
                self.value, start, jac=True, method="SLSQP", bounds=[(0, self.budget)] * (2 * d), constraints=within,
                options={"maxiter": 25, "ftol": 1e-7},
            )  # fmt: skip
            inside = np.clip(found.x, 0, None).reshape(2, d)
            inside *= np.minimum(1.0, self.budget / np.maximum(inside.sum(axis=1, keepdims=True), 1e-300))
            if self.value(inside.reshape(-1))[0] < self.value(best)[0]:
                best = inside.reshape(-1)
        return self.path(np.round(best, 6))


def lattice(levers: int, budget: float) -> list[Array]:
    """Settings on a grid of the simplex of what may be spent, as fine as LATTICE allows."""
    found: list[Array] = []
    for steps in range(1, 9):
        grid = [p for p in itertools.product(range(steps + 1), repeat=levers) if sum(p) <= steps]
        if found and len(grid) > LATTICE:
            break
        found = [np.array(p) * budget / steps for p in grid]
    return found
