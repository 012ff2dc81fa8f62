"""Policies side by side: the same draws of every number under each, so that a difference is the policy's doing and nothing else.

Crises follow one another as claims see them: the moves observed in the first are taken as seen, the rest is expected play. Lever
settings are inputs of the program, so policies, policies adopted a crisis later and paths under search share one program.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.documents import finite
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, NumericalError, nearest
from foedus.formulas import Name, parse
from foedus.model.model import Model
from foedus.model.world import World
from foedus.program.gradient import vjp
from foedus.program.ir import Program
from foedus.protocol.protocol import flat_names
from foedus.runs.evaluate import executor, over_chunks
from foedus.scenario.scenario import Reading, Scenario

Path = tuple[Mapping[str, float], ...]
TAIL = 0.1  # share of draws that count as the worst
SEARCHED = 256  # draws over which paths are searched
LATTICE = 40  # settings tried at most before the gradient takes over
_T95 = 1.96


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure and whether more of it is better (+1) or worse (−1)."""

    measure: str
    sign: int


@dataclass(frozen=True)
class Effect:
    """A mean over draws with its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """A policy on one goal; a gain is counted so that more is better, a loss or regret so that more is worse.

    Attributes:
        by_crisis: (crisis,), means. mean: over all crises and draws. tail: mean of the worst tenth of draws.
        gain: over the scenario's own policy, draw by draw.
        regret: mean and 95% quantile of what the best policy in each draw would have brought more.
        best: share of draws where it is best.
        later, never: what is lost when it is adopted one crisis later, or not at all.
        ratio: how many times larger the variance of the gain would be without common random numbers.
    """

    goal: Goal
    by_crisis: tuple[float, ...]
    mean: float
    tail: float
    gain: Effect
    regret: tuple[float, float]
    best: float
    later: Effect
    never: Effect
    ratio: float


@dataclass(frozen=True)
class PolicyResult:
    """A policy.

    Attributes:
        satisfices: share of draws in which it reaches every threshold; by default, does no worse than the scenario's own policy.
        dominated_by: policies that are at least as good on every goal, and better on one, in the mean.
    """

    name: str
    meaning: str
    judged: tuple[Judged, ...]
    satisfices: float
    dominated_by: tuple[str, ...]

    @property
    def frontier(self) -> bool:
        """Whether no policy dominates it."""
        return not self.dominated_by


@dataclass(frozen=True)
class Best:
    """The lever path that does best on a goal in the worst tenth of draws: settings by crisis, judged on draws of their own."""

    goal: Goal
    path: Path
    mean: float
    tail: float
    declared: str
    declared_tail: float


@dataclass(frozen=True)
class Comparison:
    """Policies of a scenario compared; `baseline` is the scenario's own."""

    scenario: Scenario
    crises: int
    draws: int
    failures: int
    seed: int
    baseline: str
    goals: tuple[Goal, ...]
    policies: tuple[PolicyResult, ...]
    best: tuple[Best, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data."""
        head = {k: getattr(self, k) for k in ("crises", "draws", "failures", "seed", "baseline")}
        rows = [asdict(p) | {"frontier": p.frontier, "judged": [_plain(asdict(j)) for j in p.judged]} for p in self.policies]
        best = [asdict(b) | {"path": [dict(s) for s in b.path]} for b in self.best]
        about = {"scenario": self.scenario.name, "digest": self.scenario.digest, "prior_set": self.scenario.reference}
        found = about | head | {"goals": [asdict(g) for g in self.goals], "policies": rows, "best": best}
        return {k: finite(v) for k, v in found.items()}


def _plain(judged: dict[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in judged.items()}


def compare(
    scenario: Scenario,
    *,
    crises: int | None = None,
    measures: Sequence[str] = (),
    thresholds: Mapping[str, float] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    optimise: bool = True,
) -> Comparison:
    """Compare every policy under common random numbers.

    Args:
        crises: how many; the scenario's horizon by default.
        measures: further goals, `security` where more is better, `-war` where less is. The measures that the scenario's
            prescriptions and predictions read count always, in the direction of their tests.
        thresholds: measure to what a policy must reach on average over the crises to satisfice.
        optimise: search for the best lever path for each goal, too.

    Raises:
        MeaningError: an unknown measure, or no goal at all. NumericalError: no draw could be computed.
    """
    goals = goals_of(scenario, measures)
    count, horizon = draws or scenario.draws, crises or scenario.horizon
    course = Course(scenario, goals, horizon, workers)
    paths = {name: extended(policy.settings, horizon) for name, policy in scenario.policies.items()}
    base = paths[scenario.policy]
    late = {name: (base[0], *path[:-1]) for name, path in paths.items()}
    chosen = scenario.seed if seed is None else seed
    numbers = draw(scenario, count, seed=chosen, only=course.program.inputs.keys())
    values = course.run(numbers, [*paths.values(), *late.values()], count)  # (path, crisis, goal, draw)
    fine = np.asarray(np.isfinite(values).all(axis=(0, 1, 2)))
    if not fine.any():
        raise NumericalError(f"none of {count:,} draws could be computed under every policy")
    values = values[..., fine]
    judge = _Judge(scenario, goals, list(paths), values[: len(paths)], values[len(paths) :], thresholds or {})
    best = tuple(_best(course, scenario, k, numbers, fine, judge, chosen) for k in range(len(goals))) if optimise else ()
    lost = int((~fine).sum())
    results = tuple(judge.result(name) for name in paths)
    return Comparison(scenario, horizon, count, lost, chosen, scenario.policy, goals, results, tuple(b for b in best if b))


def goals_of(scenario: Scenario, measures: Sequence[str]) -> tuple[Goal, ...]:
    """The goals that prescriptions and predictions read, and those asked for, which may turn a direction round."""
    found: dict[str, int] = {}
    for claim in scenario.claims:
        for test in claim.tests if claim.role in ("prescription", "prediction") else ():
            for reading in (test.left, test.right):
                if isinstance(reading, Reading):
                    label = reading.measure if reading.index is None else f"{reading.measure}[{reading.index}]"
                    found.setdefault(label, 1 if test.above else -1)
    known = flat_names(scenario.protocol, scenario.protocol.measures)
    for text in measures:
        label, sign = text.lstrip("+-").strip(), -1 if text.startswith("-") else 1
        if label not in known:
            raise MeaningError(f"no measure '{label}'", fix=nearest(label, known))
        found[label] = sign
    if not found:
        raise MeaningError(
            "no goal: the scenario has neither a prescription nor a prediction", fix="name measures, for instance -war"
        )
    return tuple(Goal(label, sign) for label, sign in found.items())


def extended(settings: Path, crises: int) -> Path:
    """Lever settings for so many crises; the last one stays."""
    return tuple(settings[min(t, len(settings) - 1)] for t in range(crises))


class Course:
    """Crisis after crisis as one program, with lever settings as inputs `lever@crisis`."""

    def __init__(self, scenario: Scenario, goals: Sequence[Goal], crises: int, workers: int | None) -> None:
        self.scenario, self.goals, self.crises, self.workers = scenario, goals, crises, workers
        self.levers = list(scenario.protocol.levers)
        model = Model(scenario.protocol)
        inputs = [{n: model.builder.input(f"{n}@{t}") for n in self.levers} for t in range(crises)]
        world: World = model.world(model.numbers() | inputs[0], future=tuple(inputs[1:]))
        outputs = {}
        for t in range(crises):
            for goal in goals:
                root = parse(goal.measure).root
                assert isinstance(root, Name)
                outputs[f"{goal.measure}@{t}"] = world.quantity(root.name, root.index)
            world = (world.given(scenario.observed) if t == 0 else world).after()
        self.program: Program = model.builder.program(outputs)

    def run(self, numbers: Mapping[str, Array], paths: Sequence[Path], count: int) -> Array:
        """Every goal under every path, (path, crisis, goal, draw)."""
        run = executor(self.program, float(count) * len(paths))
        names = [f"{goal.measure}@{t}" for t in range(self.crises) for goal in self.goals]

        def work(start: int, size: int) -> Array:
            here = {n: v[start : start + size] if v.ndim else v for n, v in numbers.items() if n in self.program.inputs}
            parts = [run(here | self.settings(path), size) for path in paths]
            return np.stack([np.stack([part[n] for n in names]) for part in parts])

        found = np.concatenate(over_chunks(work, 0, count, workers=self.workers), axis=-1)
        return found.reshape(len(paths), self.crises, len(self.goals), count)

    def settings(self, path: Path) -> dict[str, Array]:
        """A path as inputs of the program."""
        every = {f"{n}@{t}": np.asarray(path[t].get(n, 0.0)) for t in range(self.crises) for n in self.levers}
        return {n: v for n, v in every.items() if n in self.program.inputs}


class _Judge:
    """Judges every policy from values (policy, crisis, goal, draw), as adopted now and one crisis later."""

    def __init__(
        self,
        scenario: Scenario,
        goals: Sequence[Goal],
        names: list[str],
        now: Array,
        late: Array,
        thresholds: Mapping[str, float],
    ) -> None:
        self.scenario, self.goals, self.names, self.now = scenario, goals, names, now
        self.sign = np.array([g.sign for g in goals], dtype=float)[:, None]
        self.mean, self.late = now.mean(axis=1), late.mean(axis=1)  # over crises: (policy, goal, draw)
        self.good = self.mean * self.sign
        self.base = names.index(scenario.policy)
        for label in thresholds:
            if label not in [g.measure for g in goals]:
                raise MeaningError(f"'{label}' is no goal", fix=nearest(label, [g.measure for g in goals]))
        given = [np.full(self.good.shape[2], thresholds[g.measure] * g.sign) if g.measure in thresholds else None for g in goals]
        self.least = np.stack([self.good[self.base, k] if v is None else v for k, v in enumerate(given)])

    def result(self, name: str) -> PolicyResult:
        p, means = self.names.index(name), self.good.mean(axis=2)
        over = [n for q, n in enumerate(self.names) if (means[q] >= means[p]).all() and (means[q] > means[p]).any()]
        satisfied = float((self.good[p] >= self.least - 1e-12).all(axis=0).mean())
        judged = tuple(self.judged(p, k) for k in range(len(self.goals)))
        return PolicyResult(name, self.scenario.policies[name].meaning, judged, satisfied, tuple(over))

    def judged(self, p: int, k: int) -> Judged:
        good, base = self.good[:, k], self.good[self.base, k]
        regret = good.max(axis=0) - good[p]
        later = good[p] - self.late[p, k] * self.sign[k]
        gain, apart = good[p] - base, float(good[p].var() + base.var())
        together = float(gain.var())
        return Judged(
            goal=self.goals[k],
            by_crisis=tuple(float(v) for v in self.now[p, :, k].mean(axis=1)),
            mean=float(self.mean[p, k].mean()),
            tail=float(tail(good[p]) * self.sign[k, 0]),
            gain=effect(gain),
            regret=(float(regret.mean()), float(np.quantile(regret, 0.95))),
            best=float((regret <= 1e-12).mean()),
            later=effect(later),
            never=effect(gain),
            ratio=apart / together if together > 1e-18 else float("inf"),
        )


def effect(values: Array) -> Effect:
    """The mean of draws with its 95% interval."""
    half = _T95 * float(values.std(ddof=1)) / np.sqrt(values.size) if values.size > 1 else float("nan")
    return Effect(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def tail(good: Array) -> float:
    """The mean of the worst tenth of draws, (draw,), more being better."""
    size = max(int(TAIL * good.size), 1)
    return float(np.partition(good, size - 1)[:size].mean())


# --- the best path


def _best(
    course: Course, scenario: Scenario, k: int, numbers: Mapping[str, Array], fine: NDArray[np.bool_], judge: _Judge, seed: int
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
