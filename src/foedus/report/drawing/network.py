"""The actors and what ties them as one drawing: a pipe for each tie, filled as far as it is strong, numbered like its entry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from foedus.model.solve import Solved
from foedus.report.drawing.marks import Mark, draw, text
from foedus.report.drawing.style import owner, style
from foedus.report.text import clean, listed
from foedus.report.views.actors import Actor, actors
from foedus.report.views.tied import TieView, tied

WIDTH, HEIGHT = 380.0, 310.0
RADIUS = 27.0  # of an actor
PIPE = 11.0
APART = 21.0  # between two ties of the same pair
HEAD = 13.0
LETTER = 7.4

Point = tuple[float, float]


def network_figure(solved: Solved) -> str:
    """The drawing, to stand beside its entries."""
    people, ties = actors(solved.scenario), tied(solved)
    places = _places(people)
    parts: list[Mark] = []
    for tie, line in _lines(ties, places):
        parts += _pipe(tie, *line)
    parts += [m for a in people for m in _actor(a, places[a.role])]
    title = f"What ties {listed([a.name for a in people], 9)}"
    about = " ".join(f"{t.number}: {t.sentence()}" for t in ties) or "Nothing ties them."
    inside = [draw("title", {}, title), draw("desc", {}, about), draw("style", {}, style()), *parts]
    root = {"xmlns": "http://www.w3.org/2000/svg", "class": "fs fs-network", "role": "img"}
    words = {"aria-label": clean(f"{title}. {about}"), "viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}"}
    return draw("svg", root | words, *inside).markup()


def _places(people: list[Actor]) -> Mapping[str, Point]:
    """Actors on the corners of a polygon, the first at the upper left, the next below it."""
    n = max(len(people), 2)
    first, step = -180 + 90 * (n - 2) / n, -360 / n
    angles = [math.radians(first + step * k) for k in range(len(people))]
    xs = _fitted([math.cos(a) for a in angles], 72.0, WIDTH - 72)
    ys = _fitted([math.sin(a) for a in angles], 70.0, HEIGHT - 64)
    return {actor.role: place for actor, place in zip(people, zip(xs, ys, strict=True), strict=True)}


def _fitted(values: list[float], low: float, high: float) -> list[float]:
    """Values stretched to lie from low to high; in the middle where they are all the same."""
    least, span = min(values), max(values) - min(values)
    return [low + (v - least) / span * (high - low) if span > 1e-9 else (low + high) / 2 for v in values]


def _lines(ties: list[TieView], places: Mapping[str, Point]) -> Iterator[tuple[TieView, tuple[Point, Point]]]:
    """Each tie with where it starts and ends; those of one pair lie side by side."""
    pairs: dict[frozenset[str], list[TieView]] = {}
    for tie in ties:
        pairs.setdefault(frozenset((tie.by.role, tie.to.role)), []).append(tie)
    for roles, here in pairs.items():
        one, other = sorted(roles)
        (x0, y0), (x1, y1) = places[one], places[other]
        length = math.hypot(x1 - x0, y1 - y0)
        across = (-(y1 - y0) / length, (x1 - x0) / length)
        for k, tie in enumerate(here):
            off = (k - (len(here) - 1) / 2) * APART
            start, end = places[tie.by.role], places[tie.to.role]
            along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
            gap = RADIUS + 7
            yield (
                tie,
                (
                    (start[0] + along[0] * gap + across[0] * off, start[1] + along[1] * gap + across[1] * off),
                    (end[0] - along[0] * gap + across[0] * off, end[1] - along[1] * gap + across[1] * off),
                ),
            )


def _pipe(tie: TieView, start: Point, end: Point) -> Iterator[Mark]:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    neck = (end[0] - along[0] * HEAD, end[1] - along[1] * HEAD)
    path = f"M{start[0]:.1f} {start[1]:.1f}L{neck[0]:.1f} {neck[1]:.1f}"
    kind, broken = owner(tie.by.index), " fs-rivalry" if tie.kind == "rivalry" else ""
    yield draw("path", {"class": f"fs-pipe {kind}", "d": path, "stroke-width": PIPE})
    flow = max(PIPE * tie.strength, 1.2)
    yield draw(
        "path", {"class": f"fs-flow {kind}{broken}", "d": path, "stroke-width": f"{flow:.1f}"}, draw("title", {}, tie.sentence())
    )
    side = (-along[1] * HEAD * 0.62, along[0] * HEAD * 0.62)
    corners = [end, (neck[0] + side[0], neck[1] + side[1]), (neck[0] - side[0], neck[1] - side[1])]
    yield draw("path", {"class": f"fs-head {kind}", "d": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "z"})
    middle = ((start[0] + neck[0]) / 2, (start[1] + neck[1]) / 2)
    yield draw("circle", {"class": f"fs-badge {kind}", "cx": f"{middle[0]:.1f}", "cy": f"{middle[1]:.1f}", "r": 9})
    yield draw(
        "text",
        {"class": "fs-strong fs-small", "x": f"{middle[0]:.1f}", "y": f"{middle[1] + 4:.1f}", "text-anchor": "middle"},
        str(tie.number),
    )


def _actor(actor: Actor, place: Point) -> Iterator[Mark]:
    x, y = place
    kind = owner(actor.index)
    yield draw("circle", {"class": f"fs-fork {kind}", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": RADIUS})
    code = actor.code or actor.name[:3]
    yield draw(
        "text", {"class": "fs-on fs-strong", "x": f"{x:.1f}", "y": f"{y + 4:.1f}", "text-anchor": "middle"}, code[:4].upper()
    )
    above, named = y < HEIGHT / 2, actor.name.lower() != actor.role.lower()
    first = y - RADIUS - (19 if named else 7) if above else y + RADIUS + 15
    room = LETTER * max(len(actor.name), len(actor.role)) / 2
    at = min(max(x, room), WIDTH - room)
    yield text(0, 0, actor.name, f"fs-own {kind} fs-middle").moved(at, first)
    if named:
        yield text(0, 0, actor.role, "fs-soft fs-small fs-middle").moved(at, first + 13)
