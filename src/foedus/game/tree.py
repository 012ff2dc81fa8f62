"""The game of a protocol as a tree: subtrees written once are entered by every path that leads to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from foedus.errors import UnsolvableError
from foedus.formulas import Formula, Name, specialise
from foedus.protocol.protocol import END, Branch, Node, Protocol


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
        path: the actions that lead here. marks: the formula of each mark that was set on the way.
        information: what the mover knows of where it is; positions that share it are one information set.
        children: action to the position or play it leads to.
        weights: how many actions each child counts as where choices are wholly random.
    """

    node: str
    player: str | None
    path: tuple[str, ...]
    marks: Mapping[str, Formula]
    information: object
    children: Mapping[str, Position | Play]
    weights: tuple[float, ...]

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
            then, now = (*steps, (node.name, node.player, name)), _marked(protocol, branch, marks)
            children[name] = Play(then, now) if branch.then == END else position(protocol.nodes[branch.then], then, now)
        path, weights = tuple(a for _, _, a in steps), tuple(b.weight for b in node.branches.values())
        return Position(node.name, node.player, path, marks, _information(node, steps), children, weights)

    return position(protocol.nodes[protocol.start], (), {})


def _marked(protocol: Protocol, branch: Branch, marks: dict[str, Formula]) -> dict[str, Formula]:
    """The marks after a branch; what it leaves may read what was left before, and the amount that comes with it."""
    before = marks if branch.chosen is None else marks | {branch.chosen: branch.marks[branch.chosen]}
    return marks | {name: filled(protocol, formula, before) for name, formula in branch.marks.items()}


def filled(protocol: Protocol, formula: Formula, marks: Mapping[str, Formula]) -> Formula:
    """A formula with marks filled in."""
    if not any(isinstance(e, Name) and e.name in protocol.marks for e in formula.walk()):
        return formula
    return Formula(formula.text, specialise(formula.root, {name: found.root for name, found in marks.items()}))


def _information(node: Node, steps: tuple[tuple[str, str | None, str], ...]) -> object:
    """What a mover knows at a node: the name of its information set, or every earlier move that it has seen."""
    if node.information is not None:
        return node.information
    return node.name, tuple((n, a) for n, _, a in steps if n not in node.blind_to)


def is_general(protocol: Protocol, tree: Position) -> bool:
    """Whether beliefs and choices depend on one another, so that backward induction does not solve the game exactly.

    They do where a move is not seen, where a player's type matters to another's payoff, and where a player with private types
    moves twice in a play.
    """
    movers = [at for at in tree.positions if at.player is not None]
    if len({at.information for at in movers}) < len(movers):
        return True
    typed = {name for name, player in protocol.players.items() if player.types}
    for name, formula in protocol.payoffs.items():
        if any(isinstance(e, Name) and e.index in typed - {name} for e in formula.walk()):
            return True
    return any(sum(player == mover for _, player, _ in play.steps) > 1 for play in tree.plays for mover in typed)


def check_solvable(protocol: Protocol, tree: Position) -> None:
    """Refuse a game in which a player forgets, an information set that is none, and a rule of choice that does not fit the game.

    Raises:
        UnsolvableError: at the node where it happens.
    """
    if protocol.rule != "logit":
        _check_rule(protocol, tree)
    known: dict[object, tuple[Position, object]] = {}

    def visit(at: Position, memories: Mapping[str, tuple[object, ...]]) -> None:
        if at.player is not None:
            memory = memories.get(at.player, ())
            first, before = known.setdefault(at.information, (at, memory))
            _check_same(protocol, at, first)
            if before != memory:
                raise UnsolvableError(
                    f"at '{at.node}' the player '{at.player}' has forgotten what it did or knew (imperfect recall)",
                    protocol.nodes[at.node].place,
                    "let it see its own earlier moves, or split the information set",
                )
        for action, child in at.children.items():
            if isinstance(child, Position):
                mine = {at.player: (*memories.get(at.player, ()), (at.information, action))} if at.player is not None else {}
                visit(child, {**memories, **mine})

    visit(tree, {})


def _check_rule(protocol: Protocol, tree: Position) -> None:
    """Probit rules are for nodes of two actions, `probit` of three too, in games that backward induction solves."""
    if is_general(protocol, tree):
        place = protocol.nodes[protocol.start].place
        raise UnsolvableError(
            f"the rule '{protocol.rule}' needs a game that backward induction solves", place, "write rule: logit"
        )
    for at in tree.positions:
        most = 3 if protocol.rule == "probit" else 2
        if at.player is not None and not 2 <= len(at.children) <= most:
            some = "two or three" if most == 3 else "two"
            what = f"the rule '{protocol.rule}' is for nodes of {some} actions; '{at.node}' has {len(at.children)}"
            raise UnsolvableError(what, protocol.nodes[at.node].place, "split the node, or write rule: logit")


def _check_same(protocol: Protocol, at: Position, first: Position) -> None:
    if at.player != first.player or list(at.children) != list(first.children):
        what = "actions" if at.player == first.player else "players"
        raise UnsolvableError(
            f"'{at.node}' and '{first.node}' share an information set but not their {what}",
            protocol.nodes[at.node].place,
            "give them the same, in the same order, or another information set",
        )
