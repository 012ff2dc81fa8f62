"""The argument as a graph: claims that support or attack each other, and what the ensemble says of them together.

Links say how the argument is built, the ensemble how probable its parts are together; neither is turned into the other. What may
be accepted given the attacks alone is Dung's grounded extension (1995, doi 10.1016/0004-3702(94)00041-X): a matter of structure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.claims.verdicts import Interval, clopper_pearson
from foedus.errors import MeaningError, nearest
from foedus.scenario.scenario import Scenario

Truth = NDArray[np.bool_]
Links = Mapping[str, Sequence[str]]
ALPHA, RESAMPLES = 0.05, 1000


@dataclass(frozen=True)
class Graph:
    """Claims and their links.

    Attributes:
        claims: id to text. supports: id to the claims it supports. attacks: id to the claims it speaks against.

    Raises:
        MeaningError: a link to or from a claim that does not exist, or support that goes round in a circle.
    """

    claims: Mapping[str, str]
    supports: Links
    attacks: Links

    def __post_init__(self) -> None:
        for links in (self.supports, self.attacks):
            for id in [*links, *(to for found in links.values() for to in found)]:
                if id not in self.claims:
                    raise MeaningError(f"a link names no claim: '{id}'", fix=nearest(id, self.claims))
        for id in self.claims:
            if id in self.needs(id):
                raise MeaningError(f"the support of '{id}' goes round in a circle", fix="leave out one of its links")

    def supporters(self, id: str) -> list[str]:
        """The claims that support a claim directly."""
        return [other for other in self.claims if id in self.supports.get(other, ())]

    def attackers(self, id: str) -> list[str]:
        """The claims that attack a claim."""
        return [other for other in self.claims if id in self.attacks.get(other, ())]

    def needs(self, conclusion: str) -> list[str]:
        """Every claim that a conclusion rests on, near and far, in the order of the argument."""
        found, ahead = set(), [conclusion]
        while ahead:
            for other in self.supporters(ahead.pop()):
                if other not in found:
                    found.add(other)
                    ahead.append(other)
        return [id for id in self.claims if id in found]

    def premises(self, conclusion: str) -> list[str]:
        """The claims that a conclusion rests on and that themselves rest on none."""
        return [id for id in self.needs(conclusion) if not self.supporters(id)]

    @property
    def conclusions(self) -> list[str]:
        """The supported claims that support nothing further."""
        return [id for id in self.claims if self.supporters(id) and not self.supports.get(id)]

    def grounded(self) -> dict[str, str]:
        """What may be accepted given the attacks alone: each claim as `in`, `out` or `undecided`."""
        label = dict.fromkeys(self.claims, "undecided")
        while True:
            into = [id for id in label if label[id] == "undecided" and all(label[a] == "out" for a in self.attackers(id))]
            for id in into:
                label[id] = "in"
            out = [id for id in label if label[id] == "undecided" and any(label[a] == "in" for a in self.attackers(id))]
            for id in out:
                label[id] = "out"
            if not into and not out:
                return label


def graph_of(scenario: Scenario) -> Graph:
    """The claims of a scenario and their links.

    Raises:
        MeaningError: support goes round in a circle.
    """
    claims = scenario.claims
    return Graph({c.id: c.text for c in claims}, {c.id: c.supports for c in claims}, {c.id: c.attacks for c in claims})


@dataclass(frozen=True)
class Together:
    """Claims taken together, over one ensemble.

    Attributes:
        draws: those that all of them speak of and that could be computed.
        joint: probability that all hold, with its 95% interval. independent: what it would be, were they independent.
        weakest: the claim without which the joint rises most, and to what; None for fewer than two claims.
    """

    claims: tuple[str, ...]
    draws: int
    joint: Interval
    independent: float
    weakest: tuple[str, float] | None


@dataclass(frozen=True)
class Entailment:
    """How probable a conclusion is alone and given its premises, and their ratio, each with its 95% interval.

    NaN where the premises never hold together, or where the conclusion never does.
    """

    conclusion: str
    premises: tuple[str, ...]
    alone: Interval
    given: Interval
    lift: Interval


def together(holds: Mapping[str, Truth], ids: Collection[str] | None = None) -> Together:
    """The joint probability of claims and the weakest link.

    Args:
        holds: id to (draw,), over the same draws.
        ids: which; all by default.
    """
    chosen = list(holds if ids is None else ids)
    table = np.stack([holds[id] for id in chosen])
    missing, draws = (~table).sum(axis=0), table.shape[1]
    independent = float(np.prod(table.mean(axis=1))) if draws else float("nan")
    joint = share(missing == 0)
    without = [float((missing == ~row).mean()) if draws else float("nan") for row in table]  # none missing, or only this one
    k = int(np.argmax(without))
    return Together(tuple(chosen), draws, joint, independent, (chosen[k], without[k]) if len(chosen) > 1 else None)


def entailment(graph: Graph, holds: Mapping[str, Truth], conclusion: str) -> Entailment:
    """How probable a conclusion is, and how probable given that all its premises that can be tested hold."""
    premises = [id for id in graph.premises(conclusion) if id in holds]
    truth = holds[conclusion]
    all_hold: Truth = np.all([holds[id] for id in premises], axis=0) if premises else np.ones_like(truth)
    return Entailment(conclusion, tuple(premises), share(truth), share(truth[all_hold]), _lift(truth, all_hold))


def share(truth: Truth) -> Interval:
    """The share of draws in which something holds, with its exact 95% interval."""
    return clopper_pearson(int(truth.sum()), truth.size, ALPHA) if truth.size else Interval(float("nan"), 0.0, 1.0)


def _lift(truth: Truth, given: Truth) -> Interval:
    """The ratio of a share given something and the share in all, with a 95% interval by the bootstrap."""
    if not truth.any() or not given.any():
        return Interval(float("nan"), 0.0, float("inf"))
    cells = np.bincount(2 * truth + given, minlength=4)
    again = np.random.default_rng(truth.size).multinomial(truth.size, cells / truth.size, size=RESAMPLES)

    def lift(counts: NDArray[np.int64]) -> NDArray[np.float64]:
        held, known = counts[..., 2] + counts[..., 3], counts[..., 1] + counts[..., 3]
        with np.errstate(all="ignore"):
            ratio: NDArray[np.float64] = (counts[..., 3] / known) / (held / truth.size)
        return ratio

    low, high = np.nanquantile(lift(again), [0.025, 0.975])
    return Interval(float(lift(cells)), float(low), float(high))


def entailments(graph: Graph, holds: Mapping[str, Truth]) -> Iterator[Entailment]:
    """Every supported claim that can be tested."""
    for id in graph.claims:
        if id in holds and graph.supporters(id):
            yield entailment(graph, holds, id)
