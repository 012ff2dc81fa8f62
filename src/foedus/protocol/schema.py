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
    """Surname, Given name; several joined by `and`."""
    title: Text
    """The title of the work."""
    year: int
    """The year of publication."""
    journal: str = ""
    """The journal, with volume, number and pages."""
    publisher: str = ""
    """The publisher, of a book."""
    doi: str = ""
    """The DOI, without https://doi.org/."""
    note: str = ""
    """Where in the work, or what it is cited for."""


class NumberSchema(Strict):
    """A quantity that the scenario must supply."""

    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""
    support: str = "(-inf, inf)"
    """Between which ends it lies: `[0, 1]`, `(0, inf)`; a round bracket leaves the end out."""
    over: str | None = None
    """The set over which it is indexed, or a player: one number a type."""
    meaning: Text
    """What it is, in a few words."""
    default: float | None = None
    """Its value in scenarios that give none."""


class DefinitionSchema(Strict):
    """A quantity computed from others within one crisis."""

    formula: FormulaText
    """Of numbers, states, levers and other definitions."""
    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""
    over: str | None = None
    """The set over which it is indexed."""
    meaning: str = ""
    """What it is, in a few words."""


class PlayerSchema(Strict):
    """A player, and for one with private information its types with the others' belief in each."""

    meaning: str = ""
    """What part it plays."""
    types: dict[str, FormulaText] = {}
    """Its private types: name to the belief that the others have in it; the beliefs add up to one."""


class MarkSchema(Strict):
    """What an action leaves on the outcome. Without a default, every play must set it.

    An amount that an action may choose: one of a list, or anything between two ends (computed at so many points).
    """

    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""
    default: float | None = None
    """Its value in plays that do not set it."""
    among: Annotated[list[float], Field(min_length=1, max_length=MOST_POINTS)] | None = None
    """The amounts of which an action may choose one."""
    between: Annotated[list[FormulaText], Field(min_length=2, max_length=2)] | None = None
    """The two ends between which an action may choose an amount."""
    points: Annotated[int, Field(ge=2, le=MOST_POINTS)] | None = None
    """At how many amounts between the ends it is computed; 21 by default."""
    meaning: str = ""
    """What it records."""


class BranchSchema(Strict):
    """An action, or an outcome of chance: the marks it leaves and where it leads.

    `choose` names a mark whose amount comes with the action: the action stands for one action an amount.
    """

    choose: str | None = None
    """The mark whose amount comes with the action."""
    marks: dict[str, FormulaText] = {}
    """Marks that it sets, each to a value or a formula."""
    then: Text
    """The node that follows, or `end`."""
    probability: FormulaText | None = None
    """Of an outcome of chance: a formula; those of a node add up to one."""
    meaning: str = ""
    """What is done or happens."""


class NodeSchema(Strict):
    """A decision of a player, or a move of chance.

    The mover has seen every earlier move but those at the nodes it is blind to; or it knows only the name of its information set.
    """

    player: str | None = None
    """Who decides here."""
    actions: dict[str, BranchSchema] = {}
    """What the player may do, by name."""
    chance: dict[str, BranchSchema] = {}
    """What may happen where nobody decides, by name."""
    blind_to: list[str] = []
    """Earlier nodes at which the move was not seen by who decides here."""
    information: str | None = None
    """The information set; nodes of one name cannot be told apart by who decides there."""
    meaning: str = ""
    """What is decided here."""


class GameSchema(Strict):
    """The game tree: each subtree written once and entered by name."""

    start: Text
    """The first node."""
    nodes: Annotated[dict[str, NodeSchema], Field(min_length=1)]
    """Every node, by name."""


class PromiseSchema(Strict):
    """An undertaking: who, to whom, and the action that keeps it; `covers` says how far it holds here."""

    by: Text
    """The player that promises."""
    to: Text
    """The player that is promised something."""
    node: Text
    """Where the promise is called in."""
    action: Text
    """The action that keeps it."""
    covers: FormulaText = 1
    """How far it holds in this crisis, from 0 to 1."""
    meaning: str = ""
    """What was undertaken."""


class TieSchema(Strict):
    """What ties one player to another, as a measure tells it: drawn as an arrow, and where the measure has indices, by each.

    `dependence`: of one player on another; `rivalry`: of one player with another.
    """

    kind: Literal["dependence", "rivalry"]
    """Dependence of one player on another, or rivalry of one with another."""
    by: Text
    """The player from whom the arrow starts."""
    to: Text
    """The player to whom it points."""
    measure: Text
    """The measure that says how strong the tie is."""


class ChoiceSchema(Strict):
    """How players choose, with a precision for all or for each (see `game.solver`).

    `logit` and `probit` err in choosing; under `probit_private` a player knows something of its own payoffs that others do not.
    """

    rule: Rule = "logit"
    """Logit or probit errors of choice, or payoffs that are partly private."""
    precision: FormulaText | dict[str, FormulaText]
    """How precisely players choose, in the inverse of the unit of payoff: for all, or by player."""


class PayoffSchema(Strict):
    """One formula a player."""

    unit: UnitText = "1"
    """The unit of payoff."""
    of: dict[str, FormulaText]
    """Player to formula of numbers, definitions, states, levers and marks."""


class StateSchema(Strict):
    """What the next crisis inherits."""

    start: FormulaText
    """Its value before the first crisis."""
    next: FormulaText
    """What the next crisis inherits; may read marks, levers and beliefs after the crisis."""
    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""
    over: str | None = None
    """The set over which it is indexed."""
    meaning: str = ""
    """What it is, in a few words."""


class LeverSchema(Strict):
    """What a policy sets."""

    meaning: Text
    """What a policy does by setting it."""
    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""


class MeasureSchema(Strict):
    """A named quantity computed from the solved game."""

    formula: FormulaText
    """Of quantities, and of operators such as `choice(node.action)`, `probability(mark)`, `do(…)`, `given(…)`, `after(…)`."""
    unit: UnitText = "1"
    """Its unit, of the base units in `units:`; 1 is a pure number."""
    over: str | None = None
    """The set over which it is indexed."""
    meaning: Text
    """What it tells, in a few words."""
    cites: list[str] = []
    """Ids of the works that it follows."""


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
