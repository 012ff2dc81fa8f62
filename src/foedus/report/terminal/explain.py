"""Explanations in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from foedus.explanations.explain import Explanation, Explanations
from foedus.explanations.maps import Map
from foedus.explanations.reasons import Whole
from foedus.explanations.sensitivity import Index
from foedus.explanations.study import HOLDS, MARGIN
from foedus.explanations.words import (
    box_words,
    change_words,
    flip_words,
    reason_words,
    structure_words,
    telling,
    tree_words,
    whole_words,
)
from foedus.report.tables.explain import variants
from foedus.report.terminal.screen import Screen, columns, heading, indented, table_part
from foedus.report.text import clean, count, listed, number, plural, probability
from foedus.scenario.scenario import Scenario

MOST = 8
SHADES = " ░▒▓█"
MOST_CHANGES = 4


def explanation_parts(found: Explanations, screen: Screen, command: str) -> Iterator[RenderableType]:
    """The parts of `explain`'s output."""
    scenario = found.scenario
    yield heading(clean(scenario.title))
    facts = f"scenario {scenario.name} · prior set {scenario.reference} · {count(found.draws)} draws · seed {found.seed}"
    yield Text(clean(facts), style="dim")
    for e in found.claims:
        yield Text()
        yield claim_part(e, found)
    if found.whole:
        yield from (Text(), whole_part(found.whole))
    yield Text()
    yield Text.assemble(("again: ", "dim"), command)


def claim_part(e: Explanation, found: Explanations) -> RenderableType:
    """One explained claim."""
    shown = f"holds with probability {probability(e.probability)}" if e.draws else "not tested"
    title = Text.assemble((clean(e.claim.id), "bold"), f"  {clean(e.claim.text)}  ", (shown, "bold"))
    parts: list[RenderableType] = [title]
    parts += [indented(part) for part in sections(e, found)]
    parts += [indented(Text(clean(note))) for note in e.notes]
    return Group(*parts)


def sections(e: Explanation, found: Explanations) -> Iterator[RenderableType]:
    """What carries it, what flips it, when it holds, what it rests on, and under which forms of the model."""
    scenario = found.scenario
    if e.effects:
        yield heading("What carries it")
        yield effects_part(e)
    if e.flips:
        yield heading("What flips it")
        yield from (Text(clean(sentence)) for sentence in flip_words(scenario, e.flips))
    if e.holds_when or e.fails_when or e.tree:
        yield heading("When it holds")
        yield from conditions(e, scenario)
    if e.reasons and e.reasons.linked:
        yield heading("What it rests on")
        yield from (Text(clean(sentence)) for sentence in reason_words(e.reasons))
    if e.structure:
        yield heading("Under variants of the model")
        yield variants_part(e, found)
    if e.map:
        yield heading(f"Its probability over {clean(e.map.x)} (across) and {clean(e.map.y)} (up)")
        yield map_part(e.map)


def effects_part(e: Explanation) -> RenderableType:
    """Shapley effects on claim and margin, and Borgonovo's delta, for the numbers that carry most."""
    table = columns(["number", "share in the claim", "share in its margin", "delta"], fixed=(0,))
    claim = {i.name: i for i in e.effects[HOLDS].effects} if HOLDS in e.effects else {}
    margin = {i.name: i for i in e.effects[MARGIN].effects} if MARGIN in e.effects else {}
    delta = {d.name: d for d in e.deltas}
    main = claim or margin
    telling = sorted((i for i in main.values() if i.distinguishable), key=lambda i: -i.value)
    for i in telling[:MOST]:
        d = delta.get(i.name)
        moved = "" if d is None else f"{d.value:.2f} ({d.low:.2f} to {d.high:.2f})" if d.distinguishable else "as by chance"
        table.add_row(Text(i.name), index_words(claim.get(i.name)), index_words(margin.get(i.name)), moved)
    rest, idle = len(telling) - MOST, len(main) - len(telling)
    words = [f"{rest} further numbers carry less"] if rest > 0 else []
    words += [f"{plural(idle, 'number')} cannot be told from zero"] if idle else []
    for what, found in e.sobol.items():
        totals = [index_words(i, i.name) for i in sorted(found.total, key=lambda i: -i.value)[:3]]
        words += [f"its numbers are independent, with Sobol totals of the {what} {listed(totals)}"] if totals else []
    return Group(table, *([Text("; ".join(words) + ".")] if words else []))


def index_words(index: Index | None, name: str = "") -> str:
    """An index with its interval, or that it cannot be told from zero."""
    if index is None:
        return ""
    if not index.distinguishable:
        return f"{name} not distinguishable from zero".strip()
    return f"{name} {index.value:.2f} ({index.low:.2f} to {index.high:.2f})".strip()


def conditions(e: Explanation, scenario: Scenario) -> Iterator[RenderableType]:
    """Boxes, with how often their numbers come back, and the tree."""
    for box, holds in ((e.holds_when, True), (e.fails_when, False)):
        if box is None:
            continue
        again = ", ".join(f"{limit.name} {limit.reproduced:.0%}" for limit in box.limits)
        yield Text(clean(f"{box_words(scenario, box, holds=holds)} Found again in resamples: {again}."))
    if e.tree and e.tree.name:
        yield Text("As a tree:", style="dim")
        yield from (indented(Text(clean(sentence))) for sentence in tree_words(e.tree))


def variants_part(e: Explanation, found: Explanations) -> RenderableType:
    """The claim under every form of the model, and what is in doubt, kind by kind."""
    assert e.structure
    data = variants(found).only(claim=e.claim.id).without("doubt", "draws", "why", "differs")
    if not any(data.column("failures")):
        data = data.without("failures")
    differs = columns(["", "what differs"], fixed=(0,))
    for v in e.structure.variants[1:]:
        words = "; ".join(change_words(c) for c in telling(v.changes)[:MOST_CHANGES])
        more = f"; and {len(v.changes) - MOST_CHANGES} more" if len(v.changes) > MOST_CHANGES else ""
        lost = f" ({plural(v.failures, 'draw')} not computed: {v.why})" if v.failures else ""
        differs.add_row(Text(clean(v.name)), Text(clean(f"{v.meaning}: {words}{more}{lost}" if words else f"{v.meaning}{lost}")))
    sentences = [Text(clean(sentence)) for sentence in structure_words(e.structure)]
    return Group(table_part(data), differs, *sentences)


def map_part(found: Map) -> RenderableType:
    """A map as shades, from rarely (blank) to nearly always (full), each with a mark for where prior and posterior lie."""
    marks = [(found.covered(found.prior, level), mark) for level, mark in ((0.9, "·"), (0.5, "+"))]
    if found.posterior is not None:
        marks += [(found.covered(found.posterior, level), mark) for level, mark in ((0.9, "o"), (0.5, "@"))]
    rows = []
    for k in range(len(found.y_values) - 1, -1, -1):
        cells = ""
        for j, p in enumerate(found.probability[k]):
            shade = SHADES[min(int(p * 5), 4)] if p == p else "?"
            cells += shade + next((mark for inside, mark in reversed(marks) if inside[k, j]), shade)
        rows.append(Text(f"{number(float(found.y_values[k])):>8} {cells}"))
    ends = f"{'':>8} {number(float(found.x_values[0]))} to {number(float(found.x_values[-1]))}"
    key = f"blank below 0.2, full from 0.8; standard error of a cell at most {found.error:.2f}; + half of the prior, · 90% of it"
    fitted = "; @ half of the posterior, o 90% of it" if found.posterior is not None else ""
    return Group(*rows, Text(ends), Text(key + fitted, style="dim"))


def whole_part(whole: Whole) -> RenderableType:
    """The whole argument."""
    return Group(heading("The whole argument"), *(Text(clean(sentence)) for sentence in whole_words(whole)))
