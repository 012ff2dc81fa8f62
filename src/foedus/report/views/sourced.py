"""The numbers of a scenario as rows: value or prior, unit, source, the date described, and why."""

from __future__ import annotations

from dataclasses import dataclass

from foedus.report.text import clean
from foedus.scenario.scenario import Scenario
from foedus.scenario.schema import SourceSchema


@dataclass(frozen=True)
class NumberRow:
    """One number.

    Attributes:
        others: what it is under those prior sets that differ from the reference: (set, shown).
        sources: ids. known: whether it is a value rather than a prior.
    """

    label: str
    meaning: str
    shown: str
    unit: str
    known: bool
    others: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    describes: str
    why: str


def rows(scenario: Scenario) -> list[NumberRow]:
    """Every number of a scenario, in the order of the protocol."""
    return [_row(scenario, label) for label in scenario.labels]


def _row(scenario: Scenario, label: str) -> NumberRow:
    number = scenario.numbers()[label]
    mine = clean(number.shown)
    others = []
    for name in list(scenario.prior_sets)[1:]:
        other = scenario.numbers(name)[label]
        text = clean(other.shown)
        if text != mine:
            others.append((name, text))
    meaning = scenario.protocol.numbers[label.partition("[")[0]].meaning
    return NumberRow(
        label,
        clean(meaning),
        mine,
        "" if number.unit == "1" else clean(number.unit),
        number.prior is None,
        tuple(others),
        number.sources,
        clean(number.describes),
        clean(number.why),
    )


def used_sources(scenario: Scenario, *, records: bool = False) -> dict[str, SourceSchema]:
    """The sources that a number of any prior set rests on, in the order of the file; on request those of claims' records too."""
    used = {s for numbers in scenario.prior_sets.values() for n in numbers.values() for s in n.sources}
    if records:
        used |= {s for claim in scenario.claims for s in claim.record.source}
    return {id: source for id, source in scenario.sources.items() if id in used}
