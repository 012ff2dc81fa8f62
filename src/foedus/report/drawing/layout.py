"""Where the parts of a game tree stand on paper: depth goes right, plays go down, and no two words meet."""

from __future__ import annotations

from dataclasses import dataclass, field

from foedus.report.text import probability
from foedus.report.views.tree import Fork, Twig

ROW = 25  # between two plays
FORK = 6  # radius of a fork
BEND = 34  # in which a branch turns to its own height
LETTER = 6.3  # width of one at the size of the labels
GAP = 14


@dataclass(frozen=True)
class Spot:
    """A branch from (x0, y0), level from `turn` on, to (x, y)."""

    fork: Fork
    twig: Twig
    x0: float
    y0: float
    turn: float
    x: float
    y: float


@dataclass
class Layout:
    """A tree on paper."""

    root: Fork
    spots: list[Spot] = field(default_factory=list)
    forks: list[tuple[Fork, float, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def lay_out(root: Fork) -> Layout:
    """A tree on paper: a fork stands in the middle of its branches, all of one depth below each other."""
    steps = _columns(root)
    xs = [
        name_width(root) + FORK * 2 + 4
    ]  # the first name stands left of its fork, the others beneath the branch that leads there
    for step in steps:
        xs.append(xs[-1] + step)
    found = Layout(root)
    _place(root, 0, xs, found, [0])
    ends = [s.x + 13 + LETTER * _end_letters(s.twig) for s in found.spots if s.twig.then is None]
    found.width = max(ends) + 4
    found.height = len(ends) * ROW + ROW / 2
    return found


def name_width(fork: Fork) -> float:
    """Room for the name of a fork: who moves there, in bold, and what the fork is called."""
    return LETTER * (len(fork.mover) * 1.08 + len(fork.node) + 1)


def _end_letters(twig: Twig) -> int:
    return 6 + len(", ".join(twig.marks))


def _columns(root: Fork) -> list[float]:
    """How far each depth reaches: room for the longest label of its branches, and for the name below its forks."""
    widest: dict[int, float] = {}
    for depth, twig in root.walk():
        label = LETTER * (len(twig.action) + 1 + len(probability(twig.probability)))
        widest[depth] = max(widest.get(depth, 0.0), label, name_width(twig.then) if twig.then else 0.0)
    return [BEND + widest[depth] + GAP for depth in sorted(widest)]


def _place(fork: Fork, depth: int, xs: list[float], found: Layout, plays: list[int]) -> float:
    """Place a fork and all below it; returns its height on paper."""
    heights: list[float] = []
    for twig in fork.twigs:
        if twig.then:
            heights.append(_place(twig.then, depth + 1, xs, found, plays))
        else:
            heights.append((plays[0] + 0.5) * ROW)
            plays[0] += 1
    x0, y0 = xs[depth], (heights[0] + heights[-1]) / 2
    for twig, y in zip(fork.twigs, heights, strict=True):
        found.spots.append(Spot(fork, twig, x0, y0, x0 + BEND, xs[depth + 1], y))
    found.forks.append((fork, x0, y0))
    return y0
