"""An explained claim in words and shares, for the page: what carries it, what flips it, where it holds, under which variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foedus.explanations.explain import Explanation, Explanations
from foedus.explanations.maps import Map
from foedus.explanations.sensitivity import Index
from foedus.explanations.study import HOLDS, MARGIN
from foedus.explanations.words import box_words, flip_words
from foedus.report.text import clean, plural, probability
from foedus.scenario.scenario import Scenario

MOST = 6


@dataclass(frozen=True)
class Share:
    """A number's share of the variance with its interval."""

    name: str
    meaning: str
    value: float
    low: float
    high: float

    @property
    def shown(self) -> str:
        """In percent."""
        return f"{self.value:.0%}"

    @property
    def interval(self) -> str:
        """In percent."""
        return f"{self.low:.0%} to {self.high:.0%}"


@dataclass(frozen=True)
class VariantView:
    """The claim under a variant of the model."""

    name: str
    meaning: str
    probability: str
    agree: str


@dataclass(frozen=True)
class ExplainedView:
    """An explained claim.

    Attributes:
        of: what the shares are of, the claim or its margin.
        rest: the numbers that carry less, counted.
        flips, conditions, notes: sentences.
    """

    id: str
    of: str
    shares: tuple[Share, ...]
    rest: str
    flips: tuple[str, ...]
    conditions: tuple[str, ...]
    variants: tuple[VariantView, ...]
    notes: tuple[str, ...]
    map: Map | None


def explained(found: Explanations) -> dict[str, ExplainedView]:
    """Every explained claim by its id."""
    return {clean(e.claim.id): explained_claim(e, found.scenario) for e in found.claims}


def explained_claim(e: Explanation, scenario: Scenario) -> ExplainedView:
    """A claim's explanation in words."""
    of, indices = _main(e)
    telling = sorted((i for i in indices if i.distinguishable), key=lambda i: -i.value)
    variants = e.structure.variants if e.structure else ()
    return ExplainedView(
        id=clean(e.claim.id),
        of=of,
        shares=tuple(_share(i, scenario) for i in telling[:MOST]),
        rest=_rest(len(telling), len(indices)),
        flips=tuple(clean(s) for s in flip_words(scenario, e.flips)) if e.flips else (),
        conditions=tuple(_conditions(e, scenario)),
        variants=tuple(
            VariantView(
                clean(v.name), clean(v.meaning), probability(v.probability), "" if v.agree != v.agree else f"{v.agree:.0%}"
            )
            for v in variants
        ),
        notes=tuple(clean(n) for n in e.notes),
        map=e.map,
    )


def _main(e: Explanation) -> tuple[str, tuple[Index, ...]]:
    """Shares of the claim itself where they can be told, else of its margin."""
    for key, of in ((HOLDS, "the claim"), (MARGIN, "its margin")):
        found = e.effects.get(key)
        if found and found.effects:
            return of, tuple(found.effects)
    return "", ()


def _share(index: Index, scenario: Scenario) -> Share:
    meaning = clean(scenario.protocol.numbers[index.name.partition("[")[0]].meaning)
    return Share(index.name, meaning, index.value, index.low, index.high)


def _rest(telling: int, every: int) -> str:
    words = [f"{plural(telling - MOST, 'further number')} {'carries' if telling == MOST + 1 else 'carry'} less"] * (
        telling > MOST
    )
    words += [f"{plural(every - telling, 'number')} cannot be told from zero"] * (every > telling)
    return "; ".join(words)


def _conditions(e: Explanation, scenario: Scenario) -> Iterator[str]:
    for box, holds in ((e.holds_when, True), (e.fails_when, False)):
        if box is not None:
            yield clean(box_words(scenario, box, holds=holds))
