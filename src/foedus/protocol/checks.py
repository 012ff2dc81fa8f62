"""The second stage of validation for protocols: every name known, every unit right, nothing circular, every play complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foedus.documents import Document, Path_
from foedus.errors import InputError, MeaningError, nearest
from foedus.formulas import Formula, substitute
from foedus.protocol.cycles import check_cycles
from foedus.protocol.operators import Context
from foedus.protocol.plays import check_plays
from foedus.protocol.protocol import END, Definition, Mark, Measure, Node, Number, Protocol, Quantity, State
from foedus.protocol.scope import BASIC, Scope, check_marks_apart
from foedus.units import ONE, Unit

MAX_MOVES = 100


def check_protocol(protocol: Protocol, document: Document) -> None:
    """Refuse a protocol that is not meaningful.

    Raises:
        MeaningError: the first thing found, at its line.
    """
    _check_sets(protocol, document)
    _check_players(protocol, document)
    _check_game(protocol, document)
    _check_promises(protocol)
    for formula_check in _formula_checks(protocol):
        formula_check.run(protocol, document)
    check_cycles(protocol)
    check_plays(protocol)
    for work in protocol.cites:
        if work not in protocol.references:
            raise MeaningError(
                f"'{work}' is cited but not among the references", document.place(("cites",)), nearest(work, protocol.references)
            )


def _check_sets(protocol: Protocol, document: Document) -> None:
    for name, elements in protocol.sets.items():
        section = "players" if name in protocol.players else "sets"
        place = document.place((section, name))
        if name in protocol.quantities:
            raise MeaningError(f"'{name}' names both a set and a quantity", place, "rename one")
        if len(set(elements)) < max(len(elements), 1):
            raise MeaningError(f"the set '{name}' is empty or names an element twice", place, "list each element once")
    for quantity in protocol.quantities.values():
        if quantity.over is not None and quantity.over not in protocol.sets:
            raise MeaningError(f"unknown set '{quantity.over}'", quantity.place, nearest(quantity.over, protocol.sets))


def _check_players(protocol: Protocol, document: Document) -> None:
    for section, path in ((protocol.payoffs, ("payoffs", "of")), (protocol.precision, ("choice", "precision"))):
        for name in section:
            if name not in protocol.players:
                raise MeaningError(f"unknown player '{name}'", document.place((*path, name)), nearest(name, protocol.players))
        for name in protocol.players:
            if name not in section:
                raise MeaningError(f"no {path[-1]} for player '{name}'", document.place(path), f"add '{name}:'")


def _check_game(protocol: Protocol, document: Document) -> None:
    nodes = protocol.nodes
    if protocol.start not in nodes:
        place = document.place(("game", "start"))
        raise MeaningError(f"the game starts at an unknown node '{protocol.start}'", place, nearest(protocol.start, nodes))
    for node in nodes.values():
        _check_node(protocol, node)
    reached = _reached(protocol)
    for node in nodes.values():
        if node.name not in reached:
            raise MeaningError(f"no play reaches the node '{node.name}'", node.place, "lead an action to it, or remove it")


def _check_node(protocol: Protocol, node: Node) -> None:
    chance = any(b.probability is not None for b in node.branches.values())
    if not node.branches:
        raise MeaningError(f"the node '{node.name}' has no action", node.place, "add 'actions:' or 'chance:'")
    if (node.player is None) != chance:
        raise MeaningError(
            f"the node '{node.name}' must have either a player or chance", node.place, "give 'player' and 'actions', or 'chance'"
        )
    if node.player is not None and node.player not in protocol.players:
        raise MeaningError(f"unknown player '{node.player}'", node.place, nearest(node.player, protocol.players))
    for other in node.blind_to:
        if other not in protocol.nodes:
            raise MeaningError(f"'{node.name}' is blind to an unknown node '{other}'", node.place, nearest(other, protocol.nodes))
    for branch in node.branches.values():
        if branch.then != END and branch.then not in protocol.nodes:
            raise MeaningError(
                f"'{branch.name}' leads to an unknown node '{branch.then}'",
                branch.place,
                nearest(branch.then, [*protocol.nodes, END]),
            )
        if chance and branch.probability is None:
            raise MeaningError(f"the outcome '{branch.name}' of chance has no probability", branch.place, "add 'probability:'")
        for mark in branch.marks:
            if mark not in protocol.marks:
                raise MeaningError(f"unknown mark '{mark}'", branch.place, nearest(mark, protocol.marks))


def _check_promises(protocol: Protocol) -> None:
    for promise in protocol.promises.values():
        for player in (promise.by, promise.to):
            if player not in protocol.players:
                raise MeaningError(f"unknown player '{player}'", promise.place, nearest(player, protocol.players))
        node = protocol.nodes.get(promise.node)
        if node is None:
            raise MeaningError(f"unknown node '{promise.node}'", promise.place, nearest(promise.node, protocol.nodes))
        if promise.action not in node.branches:
            raise MeaningError(
                f"'{promise.action}' is not an action at '{promise.node}'", promise.place, nearest(promise.action, node.branches)
            )
        if node.player != promise.by:
            raise MeaningError(f"'{promise.node}' is not a node of '{promise.by}'", promise.place, f"write by: {node.player}")


def _reached(protocol: Protocol) -> set[str]:
    """Every node that a play reaches, each looked into once."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        node = protocol.nodes[name]
        if name in path:
            raise MeaningError(
                f"the game returns to '{name}' without end", node.place, "a play must end: lead an action elsewhere"
            )
        if len(path) >= MAX_MOVES:
            raise MeaningError(f"a play has more than {MAX_MOVES} moves", node.place, "make the game shorter")
        if name in done:
            return
        for branch in node.branches.values():
            if branch.then != END:
                visit(branch.then, (*path, name))
        done.add(name)

    visit(protocol.start, ())
    return done


@dataclass(frozen=True)
class _Check:
    """A formula, where it stands, what it may use, and the unit it must have."""

    formula: Formula
    path: Path_
    unit: Unit
    kinds: tuple[type[Quantity], ...] = BASIC
    context: Context | None = None
    bound: tuple[str, ...] = ()

    def run(self, protocol: Protocol, document: Document) -> None:
        root = self.formula.root
        for name in self.bound:
            root = substitute(root, name, protocol.sets[name][0])
        try:
            found = Scope(protocol, self.kinds, self.context).unit(root)
            if self.context == "next":
                check_marks_apart(protocol, root)
            if found is not None and found != self.unit:
                raise MeaningError(
                    f"the formula is in {found}, but {self.unit} is declared", fix="correct the formula or the unit"
                )
        except InputError as error:
            raise error.at(document.place(self.path)) from None


def _formula_checks(protocol: Protocol) -> Iterator[_Check]:
    """Every formula of a protocol with what it may use."""
    for name, q in protocol.quantities.items():
        bound = (q.over,) if q.over else ()
        match q:
            case Definition():
                yield _Check(q.formula, ("definitions", name, "formula"), q.unit, bound=bound)
            case State():
                yield _Check(q.start, ("state", name, "start"), q.unit, (Number, Definition, State), bound=bound)
                yield _Check(q.next, ("state", name, "next"), q.unit, (*BASIC, Mark), "next", bound)
            case Mark():
                for amount in {a.formula.text: a for a in (*q.amounts[:1], *q.amounts[-1:])}.values():
                    yield _Check(amount.formula, ("marks", name, "between"), q.unit)
            case Measure():
                yield _Check(q.formula, ("measures", name, "formula"), q.unit, (*BASIC, Measure), "measure", bound)
    for name, player in protocol.players.items():
        for kind, formula in player.types.items():
            yield _Check(formula, ("players", name, "types", kind), ONE)
    for name, formula in protocol.payoffs.items():
        typed = tuple(p.name for p in protocol.players.values() if p.types)
        yield _Check(formula, ("payoffs", "of", name), protocol.payoff_unit, (*BASIC, Mark), bound=typed)
        yield _Check(protocol.precision[name], ("choice", "precision"), ONE / protocol.payoff_unit)
    for promise in protocol.promises.values():
        yield _Check(promise.covers, ("promises", promise.name, "covers"), ONE)
    for node in protocol.nodes.values():
        for branch in node.branches.values():
            path = ("game", "nodes", node.name, "actions" if node.player else "chance", branch.family)
            for mark, formula in branch.marks.items():
                if mark != branch.chosen:
                    yield _Check(formula, (*path, "marks", mark), protocol.marks[mark].unit, (*BASIC, Mark))
            if branch.probability is not None:
                yield _Check(branch.probability, (*path, "probability"), ONE, (*BASIC, Mark))
