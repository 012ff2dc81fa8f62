"""The shape of a scenario file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from foedus.protocol.schema import FormulaText, Reference, Text, UnitText
from foedus.schema import Strict

Role = Literal["premise", "inference", "prescription", "prediction"]
Support = Literal["supported", "mostly", "mixed", "unsupported", "contradicted", "untestable"]


class ActorSchema(Strict):
    """Who plays a part; `code` is ISO 3166-1 alpha-3 where the actor is a state."""

    name: Text
    code: str = ""


class SourceSchema(Strict):
    """Where a number or a finding was published."""

    publication: Text
    title: str = ""
    date: Text
    url: str = ""
    note: str = ""


class NumberEntry(Strict):
    """A value or a prior, with where it comes from and the date it describes."""

    value: float | None = None
    prior: str | None = None
    unit: UnitText = "1"
    source: str | list[str]
    describes: str = ""
    why: str = ""


def _kind_of_number(entry: Any) -> str:
    plain = not isinstance(entry, dict) or not entry or any(k in NumberEntry.model_fields for k in entry)
    return "number" if plain else "family"


NumberSchema = Annotated[
    Annotated[NumberEntry, Tag("number")] | Annotated[dict[str, NumberEntry], Tag("family")], Discriminator(_kind_of_number)
]


class CorrelationSchema(Strict):
    """Numbers that move together: the correlation of their normal scores (a Gaussian copula)."""

    between: Annotated[list[str], Field(min_length=2)]
    correlation: Annotated[float, Field(gt=-1, lt=1)]
    why: Text


class PriorSetSchema(Strict):
    """A declared alternative to the scenario's own numbers."""

    meaning: Text
    numbers: dict[str, NumberSchema] = {}


class PolicySchema(Strict):
    """Lever settings: one for every crisis, or a list that starts at the first."""

    meaning: Text
    levers: dict[str, float | list[float]] = {}


class LeversSchema(Strict):
    """What levers may cost together in a crisis, and after how many crises they act."""

    budget: Annotated[float, Field(ge=0)]
    lag: Annotated[int, Field(ge=1, le=20)] = 1


class OtherSchema(Strict):
    """The other side of a comparison: what is not given is as on this side."""

    measure: str | None = None
    when: int | Literal["now", "next"] | None = None
    policy: str | None = None


class TestSchema(Strict):
    """A measure against a threshold, or against another measure, crisis or policy."""

    measure: Text
    when: int | Literal["now", "next"] = "now"
    policy: str | None = None
    is_: Annotated[Literal["above", "below"], Field(alias="is")]
    threshold: float | None = None
    than: OtherSchema | None = None
    by: float = 0.0
    why: str = ""


class AblationSchema(Strict):
    """The mechanism that the sentence names, taken out."""

    meaning: Text
    change: dict[str, FormulaText] = {}
    unseen: bool = False


class RecordSchema(Strict):
    """What the public record supports, at the vantage and in hindsight."""

    at_vantage: Support
    in_hindsight: Support
    note: Text
    source: list[str] = []


class ClaimSchema(Strict):
    """One sentence of the argument."""

    id: Text
    role: Role
    text: Text
    tests: list[TestSchema] = []
    provided: list[TestSchema] = []
    untestable: str = ""
    supports: list[str] = []
    attacks: list[str] = []
    without: AblationSchema | None = None
    record: RecordSchema


class TensionSchema(Strict):
    """Claims that cannot easily hold together."""

    claims: Annotated[list[str], Field(min_length=2)]
    why: Text


class ScenarioSchema(Strict):
    """One crisis."""

    scenario: Text
    format: Literal[1]
    title: Text
    question: str = ""
    description: str = ""
    protocol: Text
    vantage: Text
    actors: dict[str, ActorSchema]
    references: dict[str, Reference] = {}
    sources: dict[str, SourceSchema] = {}
    numbers: dict[str, NumberSchema]
    correlations: list[CorrelationSchema] = []
    prior_sets: dict[str, PriorSetSchema] = {}
    levers: LeversSchema | None = None
    policies: Annotated[dict[str, PolicySchema], Field(min_length=1)]
    policy: Text
    horizon: Annotated[int, Field(ge=1, le=100)] = 3
    observed: dict[str, str] = {}
    draws: Annotated[int, Field(ge=2, le=100_000_000)] = 8192
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    claims: list[ClaimSchema] = []
    tensions: list[TensionSchema] = []
    variants: dict[str, dict[str, Any]] = {}


class VariantSchema(Strict):
    """What a variant says of itself; its other keys are a scenario's, and change the scenario that it stands in."""

    meaning: Text
    set: dict[str, float | str] = {}


class OverlaySchema(Strict):
    """What an overlay file says of itself; its other keys are a scenario's, and change the base."""

    overlay: Text
    meaning: str = ""
    set: dict[str, float | str] = {}
