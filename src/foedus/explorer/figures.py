"""The drawings of the page, from the marks of the report: a game tree whose branches can be chosen, and fans over the crises."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from foedus.model.solve import Solved
from foedus.report.drawing.charts import fan_words, when
from foedus.report.drawing.game import branch_line, branch_words, description, fork_marks, legend
from foedus.report.drawing.layout import FORK, Spot, lay_out
from foedus.report.drawing.marks import Mark, draw, text
from foedus.report.text import clean, harmless, number, probability
from foedus.report.views.course import Fan, Trail
from foedus.report.views.tree import grow

TOP = 40  # of the tree, below the legend
PANEL = (300, 150)
LEFT, RIGHT, FOOT, HEAD = 40, 92, 20, 8
LINE = 12  # pixels between the names of two policies


def plain(mark: Mark) -> dict[str, Any]:
    """A mark as the page's drawing component takes it: name, attributes, and what it holds."""
    given: dict[str, Any] = {k: clean(v) if isinstance(v, str) else f"{v:g}" for k, v in mark.attributes.items()}
    if mark.at != (0.0, 0.0):
        given["transform"] = f"translate({mark.at[0]:g} {mark.at[1]:g})"
    return {"is": mark.name, "with": given, "in": [plain(m) if isinstance(m, Mark) else harmless(m) for m in mark.inside]}


# --- the game tree


def tree(solved: Solved, *, live: bool = True) -> Mark:
    """The game tree at central values; where it is live, a branch of a player can be chosen, which forces it."""
    layout = lay_out(grow(solved))
    forced = solved.scenario.forced
    lines = [_branch(spot, forced, live, words=False) for spot in layout.spots]
    words = [_branch(spot, forced, live, words=True) for spot in layout.spots]
    forks = [m for fork, x, y in layout.forks for m in fork_marks(fork, x, y, first=fork is layout.root)]
    parts = [m.moved(4, 14) for m in legend(solved)] + [m.moved(4, TOP) for m in (*lines, *words, *forks)]
    size = {"viewBox": f"0 0 {layout.width + 8:g} {layout.height + TOP + 8:g}", "role": "group" if live else "img"}
    return draw("svg", {"class": "fs x-tree", "aria-label": description(solved), **size}, *parts)


def _branch(spot: Spot, forced: Mapping[str, str], live: bool, *, words: bool) -> Mark:
    """A branch's line, or its words, which carry the button."""
    node, action = spot.fork.node, spot.twig.action
    pick = f"{node}:{action}"
    held = forced.get(node) == action
    given: dict[str, str | float] = {"class": f"x-branch{' x-forced' if held else ''}"}
    if live and spot.fork.player is not None:
        given["data-pick"] = pick
        if words:
            said = f"{'Let go of' if held else 'Force'} {spot.fork.mover}, {node}: {action}. Taken with probability"
            given |= {"role": "button", "tabindex": 0, "aria-pressed": "true" if held else "false"}
            given["aria-label"] = f"{said} {probability(spot.twig.probability)}, reached with {probability(spot.twig.reach)}"
    if not words:
        return draw("g", given, *branch_line(spot))
    inside = list(branch_words(spot))
    width = max(spot.x - spot.turn, 30)
    ring = draw("rect", {"class": "x-ring", "x": spot.turn - 4, "y": spot.y - 20, "width": width, "height": 26, "rx": 4})
    if held:
        inside.append(draw("path", {"class": "x-pin", "d": f"M{spot.turn - FORK - 3:g} {spot.y - 5:g}h8v10h-8z"}))
    return draw("g", given, ring, *inside)


# --- fans


def fan(trail: Trail, span: tuple[float, float] | None = None) -> Mark:
    """A quantity over the crises: the base policy's middle half and middle 90% of draws, and the medians of all policies.

    Args:
        span: the values that the axis must hold; the trail's own by default.
    """
    width, height = PANEL
    low, high, ticks = _axis(*(span or trail.span))
    base = next(f for f in trail.fans if f.policy == trail.base)

    def x(t: int) -> float:
        return LEFT + 8 + (width - LEFT - RIGHT - 16) * (t / (trail.crises - 1) if trail.crises > 1 else 0.5)

    def y(v: float) -> float:
        return HEAD + (height - HEAD - FOOT) * (high - v) / (high - low)

    marks = [*_grid(ticks, y), *_crises(trail, x)]
    marks += [
        _band(base.quantiles[0], base.quantiles[4], x, y, "x-wide"),
        _band(base.quantiles[1], base.quantiles[3], x, y, "x-half"),
    ]
    marks += [_middle(f, x, y, "x-other") for f in trail.fans if f is not base]
    marks.append(_middle(base, x, y, "x-own"))
    marks += [draw("circle", {"class": "x-dot", "cx": x(t), "cy": y(v), "r": 2.6}) for t, v in enumerate(base.middle)]
    marks += list(_names(trail, y))
    about = {"class": "fs x-fan", "role": "img", "aria-label": fan_words(trail, trail.base), "viewBox": f"0 0 {width} {height}"}
    return draw("svg", about, *marks)


def _axis(low: float, high: float) -> tuple[float, float, list[float]]:
    """Round ends around the values, and ticks between."""
    if not math.isfinite(low) or not math.isfinite(high):
        low, high = 0.0, 1.0
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    raw = (high - low) / 3
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return first * step, last * step, [k * step for k in range(first, last + 1)]


def _grid(ticks: list[float], y: Any) -> Iterator[Mark]:
    for tick in ticks:
        yield draw("line", {"class": "x-grid", "x1": LEFT, "x2": PANEL[0] - RIGHT, "y1": y(tick), "y2": y(tick)})
        yield draw(
            "text", {"class": "fs-soft fs-num x-tick", "x": LEFT - 5, "y": y(tick) + 3.5, "text-anchor": "end"}, number(tick)
        )


def _crises(trail: Trail, x: Any) -> Iterator[Mark]:
    every = 1 if trail.crises <= 5 else 2
    for t in range(0, trail.crises, every):
        said = when(t + 1) if trail.crises <= 3 else str(t + 1)
        yield draw("text", {"class": "fs-soft x-tick", "x": x(t), "y": PANEL[1] - 4, "text-anchor": "middle"}, said)


def _band(low: tuple[float, ...], high: tuple[float, ...], x: Any, y: Any, kind: str) -> Mark:
    there = [f"{x(t):.1f} {y(v):.1f}" for t, v in enumerate(high)]
    back = [f"{x(t):.1f} {y(v):.1f}" for t, v in reversed(list(enumerate(low)))]
    return draw("path", {"class": kind, "d": f"M{'L'.join([*there, *back])}Z"})


def _middle(fan: Fan, x: Any, y: Any, kind: str) -> Mark:
    points = "L".join(f"{x(t):.1f} {y(v):.1f}" for t, v in enumerate(fan.middle))
    return draw("path", {"class": kind, "d": f"M{points}"}, draw("title", {}, f"{fan.policy}: {number(fan.middle[-1])}"))


def _names(trail: Trail, y: Any) -> Iterator[Mark]:
    """Each policy's name at the end of its line; names that would meet are moved apart."""
    ends = sorted(((y(f.middle[-1]), f.policy) for f in trail.fans), key=lambda e: e[0])
    places: list[float] = []
    for at, _ in ends:
        places.append(max(at, places[-1] + LINE) if places else at)
    over = places[-1] - (PANEL[1] - FOOT) if places else 0
    if over > 0:
        places = [max(p - over, HEAD + k * LINE) for k, p in enumerate(places)]
    edge = PANEL[0] - RIGHT
    for (at, policy), place in zip(ends, places, strict=True):
        own = policy == trail.base
        yield draw("path", {"class": "x-lead", "d": f"M{edge - 6:g} {at:.1f}L{edge + 2:g} {place:.1f}"})
        yield text(edge + 5, place + 3.5, policy, f"x-name{' x-name-own' if own else ' fs-soft'}")
