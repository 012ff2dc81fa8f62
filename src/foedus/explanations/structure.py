"""How far a verdict hangs on the form of the model: the claim under declared variants, draw by draw the same.

Four kinds of doubt are told apart. Parameters: numbers not known, which the ensemble and the prior sets stand for. Strategic
noise: players who choose with error; how much of the claim's variance goes with the precision of choice alone, and what the limit
without noise makes of it. Form: the verdict under other forms of the model. Multiplicity: what other equilibria than the one that
is followed would make of the claim, in some of the draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foedus.claims.argument import Argument, Outputs
from foedus.claims.branches import Branches, Search
from foedus.claims.tally import Truth
from foedus.claims.verdicts import Interval, Verdict, clopper_pearson, verdict_of
from foedus.ensemble.draws import draw
from foedus.ensemble.streams import Array
from foedus.explanations.study import Seen, Study
from foedus.explanations.variants import Doubt, Form, forms, precision_numbers
from foedus.protocol.protocol import label
from foedus.runs.evaluate import over_ensemble
from foedus.scenario.overlays import Change
from foedus.scenario.scenario import Claim, Reading, Scenario

CLASSES = 16
ALPHA = 0.05
DRAWS = 4096  # under each prior set of each form: enough for a verdict, whose intervals then reach two points to either side
FOLLOWED = 1024  # of a form whose game must be followed along its branch, which takes long
FEW = 16  # draws in which other equilibria are sought


@dataclass(frozen=True)
class Variant:
    """A claim under a form of the model.

    Attributes:
        changes: in what it differs from the model as declared.
        interval: of its probability under the reference, where it speaks of the case.
        verdict: over all prior sets, by the rules of an audit but for the search.
        agree: share of draws in which it comes out as in the model as declared.
        failures: draws that could not be computed. why: what had no value in them.
    """

    name: str
    meaning: str
    doubt: Doubt
    changes: tuple[Change, ...]
    interval: Interval
    verdict: Verdict
    agree: float
    draws: int
    failures: int
    why: str = ""

    @property
    def probability(self) -> float:
        """Under the reference."""
        return self.interval.probability


@dataclass(frozen=True)
class Structure:
    """A claim under every form.

    Attributes:
        by_set: prior set to the claim's probability there, in the model as declared.
        noise: share of the claim's variance that goes with the precision of choice alone; None where that is certain.
        precision: the numbers that set it.
        branches: the claim over every equilibrium found; None where backward induction leaves no other.
    """

    variants: tuple[Variant, ...]
    by_set: Mapping[str, float]
    noise: float | None
    precision: tuple[str, ...]
    branches: Branches | None


@dataclass(frozen=True)
class _Held:
    """A claim over draws of a prior set: where it holds, where it speaks and could be computed, how many failed and why."""

    holds: Truth
    use: Truth
    failed: int
    why: str

    @property
    def share(self) -> float:
        return float(self.use.mean())


class Variants:
    """Evaluates forms of a study's scenario, each once, for all claims wanted.

    Args:
        study: as it stands.
        ids: the claims wanted.
        overrides: further forms: name to numbers set to a value or a prior.

    Raises:
        InputError: a form that is declared or asked for changes nothing, or is not meaningful.
    """

    def __init__(
        self, study: Study, ids: Sequence[str], overrides: Mapping[str, Mapping[str, float | str]] | None = None
    ) -> None:
        self.study, self.ids = study, [id for id in ids if id in study.argument.outputs]
        self.forms = forms(study.scenario, overrides)
        self._found: dict[str, dict[str, dict[str, _Held]]] = {}  # form, claim, prior set

    def of(self, id: str) -> Structure:
        """A claim under every form."""
        seen, base = self.study.seen(id), self._base[id]
        here, found = base[self.study.scenario.reference], list[Variant]()
        for form in (None, *self.forms):
            variant = self._variant(id, form, here)
            if variant:
                found.append(variant)
        mechanism = self._without(id, seen)
        by_set = {name: float(h.holds[h.use].mean()) if h.use.any() else float("nan") for name, h in base.items()}
        precision = precision_numbers(self.study.scenario)
        return Structure((*found, *mechanism), by_set, self._noise(id, seen), precision, self._equilibria.claim(id))

    @cached_property
    def _base(self) -> dict[str, dict[str, _Held]]:
        """The model as declared; the reference is what the study has seen."""
        study, reference = self.study, self.study.scenario.reference
        found = self._evaluated(study.scenario, study.argument, [n for n in study.scenario.prior_sets if n != reference])
        held: dict[str, dict[str, _Held]] = {}
        for id in self.ids:
            seen = study.seen(id)
            held[id] = {reference: _Held(seen.holds, seen.use, int(seen.failed.sum()), "")} | found[id]
        return held

    def _variant(self, id: str, form: Form | None, base: _Held) -> Variant | None:
        """A claim under a form; None where that says nothing of it."""
        if form is None:
            by_set = self._base[id]
            about = ("as declared", "the model as it stands, every number uncertain", "parameters", ())
        else:
            by_set = self._under(form).get(id, {})
            about = (form.name, form.meaning, form.doubt, form.changes)  # type: ignore[assignment]
        if not by_set:
            return None
        main = next(iter(by_set.values()))
        level = ALPHA / len(by_set)
        intervals = {name: clopper_pearson(int(h.holds.sum()), int(h.use.sum()), level) for name, h in by_set.items()}
        domains = [h.share for h in by_set.values()]
        verdict, _ = verdict_of(intervals, domains, counterexample=False, witness=False)
        both = main.use & base.use[: main.use.size]
        agree = float((main.holds == base.holds[: main.use.size])[both].mean()) if both.any() else float("nan")
        interval = clopper_pearson(int(main.holds.sum()), int(main.use.sum()), ALPHA)
        name, meaning, doubt, changes = about
        return Variant(name, meaning, doubt, changes, interval, verdict, agree, main.use.size, main.failed, main.why)  # type: ignore[arg-type]

    def _under(self, form: Form) -> dict[str, dict[str, _Held]]:
        if form.name not in self._found:
            changed = bool(form.limit or form.change) or form.scenario.protocol is not self.study.scenario.protocol
            changed = changed or form.scenario.claims is not self.study.scenario.claims
            argument = form.argument(self.ids) if changed else self.study.argument
            self._found[form.name] = self._evaluated(form.scenario, argument, list(form.scenario.prior_sets), form.limit)
        return self._found[form.name]

    def _evaluated(
        self, scenario: Scenario, argument: Argument, sets: Sequence[str], limit: bool = False
    ) -> dict[str, dict[str, _Held]]:
        """Every claim wanted, over the study's draws of some prior sets."""
        ids = [id for id in self.ids if id in argument.outputs]
        if not ids or not sets:
            return {id: {} for id in ids}
        outputs = [argument.outputs[id] for id in ids]
        names = [n for o in outputs for n in (*o.tests, *o.provided, *o.readings)]
        program = argument.program.restricted(dict.fromkeys(names))
        count = min(self.study.draws, FOLLOWED if program.implicit else DRAWS)
        parts = over_ensemble(
            program,
            scenario,
            count,
            lambda _, found: found,
            prior_sets=sets,
            seed=self.study.chosen_seed,
            workers=self.study.workers,
        )
        samples = {name: {n: np.concatenate([c[n] for c in chunks]) for n in program.outputs} for name, chunks in parts.items()}
        claims = {c.id: c for c in scenario.claims}
        return {id: {s: _held(samples[s], o, claims[id], limit) for s in sets} for id, o in zip(ids, outputs, strict=True)}

    def _without(self, id: str, seen: Seen) -> list[Variant]:
        """The claim with its mechanism taken out, which the study has evaluated beside it."""
        claim, use = self.study.claim(id), seen.use
        if seen.ablated is None or claim.without is None:
            return []
        agree = float((seen.ablated == seen.holds)[use].mean()) if use.any() else float("nan")
        interval = clopper_pearson(int(seen.ablated[use].sum()), int(use.sum()), ALPHA)
        verdict, _ = verdict_of({"": interval}, [float(use.mean())], counterexample=False, witness=False)
        numbers = self.study.scenario.numbers()
        before = {n: numbers[n].shown if n in numbers else "as declared" for n in claim.without.change}
        changes = tuple(Change(n, before[n], f.text) for n, f in claim.without.change.items())
        changes += (Change("observed", "seen", "unseen"),) if claim.without.unseen else ()
        meaning = " ".join(claim.without.meaning.split())
        return [Variant("without its mechanism", meaning, "mechanism", changes, interval, verdict, agree, use.size, 0)]

    def _noise(self, id: str, seen: Seen) -> float | None:
        """Variance between classes of the precision as a share of the whole, for the first number that sets it."""
        at = [n for n in precision_numbers(self.study.scenario) if n in self.study.labels(id)]
        use = np.flatnonzero(seen.use)
        if not at or use.size < CLASSES * 4 or seen.probability in (0.0, 1.0):
            return None
        return share_of(self.study.numbers[at[0]][use], seen.holds[use].astype(float))

    @cached_property
    def _equilibria(self) -> Search:
        """Looks for other equilibria in the first draws."""
        study = self.study
        size = min(study.draws, FEW)
        numbers = draw(study.scenario, size, seed=study.chosen_seed, only=study.argument.program.inputs.keys())
        return Search(study.argument, numbers, size, seed=study.chosen_seed)


def _held(sample: Mapping[str, Array], outputs: Outputs, claim: Claim, limit: bool) -> _Held:
    """A claim over draws; in the limit, a margin that grows without bound on the way there holds or fails by its sign."""
    tests, provided = ([sample[n] for n in names] for names in (outputs.tests, outputs.provided))
    lost = _lost(tests, limit)
    holds = np.all([m > 0 for m in tests], axis=0)
    speaks = np.all([m > 0 for m in provided], axis=0) if provided else np.ones_like(holds)
    silent = _lost(provided, limit) if provided else np.zeros_like(lost)
    failed = silent | (speaks & lost)
    use = speaks & ~failed
    return _Held(holds & use, use, int(failed.sum()), _why(sample, outputs, claim, failed) if failed.any() else "")


def _lost(margins: Sequence[Array], limit: bool) -> Truth:
    found: Truth = np.any([np.isnan(m) if limit else ~np.isfinite(m) for m in margins], axis=0)
    return found


def _why(sample: Mapping[str, Array], outputs: Outputs, claim: Claim, failed: Truth) -> str:
    """Which measure has no value in draws that failed."""
    bad: list[str] = []
    for name, margin, test in zip(outputs.readings, outputs.tests, claim.tests, strict=True):
        if np.isfinite(sample[margin])[failed].all():
            continue
        left = not np.isfinite(sample[name])[failed].all()
        of = test.left if left or not isinstance(test.right, Reading) else test.right
        bad.append(label(of.measure, of.index))
    return f"{' and '.join(dict.fromkeys(bad) or ['a proviso'])} has no value there"


def share_of(number: Array, outcome: Array) -> float:
    """The share of an outcome's variance (draw,) that a number (draw,) alone accounts for, without what chance puts there."""
    n = outcome.size
    cell = np.empty(n, dtype=np.int64)
    cell[np.argsort(number, kind="stable")] = np.arange(n) * CLASSES // n
    counts = np.bincount(cell, minlength=CLASSES)
    means = np.bincount(cell, outcome, minlength=CLASSES) / counts
    total = ((outcome - outcome.mean()) ** 2).sum()
    between = (counts * (means - outcome.mean()) ** 2).sum()
    within = (total - between) / (n - CLASSES)
    return float(max((between - (CLASSES - 1) * within) / total, 0.0)) if total > 0 else 0.0
