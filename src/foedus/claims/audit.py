"""Judge every claim of a scenario, under every prior set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import foedus
from foedus.claims.argument import Argument, build_argument
from foedus.claims.carriers import Carrier, carriers
from foedus.claims.search import Point, search
from foedus.claims.verdicts import NEARLY_ONE, NEARLY_ZERO, Interval, Verdict, clopper_pearson, neighbours, verdict_of
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.runs.evaluate import evaluate, located
from foedus.scenario.scenario import Claim, Scenario

ALPHA = 0.05
STAGES = 2  # an unresolved claim is drawn once more, so each stage has half the chance of error
MORE = 4  # by how much a second stage is larger
ASSUMED = 0.99

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SetResult:
    """A claim under one prior set.

    Attributes:
        interval: of its probability where it speaks of the case.
        domain: probability that it does.
        failures: draws that could not be computed; failed: ids of the first of them.
        readings: median, 5% and 95% quantile of each measure that its tests read.
    """

    interval: Interval
    verdict: Verdict
    domain: float
    failures: int
    failed: Sequence[int]
    readings: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class ClaimResult:
    """A claim's verdict.

    Attributes:
        by_set: prior set to what was found there.
        assumed: taking its mechanism out leaves it as it is in more than 99% of draws, so the input alone decides it.
        between: for an unresolved claim, the verdicts it lies between.
        counterexample: for a near-certain claim, a point of the support where it goes the other way.
        carried_by: the numbers that account for most of its variance under the reference.
        draws: how many draws each prior set had.
    """

    claim: Claim
    verdict: Verdict
    by_set: Mapping[str, SetResult]
    assumed: bool | None
    between: tuple[Verdict, Verdict] | None
    counterexample: Point | None
    carried_by: Sequence[Carrier]
    draws: int


@dataclass(frozen=True)
class TensionResult:
    """How probable claims are together, and how probable were they independent, under the reference."""

    claims: Sequence[str]
    why: str
    joint: Interval
    independent: float


@dataclass(frozen=True)
class Audit:
    """The judged argument."""

    scenario: Scenario
    seed: int
    draws: int
    failures: int
    claims: Sequence[ClaimResult]
    tensions: Sequence[TensionResult]
    version: str = field(default_factory=lambda: foedus.__version__)

    def to_dict(self) -> dict[str, Any]:
        """The audit as plain data; see the reference of `foedus audit --json`."""
        from foedus.claims.plain import plain_audit

        return plain_audit(self)


def audit(
    scenario: Scenario,
    *,
    draws: int | None = None,
    seed: int | None = None,
    design: str = "random",
    limit: bool = False,
    workers: int | None = None,
    progress: Progress = lambda _: None,
) -> Audit:
    """Judge every claim.

    Args:
        scenario: whose claims.
        draws: for each prior set; the scenario's own number by default.
        seed: the scenario's own by default.
        design: see `ensemble.designs`.
        limit: judge in the subgame-perfect limit.
        workers: threads; the result does not depend on it.
        progress: told what is being done.
    """
    count, chosen = draws or scenario.draws, scenario.seed if seed is None else seed
    progress("compiling claims")
    argument = build_argument(scenario, limit=limit)
    run = _Run(scenario, argument, chosen, design, workers)
    progress("drawing")
    samples = {name: run.sample(name, argument.program.outputs.keys(), count) for name in scenario.prior_sets}
    results = []
    for claim in scenario.claims:
        progress(f"judging {claim.id}")
        results.append(run.judge(claim, samples, count))
    tensions = [run.tension(t.claims, t.why, samples[scenario.reference]) for t in scenario.tensions]
    failed = [r.failures for c in results for r in c.by_set.values()]
    return Audit(scenario, chosen, count, max(failed, default=0), results, tensions)


Sample = Mapping[str, Array]


@dataclass(frozen=True)
class _Run:
    scenario: Scenario
    argument: Argument
    seed: int
    design: str
    workers: int | None

    @property
    def alpha(self) -> float:
        """The chance of error of one interval, so that all hold together."""
        return ALPHA / (max(len(self.scenario.claims), 1) * len(self.scenario.prior_sets) * STAGES)

    def sample(self, prior_set: str, names: Any, count: int) -> Sample:
        program = self.argument.program.restricted(names)
        return evaluate(
            program, self.scenario, count, prior_set=prior_set, seed=self.seed, design=self.design, workers=self.workers
        )

    def uncertain(self, claim: Claim) -> bool:
        """Whether a claim depends on any number that is not known."""
        inputs = self.argument.part([claim.id]).inputs
        return any(numbers[label].prior for numbers in self.scenario.prior_sets.values() for label in inputs)

    def judge(self, claim: Claim, samples: Mapping[str, Sample], count: int) -> ClaimResult:
        if claim.untestable:
            return ClaimResult(claim, "untestable", {}, None, None, None, [], 0)
        result = self._judged(claim, samples, count)
        if result.verdict == "unresolved":
            names = [n for group in vars(self.argument.outputs[claim.id]).values() for n in group]
            more = {name: self.sample(name, names, count * MORE) for name in samples}
            result = self._judged(claim, more, count * MORE)
        return result

    def _judged(self, claim: Claim, samples: Mapping[str, Sample], count: int) -> ClaimResult:
        found = {name: self._under(claim, sample) for name, sample in samples.items()}
        intervals = {name: interval for name, (interval, *_) in found.items()}
        point = self._opposed(claim, intervals)
        verdict, by_set = verdict_of(
            intervals, [domain for _, domain, *_ in found.values()], counterexample=point is not None, witness=point is not None
        )
        reference = samples[self.scenario.reference]
        return ClaimResult(
            claim,
            verdict,
            {name: SetResult(f[0], by_set[name], *f[1:]) for name, f in found.items()},
            self._assumed(claim, reference),
            neighbours(_widest(intervals.values())) if verdict == "unresolved" else None,
            point,
            self._carried(claim, reference, count),
            count,
        )

    def _under(self, claim: Claim, sample: Sample) -> tuple[Interval, float, int, Sequence[int], list[tuple[float, float, float]]]:
        """Interval, domain, failures and readings of a claim in a sample."""
        outputs = self.argument.outputs[claim.id]
        holds, failed = held(sample, outputs.tests)
        speaks, silent = held(sample, outputs.provided)
        lost = (failed | silent) & ~(~silent & ~speaks)
        trials = speaks | lost
        known = int((holds & speaks & ~lost).sum())
        interval = clopper_pearson(known, int(trials.sum()), self.alpha, int(lost.sum()))
        if not self.uncertain(claim) and not lost.any():
            # every number is known, so one draw says it all
            interval = Interval(interval.probability, interval.probability, interval.probability)
        readings = [_quantiles(sample[n]) for n in outputs.readings]
        return interval, float(trials.mean()), int(lost.sum()), located(lost), readings

    def _opposed(self, claim: Claim, intervals: Mapping[str, Interval]) -> Point | None:
        """For a claim that every draw agrees on, a point of the support that does not."""
        if not self.uncertain(claim):
            return None
        if min(i.low for i in intervals.values()) >= NEARLY_ONE:
            return search(self.scenario, self.argument, claim.id, failing=True)
        if max(i.high for i in intervals.values()) <= NEARLY_ZERO:
            return search(self.scenario, self.argument, claim.id, failing=False)
        return None

    def _assumed(self, claim: Claim, sample: Sample) -> bool | None:
        outputs = self.argument.outputs[claim.id]
        if not outputs.ablated:
            return None
        (holds, failed), (without, also) = held(sample, outputs.tests), held(sample, outputs.ablated)
        known = ~(failed | also)
        return bool((holds == without)[known].mean() > ASSUMED) if known.any() else None

    def _carried(self, claim: Claim, sample: Sample, count: int) -> list[Carrier]:
        """What carries the claim itself; where it never varies, what carries its margin."""
        outputs = self.argument.outputs[claim.id]
        holds, failed = held(sample, outputs.tests)
        margin = np.min([sample[n] for n in outputs.tests], axis=0)
        varies = 0.001 < holds.mean() < 0.999
        outcome = (holds.astype(float) if varies else margin)[~failed]
        inputs = self.argument.part([claim.id]).inputs
        numbers = draw(self.scenario, count, seed=self.seed, design=self.design, only=inputs.keys())
        return carriers({n: v[~failed] for n, v in numbers.items() if v.ndim}, outcome)

    def tension(self, claims: Sequence[str], why: str, sample: Sample) -> TensionResult:
        tested = [self.argument.outputs[c] for c in claims if c in self.argument.outputs]
        found = [held(sample, o.tests) for o in tested]
        if not found:
            return TensionResult(claims, why, Interval(float("nan"), 0.0, 1.0), float("nan"))
        failed = np.any([f for _, f in found], axis=0)
        joint = np.all([h for h, _ in found], axis=0) & ~failed
        interval = clopper_pearson(int(joint.sum()), joint.size, ALPHA / len(self.scenario.tensions), int(failed.sum()))
        return TensionResult(claims, why, interval, float(np.prod([h.mean() for h, _ in found])))


def held(sample: Sample, names: Sequence[str]) -> tuple[Any, Any]:
    """Where all margins are positive, and where one could not be computed: two arrays of truth values (draw,)."""
    size = next(iter(sample.values())).size
    margins = np.stack([sample[n] for n in names]) if names else np.ones((1, size))
    return (margins > 0).all(axis=0), ~np.isfinite(margins).all(axis=0)


def _quantiles(values: Array) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan"), float("nan"), float("nan")
    low, middle, high = np.quantile(finite, [0.05, 0.5, 0.95])
    return float(middle), float(low), float(high)


def _widest(intervals: Any) -> Interval:
    found = list(intervals)
    return Interval(float("nan"), min(i.low for i in found), max(i.high for i in found))
