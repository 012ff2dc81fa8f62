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
    support: Text = "[0, 1]"
    meaning: Text
    why: Text


class SpanSchema(Strict):
    """From one day to another, both within."""

    from_: Annotated[Text, Field(alias="from")]
    to: Text


class CodeSchema(Strict):
    """What a code says of the game: moves made, a move that was not the players' own, or numbers of that crisis."""

    meaning: Text
    moves: dict[str, str] = {}
    given: dict[str, str] = {}
    numbers: dict[str, FormulaText] = {}


class FieldSchema(Strict):
    """One thing that is coded of every event."""

    meaning: Text
    codes: Annotated[dict[str, CodeSchema], Field(min_length=1)]


class CodingSchema(Strict):
    """A code of one event, with the codings that dispute it."""

    is_: Annotated[str | int, Field(alias="is")]
    or_: Annotated[list[str | int], Field(alias="or")] = []
    certainty: str = ""
    why: str = ""
    source: list[str] = []


class EventSchema(Strict):
    """One crisis."""

    id: Text
    from_: Annotated[Text, Field(alias="from")]
    to: Text
    use: Use
    what: Text
    where: str = ""
    codes: Annotated[dict[str, CodingSchema], Field(min_length=1)]
    source: list[str] = []


class HeldSchema(Strict):
    """Opportunities that passed without an event: one for every so many months of the coverage that have none."""

    months: Annotated[int, Field(ge=1, le=600)]
    moves: dict[str, str]
    codes: dict[str, str | int]
    why: Text


class LearningSchema(Strict):
    """The states that the record moves from event to event, and what passing `years` make of other quantities meanwhile."""

    states: Annotated[list[str], Field(min_length=1)]
    passing: dict[str, FormulaText] = {}
    why: Text


class RecordFile(Strict):
    """Past crises of a scenario's own actors."""

    record: Text
    format: Literal[1]
    protocol: Text
    title: Text
    description: str = ""
    covers: SpanSchema
    threshold: Text
    cited_as: str = ""
    held: HeldSchema
    learning: LearningSchema
    certainty: Annotated[dict[str, Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
    numbers: dict[str, NuisanceSchema] = {}
    fields: Annotated[dict[str, FieldSchema], Field(min_length=1)]
    response: Text
    sources: dict[str, SourceSchema] = {}
    events: Annotated[list[EventSchema], Field(min_length=1)]
