"""Policies side by side, under the same draws of every number: a difference is the policy's doing and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from foedus.documents import finite
from foedus.ensemble.draws import draw
from foedus.errors import NumericalError
from foedus.policies.course import Course, Goal, extended, goals_of
from foedus.policies.judge import Judge, PolicyResult
from foedus.policies.paths import Best, best_path
from foedus.scenario.scenario import Scenario
from foedus.shown import Shown


@dataclass(frozen=True)
class Comparison(Shown):
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
        draws, seed: of the ensemble; the scenario's own by default.
        workers: threads; the result does not depend on it.
        optimise: search for the best lever path for each goal, too.

    Returns:
        Gains over the scenario's own policy, regret, the frontier, the cost of delay and the best path, with units of each goal.

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
    judge = Judge(scenario, goals, list(paths), values[: len(paths)], values[len(paths) :], thresholds or {})
    best = tuple(best_path(course, scenario, k, numbers, fine, judge, chosen) for k in range(len(goals))) if optimise else ()
    lost = int((~fine).sum())
    results = tuple(judge.result(name) for name in paths)
    return Comparison(scenario, horizon, count, lost, chosen, scenario.policy, goals, results, tuple(b for b in best if b))
