"""Explanations as tables, a row for each claim and what is told of it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from foedus.claims.verdicts import Interval
from foedus.explanations.explain import Explanation, Explanations
from foedus.explanations.flips import Flip
from foedus.explanations.graph import Together
from foedus.explanations.words import change_words, telling
from foedus.report.tables.table import Cell, Column, Range, Table

_CLAIM, _NUMBER, _OF = Column("claim", "text"), Column("number", "text"), Column("of", "text")
Rows = Iterator[tuple[Cell, ...]]


def explanation_tables(found: Explanations) -> list[Table]:
    """Every table of the explanations."""
    return [shares(found), flips(found), conditions(found), reasons(found), together(found), variants(found), maps(found)]


def _range(interval: Interval) -> Range:
    return Range(interval.probability, interval.low, interval.high)


def shares(found: Explanations) -> Table:
    """What carries each claim, and its margin: shares of variance, and Borgonovo's delta of the margin."""
    columns = (
        _CLAIM,
        _OF,
        Column("method", "text"),
        _NUMBER,
        Column("share", ranged=True),
        Column("distinguishable", "yes", "distinguishable from zero"),
    )

    def rows() -> Rows:
        for e in found.claims:
            for what, shapley in e.effects.items():
                for i in shapley.effects:
                    yield e.claim.id, what, "Shapley", i.name, Range(i.value, i.low, i.high), i.distinguishable
            for what, sobol in e.sobol.items():
                for method, indices in (("Sobol first", sobol.first), ("Sobol total", sobol.total)):
                    for i in indices:
                        yield e.claim.id, what, method, i.name, Range(i.value, i.low, i.high), i.distinguishable
            for d in e.deltas:
                yield e.claim.id, "margin", "Borgonovo", d.name, Range(d.value, d.low, d.high), d.distinguishable

    return Table("shares", "What carries each claim", columns, tuple(rows()))


def flips(found: Explanations) -> Table:
    """What flips each claim: every number that a flip moves."""
    columns = (
        _CLAIM,
        Column("flip", "text"),
        Column("distance", title="distance in prior SD"),
        _NUMBER,
        Column("from"),
        Column("to"),
        Column("moved", title="moved by, in prior SD"),
        Column("unit", "text"),
    )
    numbers = found.scenario.protocol.numbers

    def rows() -> Rows:
        for e in found.claims:
            if e.flips is None:
                continue
            told: list[tuple[str, Flip | None]] = [("nearest", e.flips.nearest), ("sparse", e.flips.sparse)]
            for name, flip in (*told, *(("alone", f) for f in e.flips.alone)):
                for m in flip.moves if flip else ():
                    unit = str(numbers[m.name.partition("[")[0]].unit)
                    yield e.claim.id, name, flip.distance if flip else math.nan, m.name, m.central, m.value, m.score, unit

    return Table("flips", "What flips each claim", columns, tuple(rows()))


def conditions(found: Explanations) -> Table:
    """When each claim holds, and when it fails: every limit of the boxes."""
    columns = (
        _CLAIM,
        Column("outcome", "text"),
        _NUMBER,
        Column("low"),
        Column("high"),
        Column("density", "percent"),
        Column("coverage", "percent"),
        Column("mass", "percent"),
        Column("base", "percent"),
        Column("quasi_p", title="quasi-p"),
        Column("reproduced", "percent"),
    )

    def rows() -> Rows:
        for e in found.claims:
            for outcome, box in (("holds", e.holds_when), ("fails", e.fails_when)):
                for limit in box.limits if box else ():
                    assert box
                    about = (box.density, box.coverage, box.mass, box.base, limit.quasi_p, limit.reproduced)
                    yield e.claim.id, outcome, limit.name, limit.low, limit.high, *about

    return Table("conditions", "When each claim holds, and when it fails", columns, tuple(rows()))


def reasons(found: Explanations) -> Table:
    """What each claim rests on, and how far its premises carry it."""
    columns = (
        _CLAIM,
        Column("premises", "text"),
        Column("through", "text"),
        Column("untested", "text"),
        Column("attackers", "text"),
        Column("accepted", "text", "by the attacks alone"),
        Column("alone", "probability", ranged=True),
        Column("given", "probability", "given its premises", ranged=True),
        Column("lift", ranged=True),
    )

    def rows() -> Rows:
        for e in found.claims:
            if e.reasons is None:
                continue
            r, t = e.reasons, e.reasons.entailed
            links = (" ".join(r.premises), " ".join(r.through), " ".join(r.untested), " ".join(r.attackers), r.accepted)
            yield e.claim.id, *links, *((_range(t.alone), _range(t.given), _range(t.lift)) if t else (None, None, None))

    return Table("reasons", "What each claim rests on", columns, tuple(rows()))


def together(found: Explanations) -> Table:
    """Claims taken together: each with what it rests on, every tension, and the whole argument."""
    columns = (
        Column("what", "text"),
        Column("claims", "text"),
        Column("draws", "count"),
        Column("together", "probability", ranged=True),
        Column("independent", "probability", "were they independent"),
        Column("weakest", "text", "weakest link"),
        Column("without_it", "probability"),
    )

    def row(what: str, t: Together) -> tuple[Cell, ...]:
        weakest = t.weakest or ("", None)
        return (what, " ".join(t.claims), t.draws, _range(t.joint), t.independent, *weakest)

    def rows() -> Rows:
        strains = {s.claims: s for e in found.claims if e.reasons for s in e.reasons.tensions}
        for e in found.claims:
            if e.reasons and e.reasons.joint:
                yield row(f"{e.claim.id} with its reasons", e.reasons.joint)
        for strain in found.whole.tensions if found.whole else strains.values():
            if strain.joint:
                yield row("tension", strain.joint)
        if found.whole and found.whole.joint:
            yield row("the whole argument", found.whole.joint)

    return Table("together", "Claims taken together", columns, tuple(rows()))


def variants(found: Explanations) -> Table:
    """Each claim under every form of the model."""
    columns = (
        _CLAIM,
        Column("variant", "text"),
        Column("doubt", "text"),
        Column("differs", "prose", "what differs"),
        Column("probability", "probability", ranged=True),
        Column("verdict", "text"),
        Column("agrees", "percent", "as declared in"),
        Column("draws", "count"),
        Column("failures", "count", "not computed"),
        Column("why", "prose"),
    )

    def rows() -> Rows:
        for e in found.claims:
            for v in e.structure.variants if e.structure else ():
                differs = "; ".join(map(change_words, telling(v.changes)))
                about = (_range(v.interval), v.verdict, v.agree, v.draws, v.failures, v.why)
                yield e.claim.id, v.name, v.doubt, differs or v.meaning, *about

    return Table("variants", "Each claim under other forms of the model", columns, tuple(rows()))


def maps(found: Explanations) -> Table:
    """Each claim's probability wherever two of its numbers may lie."""
    columns = (
        _CLAIM,
        Column("x", "text"),
        Column("y", "text"),
        Column("x_value"),
        Column("y_value"),
        Column("probability", "probability"),
        Column("prior"),
        Column("posterior"),
    )
    return Table("maps", "Maps", columns, tuple(row for e in found.claims for row in _cells(e)))


def _cells(e: Explanation) -> Rows:
    if e.map is None:
        return
    for k, y in enumerate(e.map.y_values):
        for j, x in enumerate(e.map.x_values):
            posterior = None if e.map.posterior is None else float(e.map.posterior[k, j])
            about = (float(x), float(y), float(e.map.probability[k, j]), float(e.map.prior[k, j]), posterior)
            yield e.claim.id, e.map.x, e.map.y, *about
