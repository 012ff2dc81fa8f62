"""The shape of a record file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from foedus.protocol.schema import FormulaText, Text
from foedus.scenario.schema import SourceSchema
from foedus.schema import Strict

Use = Literal["fit", "vantage", "test"]


class NuisanceSchema(Strict):
    """A number of the record's own that formulas of its codes name: dimensionless, and uncertain."""

    prior: Text
    """What is believed of it, as in a scenario."""
    support: Text = "[0, 1]"
    """The values it can take."""
    meaning: Text
    """What it stands for."""
    why: Text
    """The reasoning behind the prior."""


class SpanSchema(Strict):
    """From one day to another, both within."""

    from_: Annotated[Text, Field(alias="from")]
    """The first day, YYYY-MM-DD."""
    to: Text
    """The last day."""


class CodeSchema(Strict):
    """What a code says of the game: moves made, a move that was not the players' own, or numbers of that crisis."""

    meaning: Text
    """What the code stands for."""
    moves: dict[str, str] = {}
    """Player's decision to the move that was made there."""
    given: dict[str, str] = {}
    """Moves that are taken as made and say nothing of who made them."""
    numbers: dict[str, FormulaText] = {}
    """Numbers of the protocol as they were in such a crisis: values or formulas."""


class FieldSchema(Strict):
    """One thing that is coded of every event."""

    meaning: Text
    """What is coded."""
    codes: Annotated[dict[str, CodeSchema], Field(min_length=1)]
    """Code to what it says of the game."""


class CodingSchema(Strict):
    """A code of one event, with the codings that dispute it."""

    is_: Annotated[str | int, Field(alias="is")]
    """The code."""
    or_: Annotated[list[str | int], Field(alias="or")] = []
    """Codes of another reading."""
    certainty: str = ""
    """How sure the code is, by a name in `certainty`."""
    why: str = ""
    """What the code rests on."""
    source: list[str] = []
    """Ids of sources."""


class EventSchema(Strict):
    """One crisis."""

    id: Text
    """What commands call it."""
    from_: Annotated[Text, Field(alias="from")]
    """Its first day, YYYY-MM-DD."""
    to: Text
    """Its last day."""
    use: Use
    """Whether it informs a fit, is the crisis the scenario stands in, or is kept for scoring."""
    what: Text
    """What happened."""
    where: str = ""
    """Where."""
    codes: Annotated[dict[str, CodingSchema], Field(min_length=1)]
    """Field to its code."""
    source: list[str] = []
    """Ids of sources for the whole."""


class HeldSchema(Strict):
    """Opportunities that passed without an event: one for every so many months of the coverage that have none."""

    months: Annotated[int, Field(ge=1, le=600)]
    """One opportunity for every so many months."""
    moves: dict[str, str]
    """What was done at it."""
    codes: dict[str, str | int]
    """Field to its code."""
    why: Text
    """Why so many."""


class LearningSchema(Strict):
    """The states that the record moves from event to event, and what passing `years` make of other quantities meanwhile."""

    states: Annotated[list[str], Field(min_length=1)]
    """States that events move."""
    passing: dict[str, FormulaText] = {}
    """Other quantities after `years` without an event, as formulas."""
    why: Text
    """What is learned and what is held."""


class RecordFile(Strict):
    """Past crises of a scenario's own actors."""

    record: Text
    """The name of the record."""
    format: Literal[1]
    """The version of the file's format."""
    protocol: Text
    """The protocol whose decisions are coded."""
    title: Text
    """One line on the record."""
    description: str = ""
    """Who coded it, from what."""
    covers: SpanSchema
    """The days between which every event is listed."""
    threshold: Text
    """What makes an event."""
    cited_as: str = ""
    """The id under which numbers of the scenario cite the record."""
    held: HeldSchema
    """Opportunities that passed."""
    learning: LearningSchema
    """What moves from event to event."""
    certainty: Annotated[dict[str, Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
    """Name of a degree of certainty to the chance that the code is right."""
    numbers: dict[str, NuisanceSchema] = {}
    """Numbers of the record's own."""
    fields: Annotated[dict[str, FieldSchema], Field(min_length=1)]
    """What is coded of every event."""
    response: Text
    """The field that is forecast and scored."""
    sources: dict[str, SourceSchema] = {}
    """Publications, by id."""
    events: Annotated[list[EventSchema], Field(min_length=1)]
    """The crises, by date."""
