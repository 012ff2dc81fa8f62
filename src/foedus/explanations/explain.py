"""Explain claims: one ensemble, then for each claim what carries it, what flips it, where it holds, and under which variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import foedus
from foedus.ensemble.streams import Array
from foedus.errors import FoedusError
from foedus.explanations import words
from foedus.explanations.delta import Delta, deltas
from foedus.explanations.discovery import LEARN, Box, find_box, screened
from foedus.explanations.flips import Flips, flips
from foedus.explanations.maps import Map, verdict_map
from foedus.explanations.reasons import Argument, Reasons, Whole
from foedus.explanations.sensitivity import Shapley, Sobol, shapley, sobol
from foedus.explanations.structure import Structure, Variants
from foedus.explanations.study import HOLDS, MARGIN, Study
from foedus.explanations.tree import Split, grow
from foedus.scenario.scenario import Claim, Scenario
from foedus.shown import Shown

DRAWS, SAMPLES = 16_384, 4096
FEWEST = 400  # draws on each side of which conditions can be told
RARE = 40  # draws in which a claim must hold, and fail, for conditions to be sought


@dataclass(frozen=True)
class Explanation:
    """Why a claim's verdict came out as it did; what could not be told is missing, and a note says why.

    Attributes:
        probability: where it speaks of the case, under the reference prior set.
        failures: draws that could not be computed.
        effects: Shapley effects on the claim and on its margin.
        sobol: Sobol indices of both, where its numbers are independent.
        deltas: Borgonovo's delta of its margin.
        holds_when, fails_when: conditions; each is sought where the claim both holds and fails often enough.
    """

    claim: Claim
    probability: float
    draws: int
    failures: int
    effects: Mapping[str, Shapley] = field(default_factory=dict)
    sobol: Mapping[str, Sobol] = field(default_factory=dict)
    deltas: tuple[Delta, ...] = ()
    flips: Flips | None = None
    holds_when: Box | None = None
    fails_when: Box | None = None
    tree: Split | None = None
    reasons: Reasons | None = None
    structure: Structure | None = None
    map: Map | None = None
    notes: tuple[str, ...] = ()

    def sentences(self, scenario: Scenario) -> list[str]:
        """The explanation in words."""
        found = []
        if HOLDS in self.effects:
            found.append(words.carried(self.effects[HOLDS].effects, "the claim"))
        if MARGIN in self.effects and self.effects[MARGIN].effects:
            found.append(words.carried(self.effects[MARGIN].effects, "its margin"))
        if self.flips:
            found += words.flip_words(scenario, self.flips)
        found += [
            words.box_words(scenario, box, holds=holds)
            for box, holds in ((self.holds_when, True), (self.fails_when, False))
            if box
        ]
        if self.reasons and self.reasons.linked:
            found += words.reason_words(self.reasons)
        if self.structure:
            found += words.structure_words(self.structure)
        return [*found, *self.notes]


@dataclass(frozen=True)
class Explanations(Shown):
    """Explained claims of a scenario, and how they were computed; `whole` where all claims are explained."""

    scenario: Scenario
    seed: int
    draws: int
    samples: int
    claims: tuple[Explanation, ...]
    whole: Whole | None = None
    version: str = field(default_factory=lambda: foedus.__version__)

    def to_dict(self) -> dict[str, Any]:
        """The explanations as plain data."""
        from foedus.explanations.plain import plain_explanations

        return plain_explanations(self)


def explain(
    scenario: Scenario,
    ids: str | Sequence[str] | None = None,
    *,
    draws: int = DRAWS,
    samples: int = SAMPLES,
    seed: int | None = None,
    workers: int | None = None,
    overrides: Mapping[str, Mapping[str, float | str]] | None = None,
    axes: tuple[str, str] | None = None,
    posterior: Mapping[str, Array] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Explanations:
    """Explain claims under the reference prior set.

    Args:
        ids: which claim or claims; all by default.
        draws: of the shared ensemble, half of them held out.
        samples: pairs of points for Shapley effects and Sobol indices.
        overrides: variants of the model: name to numbers set to a value or a prior.
        axes: the two numbers of the map; by default the two that carry the claim most.
        posterior: samples to be drawn on the maps, label to (sample,); see `explanations.posteriors.read_posterior`.
        progress: told what is being done.

    Raises:
        NotFoundError: no such claim.
    """
    study = Study(scenario, draws=draws, seed=seed, workers=workers)
    wanted = (ids,) if isinstance(ids, str) else ids or [c.id for c in scenario.claims]
    claims = [study.claim(id) for id in wanted]
    tested = [c.id for c in claims if c.tests]
    progress("drawing the ensemble")
    argument = Argument(study)
    study.look(argument.around(c.id for c in claims))
    progress("putting the claims to other forms of the model")
    variants = Variants(study, tested, overrides)
    found = []
    for claim in claims:
        progress(f"explaining {claim.id}")
        found.append(_Explainer(study, variants, argument, claim, samples, axes, posterior).explanation())
    whole = None if ids else argument.whole()
    return Explanations(scenario, study.chosen_seed, draws, samples, tuple(found), whole)


class _Explainer:
    def __init__(
        self,
        study: Study,
        variants: Variants,
        argument: Argument,
        claim: Claim,
        samples: int,
        axes: tuple[str, str] | None,
        posterior: Mapping[str, Array] | None,
    ) -> None:
        self.study, self.variants, self.argument, self.claim = study, variants, argument, claim
        self.samples, self.axes, self.posterior = samples, axes, posterior
        self.parts: dict[str, Any] = {}
        self.notes: list[str] = []

    def explanation(self) -> Explanation:
        claim = self.claim
        if not claim.tests:
            why = f"It cannot be tested: {' '.join(claim.untestable.split())}"
            return Explanation(claim, float("nan"), 0, 0, reasons=self.argument.of(claim.id), notes=(why,))
        seen = self.study.seen(claim.id)
        if seen.failed.any():
            self.notes.append(
                f"{int(seen.failed.sum()):,} of {self.study.draws:,} draws could not be computed; they count nowhere."
            )
        self.note_constant()
        for step in (self.carry, self.flip, self.discover, self.reason, self.vary, self.draw_map):
            with self.told():
                step()
        return Explanation(
            claim, seen.probability, self.study.draws, int(seen.failed.sum()), notes=tuple(self.notes), **self.parts
        )

    @contextmanager
    def told(self) -> Iterator[None]:
        """A part that cannot be told becomes a note; the others still come."""
        try:
            yield
        except FoedusError as error:
            self.notes.append(f"{str(error).splitlines()[0]}.")

    def note_constant(self) -> None:
        seen, use = self.study.seen(self.claim.id), self.study.seen(self.claim.id).use
        if not self.study.labels(self.claim.id):
            self.notes.append("It rests on no uncertain number: nothing carries it, and nothing within the support flips it.")
        elif not use.any():
            self.notes.append("There is no draw of which it speaks, so nothing can be said of when it holds.")
        elif seen.probability in (0.0, 1.0):
            always = "holds" if seen.probability else "fails"
            self.notes.append(f"It {always} in every one of {int(use.sum()):,} draws, so there are no conditions to find.")

    def carry(self) -> None:
        id = self.claim.id
        labels, seen = self.study.labels(id), self.study.seen(id)
        if not labels:
            return
        space, function = self.study.space(id), self.study.function(id, float(self.samples) * (len(labels) + 1))
        margin = self.study.seen(id).margin.copy()
        margin[~seen.use] = float("nan")
        self.parts["deltas"] = deltas({n: self.study.numbers[n] for n in labels}, margin, seed=self.study.chosen_seed)
        self.parts["effects"] = shapley(function, space, samples=self.samples, seed=self.study.chosen_seed)
        with self.told():
            self.parts["sobol"] = sobol(function, space, samples=self.samples, seed=self.study.chosen_seed)
        often = min(seen.probability, 1 - seen.probability) * self.samples
        if 0 < often < RARE * 2:
            for part in ("effects", "sobol"):
                self.parts.get(part, {}).pop(HOLDS, None)
            self.notes.append("It comes out the same in all but a few draws, so shares are told of its margin only.")

    def flip(self) -> None:
        if self.study.labels(self.claim.id):
            self.parts["flips"] = flips(self.study, self.claim.id)

    def discover(self) -> None:
        id, half = self.claim.id, self.study.draws // 2
        seen, labels = self.study.seen(id), self.study.labels(id)
        if not labels or seen.probability in (0.0, 1.0) or not seen.use.any():
            return
        learn = [i for i in range(half) if seen.use[i]][:LEARN]
        test = [i for i in range(half, self.study.draws) if seen.use[i]]
        if min(len(learn), len(test)) < FEWEST:
            self.notes.append(f"{len(learn) + len(test)} draws are too few to find conditions with: {2 * FEWEST} are wanted.")
            return
        numbers = {n: self.study.numbers[n] for n in labels}
        wanted, truth = seen.holds[learn], seen.holds[test]
        if min(wanted.sum(), (~wanted).sum()) < RARE:
            self.notes.append("The draws in which it comes out otherwise are too few to find conditions with.")
            return
        names = screened({n: v[learn] for n, v in numbers.items()}, wanted)
        known, held_out = ({n: numbers[n][at] for n in names} for at in (learn, test))
        box = partial(find_box, seed=self.study.chosen_seed)
        self.parts["holds_when"] = box(known, wanted, held_out, truth)
        self.parts["fails_when"] = box(known, ~wanted, held_out, ~truth)
        self.parts["tree"] = grow(known, wanted, held_out, truth)

    def reason(self) -> None:
        self.parts["reasons"] = self.argument.of(self.claim.id)

    def vary(self) -> None:
        self.parts["structure"] = self.variants.of(self.claim.id)

    def draw_map(self) -> None:
        id, effects = self.claim.id, self.parts.get("effects", {})
        chosen = effects.get(HOLDS, Shapley((), 0.0)).effects or effects.get(MARGIN, Shapley((), 0.0)).effects
        top = [i.name for i in sorted(chosen, key=lambda i: -i.value)[:2]]
        x, y = self.axes or (top if len(top) == 2 else ("", ""))
        if x and y and len(self.study.labels(id)) > 1:
            self.parts["map"] = verdict_map(self.study, id, x, y, posterior=self.posterior)
