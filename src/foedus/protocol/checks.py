"""The second stage of validation for protocols: every name known, every unit right, nothing circular, every play complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from foedus.documents import Document, Path_
from foedus.errors import InputError, MeaningError, Place, nearest
from foedus.formulas import (
    Call,
    Constant,
    Expression,
    Formula,
    MaybeUnit,
    Move,
    Name,
    check_function,
    depth,
    substitute,
    unit_of,
    walk,
)
from foedus.protocol.operators import OPERATORS, Context, offered
from foedus.protocol.protocol import END, Definition, Lever, Mark, Measure, Node, Number, Protocol, Quantity, State, label
from foedus.units import ONE, Unit

MAX_PLAYS = 5_000
MAX_MOVES = 100
MAX_NESTED = 120
_BASIC: tuple[type[Quantity], ...] = (Number, Definition, State, Lever)


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
    _check_cycles(protocol)
    _check_plays(protocol)
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


def _check_plays(protocol: Protocol) -> None:
    """Every play sets each mark at most once, and those without a default exactly once."""
    count = 0
    needed = {name for name, mark in protocol.marks.items() if mark.default is None}

    def follow(node: Node, marked: frozenset[str]) -> None:
        nonlocal count
        for branch in node.branches.values():
            for mark in branch.marks:
                if mark in marked:
                    raise MeaningError(f"a play sets the mark '{mark}' twice", branch.place, "set it once")
            now = marked | branch.marks.keys()
            if branch.then != END:
                follow(protocol.nodes[branch.then], now)
                continue
            count += 1
            for mark in needed - now:
                raise MeaningError(
                    f"a play ends here without the mark '{mark}'", branch.place, f"set '{mark}', or give it a default"
                )
            if count > MAX_PLAYS:
                raise MeaningError(f"the game has more than {MAX_PLAYS:,} plays", node.place, "make it smaller")

    follow(protocol.nodes[protocol.start], frozenset())


@dataclass(frozen=True)
class _Check:
    """A formula, where it stands, what it may use, and the unit it must have."""

    formula: Formula
    path: Path_
    unit: Unit
    kinds: tuple[type[Quantity], ...] = _BASIC
    context: Context | None = None
    bound: tuple[str, ...] = ()

    def run(self, protocol: Protocol, document: Document) -> None:
        root = self.formula.root
        for name in self.bound:
            root = substitute(root, name, protocol.sets[name][0])
        try:
            found = _Scope(protocol, self.kinds, self.context).unit(root)
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
                yield _Check(q.next, ("state", name, "next"), q.unit, (*_BASIC, Mark), "next", bound)
            case Measure():
                yield _Check(q.formula, ("measures", name, "formula"), q.unit, (*_BASIC, Measure), "measure", bound)
    for name, player in protocol.players.items():
        for kind, formula in player.types.items():
            yield _Check(formula, ("players", name, "types", kind), ONE)
    for name, formula in protocol.payoffs.items():
        typed = tuple(p.name for p in protocol.players.values() if p.types)
        yield _Check(formula, ("payoffs", "of", name), protocol.payoff_unit, (*_BASIC, Mark), bound=typed)
        yield _Check(protocol.precision[name], ("choice", "precision"), ONE / protocol.payoff_unit)
    for promise in protocol.promises.values():
        yield _Check(promise.covers, ("promises", promise.name, "covers"), ONE)
    for node in protocol.nodes.values():
        for branch in node.branches.values():
            path = ("game", "nodes", node.name, "actions" if node.player else "chance", branch.name)
            for mark, formula in branch.marks.items():
                yield _Check(formula, (*path, "marks", mark), protocol.marks[mark].unit)
            if branch.probability is not None:
                yield _Check(branch.probability, (*path, "probability"), ONE)


@dataclass(frozen=True)
class _Scope:
    """Finds the unit of an expression while checking every name in it."""

    protocol: Protocol
    kinds: tuple[type[Quantity], ...]
    context: Context | None

    def unit(self, e: Expression) -> MaybeUnit:
        for part in walk(e):
            if isinstance(part, Call):
                check_function(part, offered(self.context))
        return unit_of(e, self.name, self.operator, self.elements)

    def elements(self, name: str) -> tuple[str, ...]:
        if name not in self.protocol.sets:
            raise MeaningError(f"unknown set '{name}'", fix=nearest(name, self.protocol.sets))
        return self.protocol.sets[name]

    def name(self, n: Name) -> Unit:
        allowed = {k: q for k, q in self.protocol.quantities.items() if isinstance(q, self.kinds)}
        q = allowed.get(n.name)
        if q is None:
            known = self.protocol.quantities.get(n.name)
            what = f"the {type(known).__name__.lower()} '{n.name}' cannot be used here" if known else f"unknown name '{n.name}'"
            raise MeaningError(what, fix=nearest(n.name, allowed))
        self._check_index(n, q)
        return q.unit

    def _check_index(self, n: Name, q: Quantity) -> None:
        if q.over is None and n.index is not None:
            raise MeaningError(f"'{n.name}' has no index", fix=f"write {n.name}")
        if q.over is not None and n.index not in self.protocol.sets[q.over]:
            given = f"'{n.index}' is not one of" if n.index else "an index is missing:"
            raise MeaningError(
                f"{label(n.name, n.index)}: {given} '{q.over}'", fix=nearest(n.index or "", self.protocol.sets[q.over])
            )

    def operator(self, call: Call) -> MaybeUnit:
        if _is_vector(call):
            raise MeaningError("a distribution is not a quantity", fix="compare two with total_variation(p, q)")
        return self.applied(call)

    def applied(self, call: Call) -> MaybeUnit:
        self.arity(call)
        return _OPERATOR_UNITS[call.function](self, call)

    def node(self, e: Expression) -> Node:
        name = e.name if isinstance(e, Name) else ""
        if name not in self.protocol.nodes:
            raise MeaningError(f"'{name}' is not a node of the game", fix=nearest(name, self.protocol.nodes))
        return self.protocol.nodes[name]

    def player(self, e: Expression) -> str:
        name = e.name if isinstance(e, Name) else ""
        if name not in self.protocol.players:
            raise MeaningError(f"'{name}' is not a player", fix=nearest(name, self.protocol.players))
        return name

    def action(self, node: str, action: Expression | str) -> None:
        found = self.node(Name(node))
        word = action if isinstance(action, str) else getattr(action, "name", "")
        if word not in found.branches:
            raise MeaningError(f"'{word}' is not an action at '{node}'", fix=nearest(word, found.branches))

    # the unit of each operator

    def choice(self, call: Call) -> MaybeUnit:
        move = call.args[0]
        if not isinstance(move, Move):
            raise MeaningError("choice() takes a move", fix="write choice(node.action)")
        self.action(move.node, move.action)
        return ONE

    def outcome(self, call: Call) -> MaybeUnit:
        return replace(self, kinds=(*_BASIC, Mark), context=None).unit(call.args[0])

    def value(self, call: Call) -> MaybeUnit:
        self.player(call.args[0])
        if len(call.args) > 1:
            self.node(call.args[1])
        return self.protocol.payoff_unit

    def variation(self, call: Call) -> MaybeUnit:
        for part in call.args:
            if not _is_vector(part):
                raise MeaningError("total_variation() takes two distributions", fix="write total_variation(moves(node), …)")
            self.vector(part)
        first, second = (self.node(_node_of(part)).branches for part in call.args)
        if list(first) != list(second):
            raise MeaningError("the two distributions are over different actions", fix="compare distributions at one node")
        return ONE

    def arity(self, call: Call) -> None:
        operator = OPERATORS[call.function]
        if not operator.fewest <= len(call.args) <= operator.most:
            raise MeaningError(f"{call.function}() takes {operator.fewest} to {operator.most} arguments", fix="see the operators")

    def vector(self, e: Expression) -> None:
        if isinstance(e, Call) and e.function in ("moves", "wish"):
            self.arity(e)
            self.node(e.args[-1])
            if e.function == "wish":
                self.player(e.args[0])
        elif isinstance(e, Call):
            self.applied(e)

    def inner(self, call: Call) -> MaybeUnit:
        if _is_vector(call.args[0]):
            self.vector(call.args[0])
            return ONE
        return self.unit(call.args[0])

    def forced(self, call: Call) -> MaybeUnit:
        if not call.keywords:
            raise MeaningError(f"{call.function}() wants at least one move", fix=f"write {call.function}(…, node = action)")
        for node, action in call.keywords:
            self.action(node, action)
        return self.inner(call)

    def under(self, call: Call) -> MaybeUnit:
        if not call.keywords:
            raise MeaningError("under() wants at least one change", fix="write under(…, name = formula)")
        for name, formula in call.keywords:
            self.change(name, formula)
        return self.inner(call)

    def change(self, name: str, formula: Expression) -> None:
        q = self.protocol.quantities.get(name)
        if not isinstance(q, (Number, Definition, State)):
            known = [k for k, v in self.protocol.quantities.items() if isinstance(v, (Number, Definition, State))]
            raise MeaningError(f"'{name}' cannot be changed", fix=nearest(name, known))
        unit = self.unit(formula)
        # a bare number is taken in the unit of what it replaces
        if not isinstance(formula, Constant) and unit is not None and unit != q.unit:
            raise MeaningError(f"'{name}' is in {q.unit}, but its change is in {unit}", fix="check the units")

    def posterior(self, call: Call) -> MaybeUnit:
        of = call.args[0]
        types = self.protocol.players[of.node].types if isinstance(of, Move) and of.node in self.protocol.players else {}
        if not isinstance(of, Move) or of.action not in types:
            private = [f"{n}.{t}" for n, q in self.protocol.players.items() for t in q.types]
            raise MeaningError("posterior() takes a player's type", fix=f"write one of: {', '.join(private)}" if private else "")
        return ONE

    def next(self, call: Call) -> MaybeUnit:
        name = call.args[0]
        if not isinstance(name, Name) or not isinstance(self.protocol.quantities.get(name.name), (State, Definition)):
            raise MeaningError("next() takes the name of a state or a definition", fix="write next(name)")
        return self.name(name)


_OPERATOR_UNITS: dict[str, Callable[[_Scope, Call], MaybeUnit]] = {
    "choice": _Scope.choice,
    "probability": _Scope.outcome,
    "expectation": _Scope.outcome,
    "value": _Scope.value,
    "total_variation": _Scope.variation,
    "do": _Scope.forced,
    "given": _Scope.forced,
    "under": _Scope.under,
    "after": _Scope.inner,
    "posterior": _Scope.posterior,
    "next": _Scope.next,
}


def _is_vector(e: Expression) -> bool:
    if not isinstance(e, Call) or e.function not in OPERATORS:
        return False
    wraps = e.function in ("do", "given", "under", "after") and bool(e.args)
    return OPERATORS[e.function].vector or (wraps and _is_vector(e.args[0]))


def _node_of(e: Expression) -> Expression:
    """The node whose actions a distribution is over."""
    while isinstance(e, Call) and e.function not in ("moves", "wish"):
        e = e.args[0]
    assert isinstance(e, Call)
    return e.args[-1]


def _check_cycles(protocol: Protocol) -> None:
    q = protocol.quantities
    within = {n: _names(v.formula) for n, v in q.items() if isinstance(v, Definition | Measure)}
    _refuse_cycle(within, q)
    starts = {n: _names(v.start) for n, v in q.items() if isinstance(v, State)}
    _refuse_cycle(within | starts, q)
    nexts = {n: _names(v.next, only_next=True) for n, v in q.items() if isinstance(v, State)}
    _refuse_cycle({n: v for n, v in within.items() if isinstance(q[n], Definition)} | nexts, q)


def _names(formula: Formula, only_next: bool = False) -> set[str]:
    """The names a formula uses: all, or those it uses as the next crisis will have them."""
    parts: Iterable[Expression] = formula.walk()
    if only_next:
        parts = (e.args[0] for e in formula.walk() if isinstance(e, Call) and e.function == "next" and e.args)
    return {e.name for e in parts if isinstance(e, Name)}


def _refuse_cycle(uses: Mapping[str, set[str]], quantities: Mapping[str, Quantity]) -> None:
    deep: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> int:
        """How deep the formula of a name is nested, those of the names in it included."""
        place: Place = quantities[name].place if name in quantities else Place("")
        if name in trail:
            chain = " → ".join((*trail[trail.index(name) :], name))
            raise MeaningError(f"'{name}' is defined by itself: {chain}", place, "break the circle")
        if name in uses and name not in deep:
            inner = sorted(uses[name]) if len(trail) < MAX_NESTED else []
            deep[name] = max((visit(other, (*trail, name)) for other in inner), default=0) + _depth(quantities[name])
            if deep[name] > MAX_NESTED or len(trail) >= MAX_NESTED:
                raise MeaningError(
                    f"'{name}' is nested more than {MAX_NESTED} deep, the names in it included", place, "define it in fewer steps"
                )
        return deep.get(name, 0)

    for name in uses:
        visit(name, ())


def _depth(quantity: Quantity) -> int:
    match quantity:
        case Definition() | Measure():
            return depth(quantity.formula.root)
        case State():
            return max(depth(quantity.start.root), depth(quantity.next.root))
    return 0


def unit_under(protocol: Protocol, name: str, formula: Formula) -> None:
    """Refuse a change of a quantity (as by `under`) to a formula that is not meaningful.

    Raises:
        MeaningError: the quantity cannot be changed, or the formula has an unknown name or another unit.
    """
    _Scope(protocol, (*_BASIC, Measure), "measure").change(name, formula.root)
