"""The argument as a graph, seen over a study's ensemble: what a claim rests on, and how probable that is together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foedus.explanations.graph import Entailment, Together, Truth, entailment, entailments, graph_of, together
from foedus.explanations.study import Study


@dataclass(frozen=True)
class Reasons:
    """What speaks for and against a claim.

    Attributes:
        premises: what it rests on in the end. through: what lies between. attackers: what speaks against it.
        accepted: by the attacks alone, `in`, `out` or `undecided`: a matter of structure, and no probability.
        joint: the claim with everything that it rests on; None where it rests on nothing, or nothing of it can be tested.
        entailed: how probable it is given its premises.
        untested: what it rests on that cannot be tested.
        tensions: those it stands in.
    """

    premises: tuple[str, ...]
    through: tuple[str, ...]
    attackers: tuple[str, ...]
    accepted: str
    joint: Together | None
    entailed: Entailment | None
    untested: tuple[str, ...]
    tensions: tuple[Strain, ...]

    @property
    def linked(self) -> bool:
        """Whether anything speaks for or against the claim."""
        return bool(self.premises or self.attackers or self.tensions)


@dataclass(frozen=True)
class Strain:
    """A declared tension, over the ensemble; `joint` is None where one of its claims cannot be tested."""

    claims: tuple[str, ...]
    why: str
    joint: Together | None


@dataclass(frozen=True)
class Whole:
    """The whole argument: every claim that can be tested taken together, every tension, and every conclusion given its premises.

    Attributes:
        conclusions: claims that rest on others and on which nothing further rests.
        accepted: each claim by the attacks alone.
    """

    joint: Together | None
    tensions: tuple[Strain, ...]
    entailments: tuple[Entailment, ...]
    conclusions: tuple[str, ...]
    accepted: Mapping[str, str]


class Argument:
    """The graph of a study's scenario.

    Raises:
        MeaningError: support goes round in a circle.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.graph = study, graph_of(study.scenario)
        self.tested = set(study.argument.outputs)

    @cached_property
    def accepted(self) -> dict[str, str]:
        """Each claim by the attacks alone."""
        return self.graph.grounded()

    def around(self, ids: Iterable[str]) -> list[str]:
        """The claims to be seen over the ensemble for what is said of some of them."""
        found = dict.fromkeys(id for one in ids for id in (one, *self.graph.needs(one)))
        for tension in self.study.scenario.tensions:
            if any(id in found for id in tension.claims):
                found |= dict.fromkeys(tension.claims)
        return [id for id in found if id in self.tested]

    def of(self, id: str) -> Reasons:
        """What speaks for and against a claim."""
        graph, needs = self.graph, self.graph.needs(id)
        premises = graph.premises(id)
        known = [n for n in needs if n in self.tested]
        joint = together(self._held([id, *known])) if known and id in self.tested else None
        entailed = entailment(graph, self._held([id, *(p for p in premises if p in self.tested)]), id) if joint else None
        return Reasons(
            premises=tuple(premises),
            through=tuple(n for n in needs if n not in premises),
            attackers=tuple(graph.attackers(id)),
            accepted=self.accepted[id],
            joint=joint,
            entailed=entailed,
            untested=tuple(n for n in needs if n not in self.tested),
            tensions=tuple(s for s in self._strains([id])),
        )

    def whole(self) -> Whole:
        """The argument as one."""
        ids = [id for id in self.graph.claims if id in self.tested]
        holds = self._held(ids) if ids else {}
        return Whole(
            joint=together(holds) if ids else None,
            tensions=tuple(self._strains()),
            entailments=tuple(entailments(self.graph, holds)),
            conclusions=tuple(self.graph.conclusions),
            accepted=self.accepted,
        )

    def _strains(self, ids: Sequence[str] = ()) -> Iterable[Strain]:
        for t in self.study.scenario.tensions:
            if not ids or any(id in t.claims for id in ids):
                tested = all(id in self.tested for id in t.claims)
                yield Strain(tuple(t.claims), " ".join(t.why.split()), together(self._held(t.claims)) if tested else None)

    def _held(self, ids: Sequence[str]) -> dict[str, Truth]:
        """Where claims hold, over the draws that all of them speak of and that could be computed."""
        self.study.look(ids)
        seen = {id: self.study.seen(id) for id in ids}
        use = np.all([s.use for s in seen.values()], axis=0)
        return {id: s.holds[use] for id, s in seen.items()}
