"""A protocol: a kind of crisis, with every formula parsed and every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from foedus.errors import Place
from foedus.formulas import Formula
from foedus.numbers import Support
from foedus.protocol.schema import Reference, Rule
from foedus.shown import Shown
from foedus.units import Unit

END = "end"


@dataclass(frozen=True)
class Quantity:
    """What every named quantity has: a unit, a meaning, and the set it is indexed by, if any."""

    name: str
    unit: Unit
    meaning: str
    over: str | None
    place: Place


@dataclass(frozen=True)
class Number(Quantity):
    """Supplied by the scenario."""

    support: Support
    default: float | None


@dataclass(frozen=True)
class Definition(Quantity):
    """Computed within a crisis."""

    formula: Formula


@dataclass(frozen=True)
class Amount:
    """An amount that may be chosen: how it is shown, its formula, and its weight against a plain action's one."""

    shown: str
    formula: Formula
    weight: float


@dataclass(frozen=True)
class Mark(Quantity):
    """Left on the outcome by an action; `amounts` are those that an action may choose."""

    default: float | None
    amounts: tuple[Amount, ...] = ()


@dataclass(frozen=True)
class State(Quantity):
    """Inherited by the next crisis."""

    start: Formula
    next: Formula


@dataclass(frozen=True)
class Lever(Quantity):
    """Set by a policy."""


@dataclass(frozen=True)
class Measure(Quantity):
    """Computed from the solved game."""

    formula: Formula
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Player:
    """A player; `types` maps each private type to the others' belief in it."""

    name: str
    meaning: str
    types: Mapping[str, Formula]
    place: Place


@dataclass(frozen=True)
class Branch:
    """An action or an outcome of chance.

    Attributes:
        family: the action as written, where this is that action with one amount of `chosen`; otherwise its own name.
        chosen: the mark whose amount comes with the action, or None.
        weight: how many actions it counts as where choices are wholly random.
    """

    name: str
    marks: Mapping[str, Formula]
    then: str
    probability: Formula | None
    place: Place
    family: str
    chosen: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Node:
    """A decision (`player` is set) or a move of chance.

    Attributes:
        blind_to: nodes whose moves the mover has not seen.
        information: the name of an information set that it shares with other nodes of the same name, or None.
    """

    name: str
    player: str | None
    branches: Mapping[str, Branch]
    blind_to: tuple[str, ...]
    information: str | None
    place: Place

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """The actions as written: one whose amount is chosen stands once."""
        return tuple(dict.fromkeys(b.family for b in self.branches.values()))

    def members(self, action: str) -> tuple[str, ...]:
        """The branches that an action stands for: itself, or one an amount."""
        return tuple(n for n, b in self.branches.items() if action in (n, b.family))


@dataclass(frozen=True)
class Promise:
    """An undertaking of one player to another, kept by an action at a node; `covers` says how far it holds in the crisis."""

    name: str
    by: str
    to: str
    node: str
    action: str
    covers: Formula
    meaning: str
    place: Place


@dataclass(frozen=True)
class Tie:
    """What ties one player to another: `by` depends on `to`, or rivals it, as far as a measure says."""

    name: str
    kind: Literal["dependence", "rivalry"]
    by: str
    to: str
    measure: str
    place: Place


@dataclass(frozen=True)
class Protocol(Shown):
    """A kind of crisis.

    Attributes:
        quantities: every declared name to what it is.
        sets: index sets by name; a player with private types is one too.
        nodes, start: the game, each subtree once.
        payoffs, payoff_unit: one formula a player.
        precision: each player's precision of choice, in 1/payoff unit; rule: how choices err (see `game.solver`).
        ties: what is drawn between players; course: states and measures that tell how things go from crisis to crisis.
        digest: of the file's data; equal digests compute the same.
    """

    name: str
    title: str
    description: str
    file: str
    cites: tuple[str, ...]
    references: Mapping[str, Reference]
    units: Mapping[str, str]
    sets: Mapping[str, tuple[str, ...]]
    players: Mapping[str, Player]
    quantities: Mapping[str, Quantity]
    nodes: Mapping[str, Node]
    start: str
    payoffs: Mapping[str, Formula]
    payoff_unit: Unit
    precision: Mapping[str, Formula]
    rule: Rule
    promises: Mapping[str, Promise]
    ties: Mapping[str, Tie]
    course: tuple[str, ...]
    digest: str

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """What the scenario supplies."""
        return {n: q for n, q in self.quantities.items() if isinstance(q, Number)}

    @cached_property
    def state(self) -> dict[str, State]:
        """What the next crisis inherits."""
        return {n: q for n, q in self.quantities.items() if isinstance(q, State)}

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """What actions leave on the outcome."""
        return {n: q for n, q in self.quantities.items() if isinstance(q, Mark)}

    @cached_property
    def levers(self) -> dict[str, Lever]:
        """What a policy sets."""
        return {n: q for n, q in self.quantities.items() if isinstance(q, Lever)}

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """What is computed from the solved game."""
        return {n: q for n, q in self.quantities.items() if isinstance(q, Measure)}

    def elements(self, quantity: Quantity) -> tuple[str | None, ...]:
        """The indices of a quantity; (None,) where it has none."""
        return self.sets[quantity.over] if quantity.over else (None,)


def label(name: str, index: str | None) -> str:
    """How one element of a quantity is written: `share[arms]`, or `rho`."""
    return f"{name}[{index}]" if index is not None else name


def flat_names(protocol: Protocol, quantities: Mapping[str, Quantity]) -> list[str]:
    """The labels of every element of the quantities."""
    return [label(n, k) for n, q in quantities.items() for k in protocol.elements(q)]
