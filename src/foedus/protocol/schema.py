"""The shape of a protocol file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from foedus.schema import Strict

Text = Annotated[str, Field(min_length=1)]
FormulaText = str | int | float
UnitText = Annotated[
    str,
    BeforeValidator(lambda given: "1" if given == 1 and not isinstance(given, bool) else given),
    WithJsonSchema({"type": ["string", "integer"]}),
]
MOST_POINTS = 1_001
# a year alone may stand without quotes
DateText = Annotated[
    str,
    BeforeValidator(lambda given: str(given) if isinstance(given, int) and not isinstance(given, bool) else given),
    WithJsonSchema({"type": ["string", "integer"]}),
]
Rule = Literal["logit", "probit", "probit_private"]


class Reference(Strict):
    """A work that a protocol or a scenario cites."""

    authors: Text
    title: Text
    year: int
    journal: str = ""
    publisher: str = ""
    doi: str = ""
    note: str = ""


class NumberSchema(Strict):
    """A quantity that the scenario must supply."""

    unit: UnitText = "1"
    support: str = "(-inf, inf)"
    over: str | None = None
    meaning: Text
    default: float | None = None


class DefinitionSchema(Strict):
    """A quantity computed from others within one crisis."""

    formula: FormulaText
    unit: UnitText = "1"
    over: str | None = None
    meaning: str = ""


class PlayerSchema(Strict):
    """A player, and for one with private information its types with the others' belief in each."""

    meaning: str = ""
    types: dict[str, FormulaText] = {}


class MarkSchema(Strict):
    """What an action leaves on the outcome. Without a default, every play must set it.

    An amount that an action may choose: one of a list, or anything between two ends (computed at so many points).
    """

    unit: UnitText = "1"
    default: float | None = None
    among: Annotated[list[float], Field(min_length=1, max_length=MOST_POINTS)] | None = None
    between: Annotated[list[FormulaText], Field(min_length=2, max_length=2)] | None = None
    points: Annotated[int, Field(ge=2, le=MOST_POINTS)] | None = None
    meaning: str = ""


class BranchSchema(Strict):
    """An action, or an outcome of chance: the marks it leaves and where it leads.

    `choose` names a mark whose amount comes with the action: the action stands for one action an amount.
    """

    choose: str | None = None
    marks: dict[str, FormulaText] = {}
    then: Text
    probability: FormulaText | None = None
    meaning: str = ""


class NodeSchema(Strict):
    """A decision of a player, or a move of chance.

    The mover has seen every earlier move but those at the nodes it is blind to; or it knows only the name of its information set.
    """

    player: str | None = None
    actions: dict[str, BranchSchema] = {}
    chance: dict[str, BranchSchema] = {}
    blind_to: list[str] = []
    information: str | None = None
    meaning: str = ""


class GameSchema(Strict):
    """The game tree: each subtree written once and entered by name."""

    start: Text
    nodes: Annotated[dict[str, NodeSchema], Field(min_length=1)]


class PromiseSchema(Strict):
    """An undertaking: who, to whom, and the action that keeps it; `covers` says how far it holds here."""

    by: Text
    to: Text
    node: Text
    action: Text
    covers: FormulaText = 1
    meaning: str = ""


class TieSchema(Strict):
    """What ties one player to another, as a measure tells it: drawn as an arrow, and where the measure has indices, by each.

    `dependence`: of one player on another; `rivalry`: of one player with another.
    """

    kind: Literal["dependence", "rivalry"]
    by: Text
    to: Text
    measure: Text


class ChoiceSchema(Strict):
    """How players choose, with a precision for all or for each (see `game.solver`).

    `logit` and `probit` err in choosing; under `probit_private` a player knows something of its own payoffs that others do not.
    """

    rule: Rule = "logit"
    precision: FormulaText | dict[str, FormulaText]


class PayoffSchema(Strict):
    """One formula a player."""

    unit: UnitText = "1"
    of: dict[str, FormulaText]


class StateSchema(Strict):
    """What the next crisis inherits."""

    start: FormulaText
    next: FormulaText
    unit: UnitText = "1"
    over: str | None = None
    meaning: str = ""


class LeverSchema(Strict):
    """What a policy sets."""

    meaning: Text
    unit: UnitText = "1"


class MeasureSchema(Strict):
    """A named quantity computed from the solved game."""

    formula: FormulaText
    unit: UnitText = "1"
    over: str | None = None
    meaning: Text
    cites: list[str] = []


class ProtocolSchema(Strict):
    """A kind of crisis."""

    protocol: Text
    """The name of the protocol."""
    format: Literal[1]
    """The version of the file's format."""
    title: Text
    """One line on the crisis."""
    description: str = ""
    """A paragraph on it."""
    cites: list[str] = []
    """Ids of the works it rests on."""
    references: dict[str, Reference] = {}
    """The works, by id."""
    units: dict[str, str] = {}
    """Base units, each with a meaning."""
    sets: dict[str, list[str]] = {}
    """Index sets: name to a list of elements."""
    players: Annotated[dict[str, PlayerSchema], Field(min_length=1)]
    """The players and their private types."""
    numbers: dict[str, NumberSchema] = {}
    """Quantities that a scenario must supply."""
    definitions: dict[str, DefinitionSchema] = {}
    """Quantities computed from others within one crisis."""
    marks: dict[str, MarkSchema] = {}
    """What actions leave on the outcome."""
    game: GameSchema
    """The game tree."""
    payoffs: PayoffSchema
    """One formula a player."""
    choice: ChoiceSchema
    """How players choose."""
    state: dict[str, StateSchema] = {}
    """What the next crisis inherits."""
    levers: dict[str, LeverSchema] = {}
    """What a policy sets."""
    promises: dict[str, PromiseSchema] = {}
    """What one player has undertaken to do for another."""
    measures: dict[str, MeasureSchema] = {}
    """What is computed from the solved game."""
    ties: dict[str, TieSchema] = {}
    """What binds two players, for a drawing."""
    course: list[str] = []
    """The measures that tell what crises do to the relationship."""
