"""A protocol made ready to compute: its unfolded game, and worlds that share one program under construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from foedus.formulas import Arithmetic, Constant, Expression, specialise, substitute
from foedus.game.solver import Kind
from foedus.game.tree import Play, Position, check_solvable, is_general, unfold
from foedus.model.reported import Sight
from foedus.model.world import World
from foedus.program.ir import Builder, Value
from foedus.protocol.protocol import Protocol, flat_names


@dataclass(eq=False)
class Model:
    """A protocol under construction as a program.

    Attributes:
        protocol: the kind of crisis.
        limit: solve the subgame-perfect limit in place of logit.
        builder: collects the instructions of every world of this model.

    Raises:
        UnsolvableError: a player forgets, or an information set is not one.
    """

    protocol: Protocol
    limit: bool = False
    builder: Builder = field(default_factory=Builder)

    def __post_init__(self) -> None:
        self.tree: Position = unfold(self.protocol)
        check_solvable(self.protocol, self.tree)
        self.general = is_general(self.protocol, self.tree)
        self._worlds: dict[object, World] = {}
        self._payoffs: dict[object, Expression] = {}
        self._shared: dict[Expression, Expression] = {}
        self._marks: dict[Play, dict[str, Expression]] = {}

    def numbers(self, known: Mapping[str, float] | None = None) -> dict[str, Value]:
        """Every number of the protocol as an input of the program, or as a constant where it is known."""
        known = known or {}
        return {
            n: self.builder.const(known[n]) if n in known else self.builder.input(n)
            for n in flat_names(self.protocol, self.protocol.numbers)
        }

    def levers(self, settings: Mapping[str, float]) -> dict[str, Value]:
        """Lever settings as constants; a lever not set is at zero."""
        return {n: self.builder.const(settings.get(n, 0.0)) for n in self.protocol.levers}

    def world(
        self,
        known: Mapping[str, Value],
        forced: Mapping[str, str] | None = None,
        seen: Mapping[str, Sight] | None = None,
        future: tuple[Mapping[str, Value], ...] = (),
        uniform: Value | None = None,
    ) -> World:
        """The world of these circumstances; the same circumstances give the same world. See `World`."""
        key = (
            tuple(sorted((k, v.id) for k, v in known.items())),
            tuple(sorted((forced or {}).items())),
            tuple(sorted((node, _identity(sight)) for node, sight in (seen or {}).items())),
            tuple(tuple(sorted((k, v.id) for k, v in levers.items())) for levers in future),
            uniform.id if uniform else None,
        )
        if key not in self._worlds:
            self._worlds[key] = World(self, dict(known), dict(forced or {}), dict(seen or {}), future, uniform)
        return self._worlds[key]

    def payoff(self, player: str, kinds: Mapping[str, Kind], play: Play) -> Expression:
        """A player's payoff formula at a play, with the marks of the play and some players' types filled in."""
        key = (player, tuple(kinds.items()), play)
        if key not in self._payoffs:
            root = self.protocol.payoffs[player].root
            for name, kind in kinds.items():
                root = root if kind is None else substitute(root, name, kind)
            self._payoffs[key] = self._interned(specialise(root, self.marks(play)))
        return self._payoffs[key]

    def _interned(self, e: Expression) -> Expression:
        """The expression with equal arithmetic as one object, so that a world computes it once."""
        if not isinstance(e, Arithmetic):
            return e
        return self._shared.setdefault(e, Arithmetic(e.op, self._interned(e.left), self._interned(e.right)))

    def marks(self, play: Play) -> dict[str, Expression]:
        """The value of every mark at a play."""
        if play not in self._marks:
            self._marks[play] = {
                name: play.marks[name].root if name in play.marks else Constant(mark.default or 0.0)
                for name, mark in self.protocol.marks.items()
            }
        return self._marks[play]


def _identity(sight: Sight) -> object:
    """What tells apart what is known of a node."""
    return sight if isinstance(sight, str) else tuple(sorted((action, value.id) for action, value in sight.items()))
