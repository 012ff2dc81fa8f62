"""The game of a protocol as a tree: subtrees written once are entered by every path that leads to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from foedus.errors import UnsolvableError
from foedus.formulas import Formula
from foedus.protocol.protocol import END, Node, Protocol


@dataclass(frozen=True, eq=False)
class Play:
    """A way through the game to its end.

    Attributes:
        steps: (node, player or None for chance, action), from the start.
        marks: the formula of each mark that was set on the way.
    """

    steps: tuple[tuple[str, str | None, str], ...]
    marks: Mapping[str, Formula]

    @property
    def path(self) -> tuple[str, ...]:
        """The actions, from the start."""
        return tuple(action for _, _, action in self.steps)


@dataclass(frozen=True, eq=False)
class Position:
    """A node as reached by one path.

    Attributes:
        node: its name. player: who moves, None for chance.
        path: the actions that lead here.
        children: action to the position or play it leads to.
    """

    node: str
    player: str | None
    path: tuple[str, ...]
    children: Mapping[str, Position | Play]

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """This position and all below, parents first."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[Position]:
        yield self
        for child in self.children.values():
            if isinstance(child, Position):
                yield from child._walk()

    @cached_property
    def plays(self) -> tuple[Play, ...]:
        """Every play from here, in the order the actions are written."""
        found: list[Play] = []
        for child in self.children.values():
            found += [child] if isinstance(child, Play) else child.plays
        return tuple(found)


def unfold(protocol: Protocol) -> Position:
    """The whole tree of a protocol's game."""

    def position(node: Node, steps: tuple[tuple[str, str | None, str], ...], marks: dict[str, Formula]) -> Position:
        children: dict[str, Position | Play] = {}
        for name, branch in node.branches.items():
            then, now = (*steps, (node.name, node.player, name)), marks | dict(branch.marks)
            children[name] = Play(then, now) if branch.then == END else position(protocol.nodes[branch.then], then, now)
        return Position(node.name, node.player, tuple(a for _, _, a in steps), children)

    return position(protocol.nodes[protocol.start], (), {})


def check_solvable(protocol: Protocol, tree: Position) -> None:
    """Refuse a game that backward induction does not solve exactly.

    Raises:
        UnsolvableError: a player with private types moves twice in one play, so that its first move reveals something that the
            moves between depend on.
    """
    for play in tree.plays:
        movers = [player for _, player, _ in play.steps if player is not None and protocol.players[player].types]
        for player in movers:
            if movers.count(player) > 1:
                raise UnsolvableError(
                    f"'{player}' has private types and moves twice in the play {'/'.join(play.path)}: "
                    "its first move would reveal its type to those who move between, which backward induction cannot solve",
                    protocol.players[player].place,
                    "let it move once in a play, or remove its types",
                )
