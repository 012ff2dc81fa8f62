"""The shape of a map from codes to numbers, and of a file of cases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from foedus.schema import Day, Strict

Number = int | float
Text = Annotated[str, Field(min_length=1)]


class CodeSchema(Strict):
    """How a field of a case becomes a number.

    Attributes:
        field: where it stands in a case, `part.key`; the code's own name by default.
        values: word (or number) to number, where the field is a word.
        range: to which a number is cut.
        transform: of a field that is a number, after it is cut.
        instead: another code, taken where the field is missing.
        missing: what stands for a missing one; without it a case in which it is missing is refused.
        product: codes of which this is the product, in place of a field.
        covariate: whether the logit that the game is compared with reads it; not where others are made of it.
        reason: why so.
    """

    field: str = ""
    values: dict[str, Number] = {}
    range: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None
    transform: Literal["log", "log1p", "sqrt"] | None = None
    instead: str = ""
    missing: Number | None = None
    product: list[str] = []
    covariate: bool = True
    reason: Text


class CoefficientSchema(Strict):
    """A number that is the same in every case: a normal prior, mean and standard deviation, and what it is."""

    prior: Annotated[list[Number], Field(min_length=2, max_length=2)]
    meaning: Text


class FormulaSchema(Strict):
    """A number of the protocol as a formula of codes and coefficients, and why."""

    formula: str | Number
    reason: Text


class MapSchema(Strict):
    """A map file.

    Attributes:
        codes: what a case is known by. coefficients: free, with priors. numbers: of the protocol.
        levels: from least to most, each a formula of choices, `choice(node.action)`, and of codes.
        coarse: by name, fewer levels: what each is called, and of which levels it consists.
        rates: by name of a baseline, the fields by whose values the cases are counted.
        vantage: no window that ends after this day may be marked as usable at the vantage.
    """

    map: Text
    format: Literal[1]
    title: str
    protocol: str
    note: str = ""
    codes: dict[str, CodeSchema]
    coefficients: dict[str, CoefficientSchema]
    numbers: dict[str, FormulaSchema]
    levels: Annotated[dict[str, str], Field(min_length=2)]
    coarse: dict[str, dict[str, list[str]]] = {}
    rates: dict[str, list[str]] = {}
    vantage: Day | None = None
    powers: dict[str, str] = {}


class Loose(Strict):
    """A part of a case: keys beyond these are notes of the coder's; one that is nearly a known key is refused by the reader."""

    model_config = ConfigDict(extra="allow")


class WindowSchema(Loose):
    """From the first hostile act or ultimatum to the ceasefire, settlement or fall."""

    start: Annotated[Day, Field(alias="from")]
    end: Annotated[Day, Field(alias="to")]


class CommitmentSchema(Loose):
    """What the patron had promised, and whether it covered the attack."""

    kind: Literal["defence", "guarantee", "consult", "assurance", "none"]
    in_scope: Literal["yes", "ambiguous", "no", "na"]


class TiesSchema(Loose):
    """The patron's ties to the rival."""

    level: Annotated[int, Field(ge=0, le=2)]


class DependenceSchema(Loose):
    """The client's dependence on the patron."""

    level: Literal["low", "mid", "high"]


class CapabilitySchema(Loose):
    """The client's capability against the rival's."""

    band: Literal["overmatched", "weaker", "parity", "stronger"]
    cinc_ratio: Annotated[Number, Field(gt=0)] | None = None


class ResponseSchema(Loose):
    """What the patron did, from 5 (its own forces fight) to 0 (it helps the rival)."""

    level: Annotated[int, Field(ge=0, le=5)] | None
    alt: list[Annotated[int, Field(ge=0, le=5)]] = []


class CaseSchema(Loose):
    """One triad in one crisis."""

    id: Text
    crisis_id: Text
    year: int | None = None
    flagship: bool = False
    usable_at_vantage: bool | None = None
    window: WindowSchema
    client: Text
    patron: Text
    rival: Text
    client_initiated: bool
    formal_commitment: CommitmentSchema
    patron_rival_ties: TiesSchema
    client_dependence: DependenceSchema
    capability: CapabilitySchema
    patron_stake: Literal["low", "mid", "high"]
    backing_risk: Literal["low", "mid", "high"]
    response: ResponseSchema | None = None


class CaseFileSchema(Strict):
    """A file of cases."""

    meta: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    cases: Annotated[list[CaseSchema], Field(min_length=1)]
