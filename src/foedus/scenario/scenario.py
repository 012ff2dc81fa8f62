"""A scenario: one crisis, with every number sourced and every claim resolved against its protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from foedus.documents import digest_of
from foedus.errors import MeaningError, NotFoundError, Place, nearest
from foedus.formulas import Formula, Name
from foedus.numbers import Prior, parse_prior
from foedus.protocol.protocol import Protocol, flat_names
from foedus.protocol.schema import Reference
from foedus.scenario.overlays import Change, Variant
from foedus.scenario.schema import ActorSchema, RecordSchema, Role, SourceSchema
from foedus.shown import Shown

LARGEST_PRECISION = 1e9  # per unit of payoff


@dataclass(frozen=True)
class SourcedNumber:
    """A value or a prior, in the plain unit, with where it comes from.

    Attributes:
        label: the name in the protocol, with its index: `share_0[arms]`.
        value: set where the number is taken as known.
        prior: set where it is uncertain.
        shown: the value or the prior as written, in the unit as written.
        unit: as written. sources: ids. describes: the date or period the number describes. why: the reasoning.
    """

    label: str
    value: float | None
    prior: Prior | None
    shown: str
    unit: str
    sources: tuple[str, ...]
    describes: str
    why: str
    place: Place

    @property
    def central(self) -> float:
        """The value, or the median of the prior."""
        return self.value if self.value is not None else self.prior.median if self.prior else float("nan")


@dataclass(frozen=True)
class Correlation:
    """Numbers whose normal scores share a correlation."""

    labels: tuple[str, ...]
    correlation: float
    why: str


@dataclass(frozen=True)
class Policy:
    """Lever settings by crisis; the lag is already applied, so the n-th acts on what the n-th crisis leaves behind."""

    name: str
    meaning: str
    settings: tuple[Mapping[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """A measure at a crisis under a policy: one side of a comparison."""

    measure: str
    index: str | None
    when: int
    policy: str


@dataclass(frozen=True)
class Test:
    """`left` above (or below) `right`, which is a threshold or another measure, by at least `by`."""

    left: Reading
    above: bool
    right: Reading | float
    by: float
    why: str


@dataclass(frozen=True)
class Ablation:
    """A mechanism taken out: quantities changed, or the observed moves unseen."""

    meaning: str
    change: Mapping[str, Formula]
    unseen: bool


@dataclass(frozen=True)
class Claim:
    """One sentence of the argument: it holds where all its tests do, and speaks only of where `provided` holds.

    Attributes:
        supports, attacks: the ids of claims that it is a reason for, or against, in the argument as written.
    """

    id: str
    role: Role
    text: str
    tests: tuple[Test, ...]
    provided: tuple[Test, ...]
    untestable: str
    supports: tuple[str, ...]
    attacks: tuple[str, ...]
    without: Ablation | None
    record: RecordSchema
    place: Place


@dataclass(frozen=True)
class Tension:
    """Claims that cannot easily hold together."""

    claims: tuple[str, ...]
    why: str


@dataclass(frozen=True, eq=False)
class Conditioned:
    """Draws that take the place of priors: a posterior.

    Attributes:
        file: where they are from.
        by_set: prior set to label to (draw,); numbers that it does not hold keep their priors.
        ess: how many independent draws they are worth.
        digest: of what was fitted, and the seed. draws: how many there are.
    """

    file: str
    by_set: Mapping[str, Mapping[str, Any]]
    ess: float
    digest: str

    draws: int

    def without(self, labels: Collection[str]) -> Conditioned:
        """The same without some numbers, which are then set by hand; the others stay as they were with them."""
        kept = {name: {n: v for n, v in found.items() if n not in labels} for name, found in self.by_set.items()}
        return replace(self, by_set=kept)


@dataclass(frozen=True)
class Scenario(Shown):
    """One crisis.

    Attributes:
        name: as in the file, like title, question and description.
        vantage: the date from which it looks, YYYY-MM-DD.
        protocol: the kind of crisis.
        actors: player to who plays it.
        policies: name to lever settings.
        horizon: how many crises.
        draws: of its ensemble, like seed, unless a call says otherwise.
        claims: the argument, sentence by sentence.
        tensions: claims that pull against each other.
        prior_sets: name to every number under that set; the first is the reference.
        set_meanings: what each prior set stands for.
        policy: the policy claims speak of unless they say otherwise.
        observed: the moves of the first crisis that are known at the vantage.
        forced: node to the action taken there in the first crisis whatever its player would choose; the rest is solved again.
        variants: the declared variants by name; `scenario.loader.load_variant` makes one a scenario.
        base: the scenario that this one changes, if it is an overlay or a variant.
        changes: in what it differs from its base.
        fixed: numbers set by hand in every prior set, by label.
        digest: of the scenario and its protocol; equal digests compute the same.
        record: the name or file of the record of its own past crises, if it has one; see `scenario.record`.
        beside: the folder from which that file's path starts; None where no file may be opened.
        posterior: draws in the place of priors; see `ensemble.posterior`.
    """

    name: str
    title: str
    question: str
    description: str
    file: str
    vantage: str
    protocol: Protocol
    actors: Mapping[str, ActorSchema]
    references: Mapping[str, Reference]
    sources: Mapping[str, SourceSchema]
    prior_sets: Mapping[str, Mapping[str, SourcedNumber]]
    set_meanings: Mapping[str, str]
    correlations: tuple[Correlation, ...]
    policies: Mapping[str, Policy]
    policy: str
    horizon: int
    lag: int
    budget: float
    observed: Mapping[str, str]
    draws: int
    seed: int
    claims: tuple[Claim, ...]
    tensions: tuple[Tension, ...]
    digest: str
    variants: Mapping[str, Variant] = field(default_factory=dict, repr=False)
    base: str = ""
    changes: tuple[Change, ...] = ()
    fixed: Mapping[str, float | str] = field(default_factory=dict)
    forced: Mapping[str, str] = field(default_factory=dict)
    record: str = ""
    beside: Path | None = None
    posterior: Conditioned | None = field(default=None, repr=False)

    @property
    def reference(self) -> str:
        """The name of the first prior set."""
        return next(iter(self.prior_sets))

    @property
    def testable(self) -> list[str]:
        """The claims that have tests, in order."""
        return [claim.id for claim in self.claims if claim.tests]

    @cached_property
    def labels(self) -> list[str]:
        """Every number's label, in the order of the protocol."""
        return flat_names(self.protocol, self.protocol.numbers)

    def numbers(self, prior_set: str | None = None) -> Mapping[str, SourcedNumber]:
        """Every number under a prior set (the reference by default).

        Raises:
            NotFoundError: no such prior set.
        """
        name = prior_set or self.reference
        if name not in self.prior_sets:
            raise NotFoundError(f"no prior set '{name}'", fix=nearest(name, self.prior_sets))
        return self.prior_sets[name]

    def central(self, prior_set: str | None = None) -> dict[str, float]:
        """Values and medians of every number."""
        return {label: number.central for label, number in self.numbers(prior_set).items()}

    def actor(self, role: str) -> str:
        """The name of whoever plays a part."""
        return self.actors[role].name if role in self.actors else role

    def with_numbers(self, changes: Mapping[str, float | str]) -> Scenario:
        """The scenario with some numbers set to a value, or to a prior, in every prior set.

        Raises:
            MeaningError: an unknown number, or a value outside its support.
        """
        fixed = {label: self._changed(label, value) for label, value in changes.items()}
        sets = {name: {**numbers, **fixed} for name, numbers in self.prior_sets.items()}
        fixed_now = {**self.fixed, **changes}
        kept = self.posterior.without(changes) if self.posterior else None
        return replace(self, prior_sets=sets, fixed=fixed_now, posterior=kept, digest=digest_of(self.digest, dict(changes)))

    def _changed(self, label: str, value: float | str) -> SourcedNumber:
        if label not in self.labels:
            family = [other for other in self.labels if other.startswith(f"{label}[")]
            raise MeaningError(
                f"no number '{label}'", fix=f"set {' or '.join(family)}" if family else nearest(label, self.labels)
            )
        number, support = self.numbers()[label], self.protocol.numbers[label.partition("[")[0]].support
        unit = str(self.protocol.numbers[label.partition("[")[0]].unit)
        by_hand = replace(number, sources=(), describes="", why="set by hand", unit=unit)
        if isinstance(value, str):
            return sane(self.protocol, replace(by_hand, value=None, prior=parse_prior(value, support), shown=value))
        if value not in support:
            raise MeaningError(f"{label} = {value:g} is outside {support}", fix=f"give a value in {support}")
        return sane(self.protocol, replace(by_hand, value=float(value), prior=None, shown=f"{value:g}"))


def sane(protocol: Protocol, number: SourcedNumber) -> SourcedNumber:
    """The number, unless it is a precision of choice at which arithmetic has no digits left for what is chosen.

    Raises:
        MeaningError: it is, at its centre.
    """
    name = number.label.partition("[")[0]
    if number.central > LARGEST_PRECISION and any(f.root == Name(name) for f in protocol.precision.values()):
        what = f"{number.label} = {number.central:g} is too large a precision of choice: choices are those of the limit"
        raise MeaningError(what, fix=f"give at most {LARGEST_PRECISION:g}, or solve the limit (--limit)")
    return number
