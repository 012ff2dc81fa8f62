"""What follows from a setting, as the page draws it: where play differs most, and the fans over the crises."""

from __future__ import annotations

from foedus.explorer import figures
from foedus.model.solve import Solved
from foedus.report.drawing.marks import Mark, draw
from foedus.report.text import clean, count, plural, probability
from foedus.report.views.course import Trail, Trails

MOST_MOVED = 8  # branches named where two settings are compared
LEAST_MOVED = 0.005  # of a probability, below which two branches look the same


def moved(before: Solved, now: Solved) -> Mark:
    """The branches whose probability differs most between two settings."""
    old = {(n.path, n.type): n.actions for n in before.nodes}
    rows = [
        (abs(p - old[n.path, n.type][a]), n, a, old[n.path, n.type][a], p)
        for n in now.nodes
        if n.player is not None and (n.path, n.type) in old
        for a, p in n.actions.items()
    ]
    most = [row for row in sorted(rows, key=lambda row: -row[0])[:MOST_MOVED] if row[0] >= LEAST_MOVED]
    if not most:
        return draw("p", {"class": "soft"}, "No branch differs by as much as a hundredth.")
    body = []
    for _, n, a, p, q in most:
        who = clean(f"{now.scenario.actor(str(n.player))}{f' ({n.type})' if n.type else ''}")
        after = f"{n.path.replace('/', ', ')}: {a}" if n.path else a
        numbers = (probability(p), probability(q), f"{q - p:+.2f}".replace("-", "−"))
        cells = [draw("td", {"class": "num"}, text) for text in numbers]
        body.append(draw("tr", {}, draw("th", {"scope": "row"}, who), draw("td", {}, after), *cells))
    head = [draw("th", {"scope": "col"}, t) for t in ("who", "after: action", "A", "B", "B − A")]
    inside = [draw("caption", {}, "Where play differs most"), draw("thead", {}, draw("tr", {}, *head)), draw("tbody", {}, *body)]
    return draw("table", {"class": "x-moved"}, *inside)


def fans(now: Trails, before: Trails | None) -> list[Mark]:
    """What is followed from crisis to crisis; beside that under the setting held as A."""
    old = {t.name: t for t in before.trails} if before else {}
    found = [_trail(t, old.get(t.name)) for t in now.trails]
    if not found:
        found.append(draw("p", {"class": "soft"}, "Nothing is carried from one crisis to the next here."))
    if now.failures:
        said = f"{plural(now.failures, 'draw')} of {count(now.draws)} could not be computed; they count nowhere."
        found.append(draw("p", {"class": "remark"}, said))
    return found


def _trail(now: Trail, before: Trail | None) -> Mark:
    meaning = f"{now.meaning}{f' [{now.unit}]' if now.unit else ''}"
    title = draw("h3", {}, draw("code", {}, now.name), " ", draw("small", {}, meaning))
    span = now.span if before is None else (min(now.span[0], before.span[0]), max(now.span[1], before.span[1]))
    drawn: list[tuple[str, Trail]] = [("A", before), ("B", now)] if before else [("", now)]
    shown = []
    for letter, trail in drawn:
        lead = [draw("span", {"class": "x-letter"}, letter)] if letter else []
        shown.append(draw("figure", {}, *lead, figures.fan(trail, span)))
    said = [draw("p", {"class": "soft"}, now.sentence())]
    if before is not None:
        a, b = (next(f for f in t.fans if f.policy == t.base).middle[-1] for t in (before, now))
        change = draw("b", {}, f"B − A {b - a:+.3g}".replace("-", "−"))
        said.append(draw("p", {"class": "x-difference"}, change, f" at crisis {now.crises}, in the median"))
    return draw("article", {"class": "x-trail"}, title, draw("div", {"class": "x-pair"}, *shown), *said)
