"""A record: dated crises of the scenario's own actors, each a set of codes that stand for moves and circumstances of its game."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from foedus.errors import NotFoundError, Place, nearest
from foedus.formulas import Formula
from foedus.scenario.record.schema import CodeSchema, Use
from foedus.scenario.scenario import SourcedNumber
from foedus.scenario.schema import SourceSchema

HELD = "held"


@dataclass(frozen=True)
class Coding:
    """What is coded of an event in one field.

    Attributes:
        codes: code to the weight that it is the right one; the first is the coder's own.
        why: what the others rest on.
    """

    codes: Mapping[str, float]
    why: str
    sources: tuple[str, ...]

    @property
    def code(self) -> str:
        """The coder's own."""
        return next(iter(self.codes))


@dataclass(frozen=True)
class Event:
    """One crisis of the record.

    Attributes:
        use: `fit` informs the numbers, `vantage` is the crisis that the scenario stands in, `test` is forecast and scored.
        codings: field to what is coded.
    """

    id: str
    first: date
    last: date
    use: Use
    what: str
    where: str
    codings: Mapping[str, Coding]
    sources: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Slot:
    """An opportunity for a crisis: an event, or a stretch of the coverage in which there was none."""

    id: str
    day: date
    codings: Mapping[str, Coding]
    held: bool = False


@dataclass(frozen=True)
class Field:
    """One thing that is coded; `codes` in the order of the file."""

    meaning: str
    codes: Mapping[str, CodeSchema]

    @property
    def nodes(self) -> set[str]:
        """The nodes of the game that it codes."""
        return {node for code in self.codes.values() for node in (*code.moves, *code.given)}


@dataclass(frozen=True)
class Learning:
    """How beliefs pass from event to event: states to the number that each starts from; other quantities meanwhile."""

    states: Mapping[str, str]
    passing: Mapping[str, Formula]
    why: str


@dataclass(frozen=True)
class Record:
    """A record read against its protocol.

    Attributes:
        first, last: the days between which every event above the threshold is listed.
        cited_as: the id under which a scenario's numbers cite the record.
        months, held, held_moves: the spacing, codes and moves of opportunities that passed without an event.
        numbers: what the record adds to the scenario's own: nuisances that formulas of its codes name.
        formulas: (field, code, number) to what the number was in such a crisis.
        response: the field that is forecast and scored.
        digest: of the file; fitted: of what a fit reads of it, which events after the vantage are no part of.
    """

    name: str
    title: str
    file: str
    first: date
    last: date
    threshold: str
    cited_as: str
    months: int
    held: Mapping[str, Coding]
    held_moves: Mapping[str, str]
    held_why: str
    learning: Learning
    certainty: Mapping[str, float]
    numbers: Mapping[str, SourcedNumber]
    fields: Mapping[str, Field]
    formulas: Mapping[tuple[str, str, str], Formula]
    response: str
    sources: Mapping[str, SourceSchema]
    events: tuple[Event, ...]
    digest: str
    fitted: str

    def used(self, use: Use) -> list[Event]:
        """The events of one use, by date."""
        return sorted((e for e in self.events if e.use == use), key=lambda e: e.first)

    def event(self, id: str) -> Event:
        """An event by its id.

        Raises:
            NotFoundError: there is none.
        """
        for event in self.events:
            if event.id == id:
                return event
        raise NotFoundError(f"no event '{id}' in the record", fix=nearest(id, [e.id for e in self.events]))

    def slots(self, until: date, months: int | None = None) -> list[Slot]:
        """Every opportunity of the coverage before a day: the events that inform the numbers, and the stretches without one.

        Args:
            until: the vantage.
            months: the spacing of opportunities; the record's own by default, and 0 for none but the events.
        """
        every = self.months if months is None else months
        events = self.used("fit")
        found = [Slot(e.id, e.first, e.codings) for e in events]
        if every:
            for start, end in _stretches(self.first, min(self.last, until), every):
                if not any(start <= e.first < end for e in self.events):
                    middle = start + (end - start) / 2
                    found.append(Slot(f"{HELD}_{start.isoformat()}", middle, self.held, True))
        return sorted(found, key=lambda s: s.day)


def _stretches(first: date, last: date, months: int) -> Iterator[tuple[date, date]]:
    """Whole stretches of so many months from one day to another; a last one that is not whole is left out."""
    start, count = first, 0
    while True:
        count += 1
        end = _later(first, months * count)
        if end > last + timedelta(days=1):
            return
        yield start, end
        start = end


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
