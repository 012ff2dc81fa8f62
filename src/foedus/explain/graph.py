"""The argument as a graph: claims that support or attack each other, and what the ensemble says of them together.

Links say how the argument is built, the ensemble how probable its parts are together; neither is turned into the other. What may
be accepted given the attacks alone is Dung's grounded extension (1995, doi 10.1016/0004-3702(94)00041-X): a matter of structure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.errors import MeaningError, nearest
from foedus.scenario.scenario import Scenario

Truth = NDArray[np.bool_]
Links = Mapping[str, Sequence[str]]


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
        joint: probability that all hold. independent: what it would be, were they independent.
        weakest: the claim without which the joint rises most, and to what; None for fewer than two claims.
    """

    claims: tuple[str, ...]
    joint: float
    independent: float
    weakest: tuple[str, float] | None


@dataclass(frozen=True)
class Entailment:
    """How probable a conclusion is alone and given its premises (NaN where they never hold together), and their ratio."""

    conclusion: str
    premises: tuple[str, ...]
    alone: float
    given: float
    lift: float


def together(holds: Mapping[str, Truth], ids: Collection[str] | None = None) -> Together:
    """The joint probability of claims and the weakest link.

    Args:
        holds: id to (draw,), over the same draws.
        ids: which; all by default.
    """
    chosen = list(holds if ids is None else ids)
    table = np.stack([holds[id] for id in chosen])
    missing = (~table).sum(axis=0)
    joint, independent = float((missing == 0).mean()), float(np.prod(table.mean(axis=1)))
    without = [float((missing == ~row).mean()) for row in table]  # all others hold: none missing, or only this one
    k = int(np.argmax(without))
    return Together(tuple(chosen), joint, independent, (chosen[k], without[k]) if len(chosen) > 1 else None)


def entailment(graph: Graph, holds: Mapping[str, Truth], conclusion: str) -> Entailment:
    """How probable a conclusion is, and how probable given that all its premises that can be tested hold."""
    premises = [id for id in graph.premises(conclusion) if id in holds]
    alone = float(holds[conclusion].mean())
    all_hold = np.all([holds[id] for id in premises], axis=0) if premises else np.ones_like(holds[conclusion])
    given = float(holds[conclusion][all_hold].mean()) if all_hold.any() else float("nan")
    return Entailment(conclusion, tuple(premises), alone, given, given / alone if alone else float("nan"))


def entailments(graph: Graph, holds: Mapping[str, Truth]) -> Iterator[Entailment]:
    """Every supported claim that can be tested."""
    for id in graph.claims:
        if id in holds and graph.supporters(id):
            yield entailment(graph, holds, id)
