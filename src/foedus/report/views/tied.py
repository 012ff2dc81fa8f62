"""What ties the actors of a solved crisis, numbered: commitments with their scope, dependence by channel, rivalry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foedus.model.solve import Solved, SolvedPromise
from foedus.protocol.protocol import label
from foedus.report.text import clean, listed, number, plural, span
from foedus.report.views.actors import Actor, actors

WORDS = {"commitment": "has promised", "dependence": "depends on", "rivalry": "rivals"}


@dataclass(frozen=True)
class Bar:
    """A line of an entry; `share` is how full its bar is, from 0 to 1."""

    name: str
    share: float
    shown: str


@dataclass(frozen=True)
class TieView:
    """A tie: `number` counts from 1, `strength` is from 0 to 1."""

    number: int
    kind: str
    name: str
    by: Actor
    to: Actor
    meaning: str
    unit: str
    bars: tuple[Bar, ...]
    notes: tuple[str, ...]

    @property
    def strength(self) -> float:
        """The mean of its bars."""
        return sum(b.share for b in self.bars) / len(self.bars) if self.bars else 0.0

    @property
    def title(self) -> str:
        """Who, what, whom: `the client depends on the patron`, by their names."""
        return f"{self.by.name} {WORDS[self.kind]} {self.to.name}"

    def sentence(self) -> str:
        """The entry in words."""
        values = listed([f"{b.name} {b.shown}" for b in self.bars], 12)
        return f"{self.title}: {values}{f' {self.unit}' if self.unit else ''}."


def tied(solved: Solved) -> list[TieView]:
    """Every promise and every declared tie, the promises first."""
    found = [*_promises(solved), *_ties(solved)]
    return [TieView(k, *entry) for k, entry in enumerate(found, 1)]


_Entry = tuple[str, str, Actor, Actor, str, str, tuple[Bar, ...], tuple[str, ...]]


def _promises(solved: Solved) -> Iterator[_Entry]:
    by_role = {a.role: a for a in actors(solved.scenario)}
    for promise in solved.scenario.protocol.promises.values():
        here = [p for p in solved.promises if p.name == promise.name]
        bars = (Bar("covers this crisis", _share(here[0].covers, 1.0), number(here[0].covers)),) if here else ()
        by, to = by_role[promise.by], by_role[promise.to]
        yield "commitment", clean(promise.name), by, to, clean(promise.meaning), "", bars, tuple(_kept(here))


def _kept(here: list[SolvedPromise]) -> Iterator[str]:
    """With what probability a promise is kept wherever it is called in, and whether keeping it pays."""
    if not here:
        return
    chances = [p.probability for p in here]
    types = {p.type for p in here if p.type}
    over = f", over {plural(len(types), 'private type')} and every place where it is called in" if types else ""
    yield f"kept ({here[0].action}) with probability {span(min(chances), max(chances))}{over}"
    pays = sum(p.credible for p in here)
    if pays == len(here):
        yield "keeping it pays wherever it is called in"
    else:
        worst = max(p.loss for p in here)
        where = "nowhere" if not pays else f"in {pays} of {len(here)} cases"
        yield f"keeping it pays {where}; it costs up to {number(worst)} against the best other action"


def _ties(solved: Solved) -> Iterator[_Entry]:
    protocol = solved.scenario.protocol
    by_role = {a.role: a for a in actors(solved.scenario)}
    for tie in protocol.ties.values():
        measure = protocol.measures[tie.measure]
        values = {k: solved.measures[label(measure.name, k)] for k in protocol.elements(measure)}
        largest = max([1.0, *(abs(v) for v in values.values() if v == v)])
        bars = tuple(Bar(clean(k or measure.name), _share(v, largest), number(v)) for k, v in values.items())
        unit = "" if str(measure.unit) == "1" else str(measure.unit)
        yield tie.kind, clean(tie.name), by_role[tie.by], by_role[tie.to], clean(measure.meaning), unit, bars, ()


def _share(value: float, largest: float) -> float:
    return min(max(value / largest, 0.0), 1.0) if value == value else 0.0
