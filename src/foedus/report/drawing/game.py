"""A solved crisis as one figure: the game tree with its probabilities, and the actors with what ties them.

The figure follows the reader's light or dark ground, carries its own title and description, and holds no script.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from foedus.model.solve import Solved
from foedus.report.drawing.indexed import indexed_marks
from foedus.report.drawing.layout import FORK, Layout, Spot, lay_out
from foedus.report.drawing.marks import Mark, draw, text
from foedus.report.drawing.style import owner, standalone
from foedus.report.text import clean, number, plural, probability
from foedus.report.views.actors import actors
from foedus.report.views.tree import Fork, Twig, grow

MARGIN = 28
WIDEST = 13.0  # of a branch that play always takes
THINNEST = 1.0


def figure(solved: Solved) -> str:
    """The standalone figure: title, players, tree, and the measures by set."""
    tree = lay_out(grow(solved))
    width = max(tree.width, 760) + 2 * MARGIN
    parts: list[Mark] = []
    y = float(MARGIN)
    for mark, step in _head(solved, width):
        y += step
        parts.append(mark.moved(MARGIN, y))
    y += 34
    parts += [m.moved(MARGIN, y) for m in legend(solved)]
    y += 26
    parts += [m.moved(MARGIN, y) for m in tree_marks(tree)]
    y += tree.height + 30
    for panel, height in (_actors(solved), indexed_marks(solved, width - 2 * MARGIN)):
        parts += [m.moved(MARGIN, y) for m in panel]
        y += height + 20 if height else 0
    return standalone(solved.scenario.title, description(solved), parts, width, y)


def tree_figure(solved: Solved) -> str:
    """The players and the tree alone, to stand in a page."""
    tree = lay_out(grow(solved))
    parts = [m.moved(4, 14) for m in legend(solved)] + [m.moved(4, 38) for m in tree_marks(tree)]
    return standalone(solved.scenario.title, description(solved), parts, tree.width + 8, tree.height + 44, sized=False)


def description(solved: Solved) -> str:
    """The figure in words, for those who do not see it: the likeliest play."""
    path, p = max(solved.plays, key=lambda play: play[1])
    names = ", ".join(f"{a.name} as {a.role}" for a in actors(solved.scenario))
    return clean(
        f"The game tree of {solved.scenario.protocol.title}, with {plural(len(solved.plays), 'play')}. Players: {names}. "
        f"The likeliest play is {path.replace('/', ', then ')}, with probability {probability(p)}."
    )


def _head(solved: Solved, width: float) -> Iterator[tuple[Mark, float]]:
    """Title, question and what was solved: each line with the step down to it."""
    scenario = solved.scenario
    for k, line in enumerate(textwrap.wrap(clean(scenario.title), max(20, int(width / 11)))):
        yield text(0, 0, line, "fs-big"), 18 if k == 0 else 25
    for k, line in enumerate(textwrap.wrap(clean(scenario.question), max(30, int(width / 6.4)))):
        yield text(0, 0, line), 24 if k == 0 else 17
    rule = "subgame-perfect limit" if solved.limit else f"logit with precision {number(solved.precision)}"
    at = f"{scenario.name}, central values of '{solved.prior_set}', policy {scenario.policy}"
    yield text(0, 0, clean(f"{at}, {rule}, digest {scenario.digest[:12]}"), "fs-soft fs-small"), 20


def legend(solved: Solved) -> Iterator[Mark]:
    """The players' colours, and how to read a branch."""
    x = 0.0
    for a in actors(solved.scenario):
        yield draw("circle", {"class": f"fs-fork {owner(a.index)}", "cx": x + 6, "cy": -4, "r": 6})
        words = a.name if a.name == a.role else f"{a.name} ({a.role})"
        yield text(x + 17, 0, words)
        x += 17 + 6.9 * len(words) + 16
    if any(n.player is None for n in solved.nodes):
        yield draw("path", {"class": "fs-fork fs-chance", "d": f"M{x:g} -4l6 -6 6 6 -6 6z"})
        yield text(x + 17, 0, "chance")
        x += 80
    yield text(x, 0, "number: how likely the branch is taken; width: how often play comes this way", "fs-soft fs-small")


def _actors(solved: Solved) -> tuple[list[Mark], float]:
    """Who plays which part, in words, and how high that is."""
    parts = [text(0, 12, "Actors", "fs-strong")]
    for k, a in enumerate(actors(solved.scenario)):
        name = draw("tspan", {"class": f"fs-own {owner(a.index)}"}, a.name)
        part = draw("tspan", {"class": "fs-soft"}, f"  {a.role}: {a.meaning}" if a.meaning else f"  {a.role}")
        parts.append(draw("text", {"x": 0, "y": 34 + 19 * k}, name, part))
    return parts, 19.0 * len(parts) + 14


def tree_marks(tree: Layout) -> Iterator[Mark]:
    """Branches first, so that forks and words lie on top of them."""
    for spot in tree.spots:
        yield from branch_line(spot)
    for spot in tree.spots:
        yield from branch_words(spot)
    for fork, x, y in tree.forks:
        yield from fork_marks(fork, x, y, first=fork is tree.root)


def branch_line(spot: Spot) -> Iterator[Mark]:
    """A branch, as wide as play comes that way."""
    bend = spot.x0 + (spot.turn - spot.x0) / 2
    path = f"M{spot.x0:g} {spot.y0:g}C{bend:g} {spot.y0:g} {bend:g} {spot.y:g} {spot.turn:g} {spot.y:g}L{spot.x:g} {spot.y:g}"
    width = THINNEST + (WIDEST - THINNEST) * spot.twig.reach
    line = {"class": f"fs-line {owner(spot.fork.player)}", "d": path, "stroke-width": f"{width:.2f}"}
    yield draw("path", line, draw("title", {}, _tip(spot)))


def _tip(spot: Spot) -> str:
    """A branch in words, with what each private type does."""
    twig = spot.twig
    kinds = "".join(f", {kind} {probability(p)}" for kind, p in twig.by_type.items())
    taken = f"{twig.action} {probability(twig.probability)}{kinds}"
    return f"{spot.fork.mover}, {spot.fork.node}: {taken}; reached {probability(twig.reach)}"


def branch_words(spot: Spot) -> Iterator[Mark]:
    """What a branch is called and how likely it is taken; at its end, what it leaves."""
    lift = 4 + (THINNEST + (WIDEST - THINNEST) * spot.twig.reach) / 2
    words = [
        draw("tspan", {}, f"{spot.twig.action} "),
        draw("tspan", {"class": "fs-strong fs-num"}, probability(spot.twig.probability)),
    ]
    yield draw("text", {"class": "fs-halo fs-small", "x": spot.turn, "y": spot.y - lift}, *words)
    if spot.twig.then is None:
        yield draw("rect", {"class": "fs-end", "x": spot.x, "y": spot.y - 3.5, "width": 7, "height": 7})
        yield from _end(spot.twig, spot.x + 13, spot.y + 4)


def _end(twig: Twig, x: float, y: float) -> Iterator[Mark]:
    reach = draw("tspan", {"class": "fs-num"}, probability(twig.reach))
    marks = draw("tspan", {"class": "fs-soft"}, f"  {', '.join(twig.marks)}")
    yield draw("text", {"class": "fs-small", "x": x, "y": y}, reach, marks)


def fork_marks(fork: Fork, x: float, y: float, *, first: bool) -> Iterator[Mark]:
    """Where somebody moves, with the name of whoever does."""
    kind = owner(fork.player)
    if fork.player is None:
        yield draw("path", {"class": f"fs-fork {kind}", "d": f"M{x - FORK:g} {y:g}l{FORK} -{FORK} {FORK} {FORK} -{FORK} {FORK}z"})
    else:
        yield draw("circle", {"class": f"fs-fork {kind}", "cx": x, "cy": y, "r": FORK})
    name = [draw("tspan", {"class": f"fs-own {kind}"}, fork.mover), draw("tspan", {"class": "fs-soft"}, f" {fork.node}")]
    lift = 4.0 if first else 13 + THINNEST + (WIDEST - THINNEST) * fork.reach / 2
    right = FORK + 5.0 if first else FORK + 1.0
    yield draw("text", {"class": "fs-halo fs-small", "x": x - right, "y": y + lift, "text-anchor": "end"}, *name)
