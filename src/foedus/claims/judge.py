"""From draws to results: claims are counted, judged, searched for a counterexample, and asked what carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from foedus.claims.argument import Argument
from foedus.claims.branches import DRAWS, Search
from foedus.claims.carriers import Carrier, Classes, carriers, classes
from foedus.claims.results import ClaimResult, SetResult, TensionResult
from foedus.claims.search import Point, search
from foedus.claims.tally import KEPT, Joint, Sample, Tally, held, of_claim, tally, total
from foedus.claims.verdicts import NEARLY_ONE, NEARLY_ZERO, Interval, clopper_pearson, neighbours, verdict_of
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.program.ir import Program
from foedus.runs.evaluate import over_ensemble
from foedus.scenario.scenario import Claim, Scenario, Tension

ALPHA = 0.05
STAGES = 2  # an unresolved claim is drawn once more, so each stage has half the chance of error
MORE = 4  # by how much a second stage is larger
ASSUMED = 0.99
RARE = 0.001  # a claim that fails or holds less often than this is explained by its margin


@dataclass(frozen=True)
class Judge:
    """One argument and its draws; judges claim by claim.

    Attributes:
        count: draws for each prior set. workers: threads, all cores where None.
    """

    scenario: Scenario
    argument: Argument
    count: int
    seed: int
    design: str
    workers: int | None

    @property
    def alpha(self) -> float:
        """The chance of error of one interval, so that all hold together."""
        return ALPHA / (max(len(self.scenario.claims), 1) * len(self.scenario.prior_sets) * STAGES)

    @property
    def worth(self) -> float:
        """How many independent draws one is worth: less than one for a posterior whose draws hang together."""
        return min(1.0, self.scenario.posterior.ess / self.scenario.posterior.draws) if self.scenario.posterior else 1.0

    def tallies(self, ids: Sequence[str], count: int, before: Mapping[str, Tally] | None = None) -> dict[str, Tally]:
        """Counts over `count` draws of each prior set; tensions are counted where all claims are.

        Args:
            before: counts over the first of the draws, which are then not drawn again.
        """
        sets = self.scenario.prior_sets
        if not ids:
            return {name: Tally(count, {}, [Joint() for _ in self.scenario.tensions]) for name in sets}
        whole = len(ids) == len(self.argument.outputs)
        tensions = self.scenario.tensions if whole else ()
        start = next(iter(before.values())).draws if before else 0
        program = self._program(ids, ablated=True)
        plain = self._program(ids, ablated=False)
        parts = over_ensemble(
            program,
            self.scenario,
            count - start,
            lambda first, sample: tally(self.argument, ids, tensions, first, sample),
            prior_sets=list(sets),
            seed=self.seed,
            design=self.design,
            start=start,
            workers=self.workers,
            programs={name: plain for name in sets if name != self.scenario.reference},
        )
        return {name: total([before[name], *found] if before else found) for name, found in parts.items()}

    def _program(self, ids: Sequence[str], *, ablated: bool) -> Program:
        """What some claims need; without their mechanisms taken out, which are asked of the reference alone."""
        outputs = [self.argument.outputs[id] for id in ids]
        names = [n for o in outputs for n in (*o.tests, *o.provided, *o.readings, *(o.ablated if ablated else ()))]
        if len(names) == len(self.argument.program.outputs):
            return self.argument.program
        return self.argument.program.restricted(names)

    def claim(self, claim: Claim, tallies: Mapping[str, Tally]) -> ClaimResult:
        """A claim by its counts; drawn once more where they leave it unresolved."""
        if claim.untestable:
            return ClaimResult(claim, "untestable", {}, None, None, None, [], 0)
        result = self._judged(claim, tallies)
        if result.verdict == "unresolved" and self.scenario.posterior is None:
            # other designs than independent draws spread all of their draws at once
            before = {n: of_claim(t, self.argument, claim.id) for n, t in tallies.items()} if self.design == "random" else None
            result = self._judged(claim, self.tallies([claim.id], self.count * MORE, before))
        return replace(result, branches=self.equilibria.claim(claim.id))

    def glance(self, claim: Claim, tallies: Mapping[str, Tally]) -> ClaimResult:
        """A claim by its counts alone."""
        if claim.untestable:
            return ClaimResult(claim, "untestable", {}, None, None, None, [], 0)
        return self._judged(claim, tallies, deeply=False)

    def _judged(self, claim: Claim, tallies: Mapping[str, Tally], *, deeply: bool = True) -> ClaimResult:
        uncertain = self._uncertain(claim)
        found = {name: self._under(claim, t, uncertain) for name, t in tallies.items()}
        intervals = {name: f.interval for name, f in found.items()}
        point = self._opposed(claim, intervals) if uncertain and deeply else None
        verdict, by_set = verdict_of(
            intervals, [f.domain for f in found.values()], counterexample=point is not None, witness=point is not None
        )
        reference = tallies[self.scenario.reference]
        count = reference.claims[claim.id]
        return ClaimResult(
            claim=claim,
            verdict=verdict,
            by_set={name: replace(f, verdict=by_set[name]) for name, f in found.items()},
            assumed=count.same / count.compared > ASSUMED if count.compared else None,
            between=neighbours(_widest(intervals.values())) if verdict == "unresolved" else None,
            counterexample=point,
            carried_by=self._carried(claim, reference.kept) if deeply else [],
            draws=reference.draws,
        )

    def _uncertain(self, claim: Claim) -> bool:
        """Whether a claim depends on any number that is not known."""
        inputs = self.argument.inputs(claim.id)
        return any(numbers[label].prior for numbers in self.scenario.prior_sets.values() for label in inputs)

    def _under(self, claim: Claim, t: Tally, uncertain: bool) -> SetResult:
        count = t.claims[claim.id]
        holds, trials, lost = (n * self.worth for n in (count.holds, count.trials, count.lost))
        interval = clopper_pearson(holds, trials, self.alpha, lost)
        if not uncertain and not count.lost:
            # every number is known, so one draw says it all
            interval = Interval(interval.probability, interval.probability, interval.probability)
        readings = [_quantiles(t.kept[n]) for n in self.argument.outputs[claim.id].readings]
        return SetResult(interval, "unresolved", count.trials / t.draws, count.lost, count.failed, readings)

    def _opposed(self, claim: Claim, intervals: Mapping[str, Interval]) -> Point | None:
        """For a claim that every draw agrees on, a point of the support that does not."""
        if min(i.low for i in intervals.values()) >= NEARLY_ONE:
            return search(self.scenario, self.argument, claim.id, failing=True)
        if max(i.high for i in intervals.values()) <= NEARLY_ZERO:
            return search(self.scenario, self.argument, claim.id, failing=False)
        return None

    @cached_property
    def classes(self) -> Classes:
        """The kept draws of the reference, sorted by each number."""
        size = min(self.count, KEPT)
        inputs = self.argument.program.inputs.keys()
        return classes(draw(self.scenario, size, total=self.count, seed=self.seed, design=self.design, only=inputs))

    @cached_property
    def equilibria(self) -> Search:
        """Looks into the first draws of the reference."""
        size = min(self.count, DRAWS)
        inputs = self.argument.program.inputs.keys()
        numbers = draw(self.scenario, size, total=self.count, seed=self.seed, design=self.design, only=inputs)
        return Search(self.argument, numbers, size, seed=self.seed)

    def _carried(self, claim: Claim, sample: Sample) -> list[Carrier]:
        """What carries the claim itself; where it hardly varies, what carries its margin."""
        tests = self.argument.outputs[claim.id].tests
        holds, failed = held(sample, tests)
        speaks, silent = held(sample, self.argument.outputs[claim.id].provided)
        left_out = failed | silent | ~speaks
        margin = np.min([sample[n] for n in tests], axis=0)
        share = holds[~left_out].mean() if not left_out.all() else 0.0
        outcome = np.where(left_out, np.nan, holds if RARE < share < 1 - RARE else margin)
        return carriers(self.classes, outcome[: min(self.count, KEPT)], self.argument.inputs(claim.id))

    def tension(self, tension: Tension, joint: Joint) -> TensionResult:
        """How probable claims are together."""
        if not joint.trials:
            return TensionResult(tension.claims, tension.why, Interval(float("nan"), 0.0, 1.0), float("nan"))
        holds, trials, lost = (n * self.worth for n in (joint.holds, joint.trials, joint.lost))
        interval = clopper_pearson(holds, trials, ALPHA / len(self.scenario.tensions), lost)
        independent = float(np.prod([s / joint.trials for s in joint.single]))
        return TensionResult(tension.claims, tension.why, interval, independent)


def _quantiles(values: Array) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan"), float("nan"), float("nan")
    low, middle, high = np.quantile(finite, [0.05, 0.5, 0.95])
    return float(middle), float(low), float(high)


def _widest(intervals: Iterable[Interval]) -> Interval:
    found = list(intervals)
    return Interval(float("nan"), min(i.low for i in found), max(i.high for i in found))
