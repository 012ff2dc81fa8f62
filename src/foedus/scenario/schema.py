"""The shape of a scenario file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from foedus.protocol.schema import DateText, FormulaText, Reference, Text, UnitText
from foedus.schema import Strict

Role = Literal["premise", "inference", "prescription", "prediction"]
Support = Literal["supported", "mostly", "mixed", "unsupported", "contradicted", "untestable"]


class ActorSchema(Strict):
    """Who plays a part; `code` is ISO 3166-1 alpha-3 where the actor is a state."""

    name: Text
    """How the report calls it."""
    code: str = ""
    """ISO 3166-1 alpha-3, where it is a state."""


class SourceSchema(Strict):
    """Where a number or a finding was published."""

    publication: Text
    """Where it was published."""
    title: str = ""
    """The title within the publication."""
    date: Annotated[DateText, Field(min_length=1)]
    """When it was published: YYYY, YYYY-MM or YYYY-MM-DD."""
    url: str = ""
    """Its address."""
    note: str = ""
    """What to know of it."""


class NumberEntry(Strict):
    """A value or a prior, with where it comes from and the date it describes."""

    value: float | None = None
    """The number, where it is taken as known."""
    prior: str | None = None
    """What is believed of it: `0.2 to 0.4` is a 90% interval; or a distribution such as `beta(2, 5)`."""
    unit: UnitText = "1"
    """The protocol's unit for it; % where that is 1."""
    source: str | list[str]
    """The id of a source, or a list of them."""
    describes: DateText = ""
    """The date or period that the number is about."""
    why: str = ""
    """The reasoning that leads from the source to the number."""


def _kind_of_number(entry: Any) -> str:
    plain = not isinstance(entry, dict) or not entry or any(k in NumberEntry.model_fields for k in entry)
    return "number" if plain else "family"


NumberSchema = Annotated[
    Annotated[NumberEntry, Tag("number")] | Annotated[dict[str, NumberEntry], Tag("family")], Discriminator(_kind_of_number)
]


class CorrelationSchema(Strict):
    """Numbers that move together: the correlation of their normal scores (a Gaussian copula)."""

    between: Annotated[list[str], Field(min_length=2)]
    """Labels of two numbers or more, each pair of which is so correlated."""
    correlation: Annotated[float, Field(gt=-1, lt=1)]
    """Of their normal scores, between -1 and 1."""
    why: Text
    """Why they move together."""


class PriorSetSchema(Strict):
    """A declared alternative to the scenario's own numbers."""

    meaning: Text
    """Whose view it is."""
    numbers: dict[str, NumberSchema] = {}
    """The numbers that differ; the rest stay as they are."""


class PolicySchema(Strict):
    """Lever settings: one for every crisis, or a list that starts at the first."""

    meaning: Text
    """What the client does under it."""
    levers: dict[str, float | list[float]] = {}
    """Lever to its setting in every crisis, or to a list from the first crisis on, whose last entry stays."""


class LeversSchema(Strict):
    """What levers may cost together in a crisis, and after how many crises they act."""

    budget: Annotated[float, Field(ge=0)]
    """The most that the settings of one crisis may add up to."""
    lag: Annotated[int, Field(ge=1, le=20)] = 1
    """How many crises later a setting acts; 1 is the next."""


class OtherSchema(Strict):
    """The other side of a comparison: what is not given is as on this side."""

    measure: str | None = None
    """Another measure of the same unit."""
    when: int | Literal["now", "next"] | None = None
    """Another crisis."""
    policy: str | None = None
    """Another policy."""


class TestSchema(Strict):
    """A measure against a threshold, or against another measure, crisis or policy."""

    measure: Text
    """A measure of the protocol, with its index where it has one."""
    when: int | Literal["now", "next"] = "now"
    """The crisis it is read at: now is the first."""
    policy: str | None = None
    """The policy it is read under; the scenario's own by default."""
    is_: Annotated[Literal["above", "below"], Field(alias="is")]
    """On which side of the other side it must be."""
    threshold: float | None = None
    """What it is compared with: a value,"""
    than: OtherSchema | None = None
    """or another reading."""
    by: float = 0.0
    """By at least how much."""
    why: str = ""
    """Why this stands for the sentence."""


class AblationSchema(Strict):
    """The mechanism that the sentence names, taken out."""

    meaning: Text
    """What is taken out, in words."""
    change: dict[str, FormulaText] = {}
    """Numbers, definitions or states to what they are without the mechanism."""
    unseen: bool = False
    """Whether the observed moves are taken out, so that nothing is learnt from them."""


class RecordSchema(Strict):
    """What the public record supports, at the vantage and in hindsight."""

    at_vantage: Support
    """What was known on the day of the vantage."""
    in_hindsight: Support
    """What is known now."""
    note: Text
    """On what grounds."""
    source: list[str] = []
    """Ids of sources."""


class ClaimSchema(Strict):
    """One sentence of the argument."""

    id: Text
    """What other claims and commands call it."""
    role: Role
    """The part that the sentence plays in the argument."""
    text: Text
    """The sentence, in the author's own words."""
    tests: list[TestSchema] = []
    """What must hold for the sentence to hold: all of them."""
    provided: list[TestSchema] = []
    """The sentence speaks only of where these hold."""
    untestable: str = ""
    """Why nothing in the model can test it."""
    supports: list[str] = []
    """Ids of claims that it is a reason for."""
    attacks: list[str] = []
    """Ids of claims that it is a reason against."""
    without: AblationSchema | None = None
    """The mechanism that it names, taken out, to see whether the input alone decides it."""
    record: RecordSchema
    """What the public record supports."""


class TensionSchema(Strict):
    """Claims that cannot easily hold together."""

    claims: Annotated[list[str], Field(min_length=2)]
    """Ids of the claims."""
    why: Text
    """Why they pull against each other."""


class ScenarioSchema(Strict):
    """One crisis."""

    scenario: Text
    """The name of the scenario."""
    format: Literal[1]
    """The version of the file's format."""
    title: Text
    """One line on the crisis."""
    question: str = ""
    """What the argument is to answer."""
    description: str = ""
    """What the scenario is about."""
    protocol: Text
    """The name of a shipped protocol, or a path that starts at the scenario's folder and ends in .yaml."""
    vantage: Text
    """The date from which the scenario looks, YYYY-MM-DD."""
    actors: dict[str, ActorSchema]
    """Who plays each player of the protocol."""
    references: dict[str, Reference] = {}
    """Works cited, by id."""
    sources: dict[str, SourceSchema] = {}
    """Publications that numbers and records name, by id."""
    numbers: dict[str, NumberSchema]
    """A value or a prior for each number of the protocol."""
    correlations: list[CorrelationSchema] = []
    """Groups of numbers that move together."""
    prior_sets: dict[str, PriorSetSchema] = {}
    """Alternatives to the numbers; the first is the reference."""
    levers: LeversSchema | None = None
    """What policies may spend on levers, and when they act."""
    policies: Annotated[dict[str, PolicySchema], Field(min_length=1)]
    """Lever settings by name."""
    policy: Text
    """The policy that claims speak of unless they say otherwise."""
    horizon: Annotated[int, Field(ge=1, le=100)] = 3
    """The number of crises."""
    observed: dict[str, str] = {}
    """Moves of the first crisis that are known at the vantage: node to action."""
    forced: dict[str, str] = {}
    """Moves of the first crisis that are made whatever their player would choose: node to action."""
    record: str = ""
    """The record of its own past crises: a shipped name or a file."""
    draws: Annotated[int, Field(ge=2, le=100_000_000)] = 8192
    """How many draws, for each prior set."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Where the random streams start."""
    claims: list[ClaimSchema] = []
    """The argument, sentence by sentence."""
    tensions: list[TensionSchema] = []
    """Claims that cannot easily hold together."""
    variants: dict[str, dict[str, Any]] = {}
    """Named changes to this scenario, each with a meaning and the keys of an overlay."""


class VariantSchema(Strict):
    """What a variant says of itself; its other keys are a scenario's, and change the scenario that it stands in."""

    meaning: Text
    """What the changes stand for."""
    set: dict[str, float | str] = {}
    """Numbers set to a value, or to a prior, in every prior set."""


class OverlaySchema(Strict):
    """What an overlay file says of itself; its other keys are a scenario's, and change the base."""

    overlay: Text
    """The scenario that this one changes: a shipped name, or a path that starts at this file's folder."""
    meaning: str = ""
    """What the changes stand for."""
    set: dict[str, float | str] = {}
    """Numbers set to a value, or to a prior, in every prior set."""
