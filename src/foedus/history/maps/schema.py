"""The shape of a map from codes to numbers, and of a file of cases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from foedus.schema import Day, Strict

Number = int | float
Text = Annotated[str, Field(min_length=1)]


class CodeSchema(Strict):
    """How a field of a case becomes a number."""

    field: str = ""
    """Where it stands in a case, `part.key`; the code's own name by default."""
    values: dict[str, Number] = {}
    """Word (or number) to number, where the field is a word."""
    range: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None
    """To which a number is cut."""
    transform: Literal["log", "log1p", "sqrt"] | None = None
    """Of a field that is a number, after it is cut."""
    instead: str = ""
    """Another code, taken where the field is missing."""
    missing: Number | None = None
    """What stands for a missing one; without it a case in which it is missing is refused."""
    product: list[str] = []
    """Codes of which this is the product, in place of a field."""
    covariate: bool = True
    """Whether the logit that the game is compared with reads it; not where others are made of it."""
    reason: Text
    """Why so."""


class CoefficientSchema(Strict):
    """A number that is the same in every case: a normal prior, mean and standard deviation, and what it is."""

    prior: Annotated[list[Number], Field(min_length=2, max_length=2)]
    """Mean and standard deviation."""
    meaning: Text
    """What it is."""


class FormulaSchema(Strict):
    """A number of the protocol as a formula of codes and coefficients, and why."""

    formula: str | Number
    """Of codes and coefficients."""
    reason: Text
    """Why so."""


class MapSchema(Strict):
    """How the codes of cases become the numbers of a protocol."""

    map: Text
    """The name of the map."""
    format: Literal[1]
    """The version of the file's format."""
    title: str
    """One line on it."""
    protocol: str
    """The protocol whose numbers it gives: a shipped name, or a path to a file."""
    note: str = ""
    """What to know of it."""
    codes: dict[str, CodeSchema]
    """What a case is known by."""
    coefficients: dict[str, CoefficientSchema]
    """What is learnt from the cases, with priors."""
    numbers: dict[str, FormulaSchema]
    """The protocol's numbers, each a formula."""
    levels: Annotated[dict[str, str], Field(min_length=2)]
    """What is forecast, from least to most: each a formula of choices, `choice(node.action)`, and of codes."""
    coarse: dict[str, dict[str, list[str]]] = {}
    """By name, fewer levels: what each is called, and of which levels it consists."""
    rates: dict[str, list[str]] = {}
    """By name of a baseline, the fields by whose values the cases are counted."""
    vantage: Day | None = None
    """No window that ends after this day may be marked as usable at the vantage."""
    powers: dict[str, str] = {}
    """Column of the data set to the great power whose involvement it records."""


class Loose(Strict):
    """A part of a case: keys beyond these are notes of the coder's; one that is nearly a known key is refused by the reader."""

    model_config = ConfigDict(extra="allow")


class WindowSchema(Loose):
    """From the first hostile act or ultimatum to the ceasefire, settlement or fall."""

    start: Annotated[Day, Field(alias="from")]
    """The day of the first hostile act or ultimatum."""
    end: Annotated[Day, Field(alias="to")]
    """The day of the ceasefire, settlement or fall."""


class CommitmentSchema(Loose):
    """What the patron had promised, and whether it covered the attack."""

    kind: Literal["defence", "guarantee", "consult", "assurance", "none"]
    """The strongest promise in force."""
    in_scope: Literal["yes", "ambiguous", "no", "na"]
    """Whether its text covers this attack; `na` where there is none."""


class TiesSchema(Loose):
    """The patron's ties to the rival."""

    level: Annotated[int, Field(ge=0, le=2)]
    """How many, 2 at most, of: major treaty, a tenth of the rival's arms, a top trade or energy tie, a declared partnership."""


class DependenceSchema(Loose):
    """The client's dependence on the patron."""

    level: Literal["low", "mid", "high"]
    """High for two, mid for one of: most arms, troops or base, a third of trade, energy or budget, no other guarantor."""


class CapabilitySchema(Loose):
    """The client's capability against the rival's."""

    band: Literal["overmatched", "weaker", "parity", "stronger"]
    """The client's capability over the rival's: below 0.1, below 0.5, up to 2, above."""
    cinc_ratio: Annotated[Number, Field(gt=0)] | None = None
    """The same as a ratio of the Composite Index of National Capability, of the year before."""


class ResponseSchema(Loose):
    """What the patron did, from 5 (its own forces fight) to 0 (it helps the rival)."""

    level: Annotated[int, Field(ge=0, le=5)] | None
    """5 fights; 4 arms, money or show of force; 3 words; 2 restrains or mediates; 1 sits out; 0 tilts to the rival."""
    alt: list[Annotated[int, Field(ge=0, le=5)]] = []
    """Other levels that a coder could defend."""


class CaseSchema(Loose):
    """One triad in one crisis."""

    id: Text
    """What the tables call it."""
    crisis_id: Text
    """Cases of one crisis are held out together."""
    year: int | None = None
    """The year in which it began, for readers; the window is what counts."""
    flagship: bool = False
    """Whether it is a case of the shipped scenario, which is not scored."""
    usable_at_vantage: bool | None = None
    """Whether its window closed before the vantage of the shipped scenario."""
    window: WindowSchema
    """From when to when what the patron did counts."""
    client: Text
    """The weaker ally."""
    patron: Text
    """The stronger ally."""
    rival: Text
    """The state that pressed the client."""
    client_initiated: bool
    """Whether the client used force first."""
    formal_commitment: CommitmentSchema
    """What the patron had promised."""
    patron_rival_ties: TiesSchema
    """What bound the patron to the rival."""
    client_dependence: DependenceSchema
    """How far the client depended on the patron."""
    capability: CapabilitySchema
    """How strong the client was beside the rival."""
    patron_stake: Literal["low", "mid", "high"]
    """What of its own the patron had at risk."""
    backing_risk: Literal["low", "mid", "high"]
    """Whom backing would have meant to fight."""
    response: ResponseSchema | None = None
    """What the patron did; left out to be given a forecast only."""


class CaseFileSchema(Strict):
    """A file of cases."""

    meta: dict[str, Any] = {}
    """Notes on the file."""
    sources: dict[str, Any] = {}
    """Publications, by id."""
    cases: Annotated[list[CaseSchema], Field(min_length=1)]
    """The cases."""
