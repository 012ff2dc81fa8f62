"""Each policy judged on each goal: what it gains draw by draw, what it regrets, and what delay costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.policies.course import Goal
from foedus.scenario.scenario import Scenario

TAIL = 0.1  # share of draws that count as the worst
_T95 = 1.96


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


class Judge:
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
        """A policy on every goal."""
        p, means = self.names.index(name), self.good.mean(axis=2)
        over = [n for q, n in enumerate(self.names) if (means[q] >= means[p]).all() and (means[q] > means[p]).any()]
        satisfied = float((self.good[p] >= self.least - 1e-12).all(axis=0).mean())
        judged = tuple(self.judged(p, k) for k in range(len(self.goals)))
        return PolicyResult(name, self.scenario.policies[name].meaning, judged, satisfied, tuple(over))

    def judged(self, p: int, k: int) -> Judged:
        """Policy p on goal k."""
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
