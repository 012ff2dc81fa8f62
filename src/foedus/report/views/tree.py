"""A solved game as a tree to draw: forks where someone moves, and the twigs that leave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from foedus.documents import finite
from foedus.formulas import Constant
from foedus.model.solve import Solved, SolvedNode
from foedus.protocol.protocol import Branch
from foedus.report.text import clean
from foedus.report.views.actors import actors, indexed, policies
from foedus.report.views.amounts import Folding, Shown


@dataclass(frozen=True)
class Twig:
    """A branch.

    Attributes:
        probability: that it is taken once its fork is reached, over the mover's types.
        by_type: the same for each private type of the mover.
        reach: probability that play comes this way.
        marks: what it leaves on the outcome, by name.
        then: where it leads; None at the end of the game.
    """

    action: str
    probability: float
    by_type: Mapping[str, float]
    reach: float
    marks: tuple[str, ...]
    then: Fork | None


@dataclass(frozen=True)
class Fork:
    """A decision, or a move of chance (`player` is None), as reached by one path."""

    node: str
    player: int | None
    mover: str
    reach: float
    twigs: tuple[Twig, ...]

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Twig]]:
        """Every twig with its depth, parents first."""
        for twig in self.twigs:
            yield depth, twig
            if twig.then:
                yield from twig.then.walk(depth + 1)


def shown(solved: Solved) -> dict[str, Any]:
    """What `show` draws, as plain data."""
    found = {
        "scenario": solved.scenario.name,
        "title": solved.scenario.title,
        "question": solved.scenario.question,
        "actors": [asdict(a) for a in actors(solved.scenario)],
        "indexed": [asdict(i) for i in indexed(solved)],
        "policies": [asdict(p) for p in policies(solved.scenario)],
        "tree": asdict(grow(solved)),
        "promises": solved.to_dict()["promises"],
    }
    return dict(finite(found))


def grow(solved: Solved) -> Fork:
    """The tree of a solved crisis."""
    return _Grower(solved).fork("")


class _Grower:
    def __init__(self, solved: Solved) -> None:
        self.scenario, self.protocol = solved.scenario, solved.scenario.protocol
        self.players = list(self.protocol.players)
        self.folding = Folding(solved)
        self.beliefs = {(b.path, b.type): b.prior for b in solved.beliefs}
        self.nodes: dict[str, list[SolvedNode]] = {}
        for node in solved.nodes:
            self.nodes.setdefault(node.path, []).append(node)

    def fork(self, path: str) -> Fork:
        found = self.nodes[path]
        first = found[0]
        mover = clean(self.scenario.actor(first.player)) if first.player else "chance"
        number = self.players.index(first.player) if first.player else None
        twigs = tuple(self.twig(path, found, line) for line in self.folding.shown[path])
        return Fork(first.node, number, mover, first.reach, twigs)

    def twig(self, path: str, found: list[SolvedNode], line: Shown) -> Twig:
        action = line.follow
        by_type = {n.type: line.of(n.actions) for n in found if n.type is not None}
        mixed = sum(self.beliefs[path, kind] * q for kind, q in by_type.items())
        p = mixed if by_type else line.of(found[0].actions)
        below = f"{path}/{action}" if path else action
        marks = self.marks(self.protocol.nodes[found[0].node].branches[action])
        then = self.fork(below) if below in self.nodes else None
        return Twig(line.label, p, by_type, p * found[0].reach, marks, then)

    def marks(self, branch: Branch) -> tuple[str, ...]:
        """The flags that a branch raises from 0 to 1: what happened, as opposed to how much of it."""
        declared = self.protocol.marks
        return tuple(n for n, f in branch.marks.items() if declared[n].default == 0 and f.root == Constant(1.0))
