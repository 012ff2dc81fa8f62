"""What a formula may say where it stands: names, operators and units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from foedus.errors import MeaningError, nearest
from foedus.formulas import (
    Arithmetic,
    Call,
    Constant,
    Expression,
    Formula,
    MaybeUnit,
    Move,
    Name,
    check_function,
    parts,
    specialise,
    unit_of,
    walk,
)
from foedus.protocol.operators import OPERATORS, Context, offered
from foedus.protocol.plays import can_follow
from foedus.protocol.protocol import Definition, Lever, Mark, Measure, Node, Number, Protocol, Quantity, State, label
from foedus.units import ONE, Unit

BASIC: tuple[type[Quantity], ...] = (Number, Definition, State, Lever)


@dataclass(frozen=True)
class Scope:
    """Finds the unit of an expression while checking every name in it.

    Attributes:
        kinds: the quantities that may be named.
        context: where the formula stands, which decides on the operators it may use.
    """

    protocol: Protocol
    kinds: tuple[type[Quantity], ...]
    context: Context | None

    def unit(self, e: Expression) -> MaybeUnit:
        """The unit of an expression; raises MeaningError where it says something that it may not."""
        for part in walk(e):
            if isinstance(part, Call):
                self._offered(part)
        return unit_of(e, self._name, self._operator, self._elements)

    def _offered(self, call: Call) -> None:
        if call.function in OPERATORS and call.function not in offered(self.context):
            here = {"measure": "in a measure", "next": "in 'next'"}.get(self.context or "", "here")
            raise MeaningError(f"{call.function}() cannot be used {here}", fix="see the operators and where each may stand")
        check_function(call, offered(self.context))

    def _elements(self, name: str) -> tuple[str, ...]:
        if name not in self.protocol.sets:
            raise MeaningError(f"unknown set '{name}'", fix=nearest(name, self.protocol.sets))
        return self.protocol.sets[name]

    def _name(self, n: Name) -> Unit:
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

    def _operator(self, call: Call) -> MaybeUnit:
        if _is_vector(call):
            raise MeaningError("a distribution is not a quantity", fix="compare two with total_variation(p, q)")
        return self._applied(call)

    def _applied(self, call: Call) -> MaybeUnit:
        self._arity(call)
        return _OPERATOR_UNITS[call.function](self, call)

    def _node(self, e: Expression) -> Node:
        name = e.name if isinstance(e, Name) else ""
        if name not in self.protocol.nodes:
            raise MeaningError(f"'{name}' is not a node of the game", fix=nearest(name, self.protocol.nodes))
        return self.protocol.nodes[name]

    def _player(self, e: Expression) -> str:
        name = e.name if isinstance(e, Name) else ""
        if name not in self.protocol.players:
            raise MeaningError(f"'{name}' is not a player", fix=nearest(name, self.protocol.players))
        return name

    def _action(self, node: str, action: Expression | str) -> None:
        found = self._node(Name(node))
        word = action if isinstance(action, str) else getattr(action, "name", "")
        if word not in found.actions:
            raise MeaningError(f"'{word}' is not an action at '{node}'", fix=nearest(word, found.actions))

    # the unit of each operator

    def _choice(self, call: Call) -> MaybeUnit:
        move = call.args[0]
        if not isinstance(move, Move):
            raise MeaningError("choice() takes a move", fix="write choice(node.action)")
        self._action(move.node, move.action)
        return ONE

    def _outcome(self, call: Call) -> MaybeUnit:
        return replace(self, kinds=(*BASIC, Mark), context=None).unit(call.args[0])

    def _value(self, call: Call) -> MaybeUnit:
        self._player(call.args[0])
        if len(call.args) > 1:
            self._node(call.args[1])
        return self.protocol.payoff_unit

    def _variation(self, call: Call) -> MaybeUnit:
        for part in call.args:
            if not _is_vector(part):
                raise MeaningError("total_variation() takes two distributions", fix="write total_variation(moves(node), …)")
            self._vector(part)
        first, second = (self._node(_node_of(part)).branches for part in call.args)
        if list(first) != list(second):
            raise MeaningError("the two distributions are over different actions", fix="compare distributions at one node")
        return ONE

    def _arity(self, call: Call) -> None:
        operator = OPERATORS[call.function]
        if not operator.fewest <= len(call.args) <= operator.most:
            raise MeaningError(f"{call.function}() takes {operator.fewest} to {operator.most} arguments", fix="see the operators")

    def _vector(self, e: Expression) -> None:
        if isinstance(e, Call) and e.function in ("moves", "wish"):
            self._arity(e)
            self._node(e.args[-1])
            if e.function == "wish":
                self._player(e.args[0])
        elif isinstance(e, Call):
            self._applied(e)

    def _inner(self, call: Call) -> MaybeUnit:
        if _is_vector(call.args[0]):
            self._vector(call.args[0])
            return ONE
        return self.unit(call.args[0])

    def _forced(self, call: Call) -> MaybeUnit:
        if not call.keywords:
            raise MeaningError(f"{call.function}() wants at least one move", fix=f"write {call.function}(…, node = action)")
        for node, action in call.keywords:
            self._action(node, action)
        return self._inner(call)

    def _given(self, call: Call) -> MaybeUnit:
        found = self._forced(call)
        moves = {node: action.name for node, action in call.keywords if isinstance(action, Name)}
        if not can_follow(self.protocol, moves):
            raise MeaningError(
                "no play of the game holds the moves of given() together", fix="give moves that can follow one another"
            )
        heedless = self._heedless(call.args[0])
        if heedless:
            what = f"given() does not change {heedless}(), which is what players would do whatever was seen"
            raise MeaningError(what, fix="use expectation(), posterior(), or after() for the next crisis")
        return found

    def _heedless(self, e: Expression) -> str:
        """An operator in an expression, or in a measure it names, that what was seen does not change."""
        if isinstance(e, Call) and e.function in ("choice", "value", "moves", "wish"):
            return e.function
        if isinstance(e, Call) and e.function == "after":
            return ""
        q = self.protocol.quantities.get(e.name) if isinstance(e, Name) else None
        inner = (q.formula.root,) if isinstance(q, Measure) else parts(e)
        return next((found for part in inner if (found := self._heedless(part))), "")

    def _under(self, call: Call) -> MaybeUnit:
        if not call.keywords:
            raise MeaningError("under() wants at least one change", fix="write under(…, name = formula)")
        for name, formula in call.keywords:
            self.change(name, formula)
        return self._inner(call)

    def change(self, name: str, formula: Expression) -> None:
        """Refuse the change of a quantity to an expression that is not meaningful or has another unit."""
        q = self.protocol.quantities.get(name)
        if not isinstance(q, (Number, Definition, State)):
            known = [k for k, v in self.protocol.quantities.items() if isinstance(v, (Number, Definition, State))]
            raise MeaningError(f"'{name}' cannot be changed", fix=nearest(name, known))
        unit = self.unit(formula)
        # a bare number is taken in the unit of what it replaces
        if not isinstance(specialise(formula, {}), Constant) and unit is not None and unit != q.unit:
            raise MeaningError(f"'{name}' is in {q.unit}, but its change is in {unit}", fix="check the units")

    def _posterior(self, call: Call) -> MaybeUnit:
        of = call.args[0]
        types = self.protocol.players[of.node].types if isinstance(of, Move) and of.node in self.protocol.players else {}
        if not isinstance(of, Move) or of.action not in types:
            private = [f"{n}.{t}" for n, q in self.protocol.players.items() for t in q.types]
            raise MeaningError("posterior() takes a player's type", fix=f"write one of: {', '.join(private)}" if private else "")
        return ONE

    def _next(self, call: Call) -> MaybeUnit:
        name = call.args[0]
        if not isinstance(name, Name) or not isinstance(self.protocol.quantities.get(name.name), (State, Definition)):
            raise MeaningError("next() takes the name of a state or a definition", fix="write next(name)")
        return self._name(name)


_OPERATOR_UNITS: dict[str, Callable[[Scope, Call], MaybeUnit]] = {
    "choice": Scope._choice,
    "probability": Scope._outcome,
    "expectation": Scope._outcome,
    "value": Scope._value,
    "total_variation": Scope._variation,
    "do": Scope._forced,
    "given": Scope._given,
    "under": Scope._under,
    "after": Scope._inner,
    "posterior": Scope._posterior,
    "next": Scope._next,
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


def check_marks_apart(protocol: Protocol, e: Expression) -> None:
    """Refuse a product of marks in what the next crisis inherits: there each mark is its expected value.

    Raises:
        MeaningError: two marks are multiplied, or one is raised to a power.
    """

    def holds_mark(part: Expression) -> bool:
        return any(isinstance(x, Name) and x.name in protocol.marks for x in walk(part))

    for part in walk(e):
        match part:
            case Arithmetic("*" | "/", left, right) if holds_mark(left) and holds_mark(right):
                what = "a product of marks in 'next' is not the expected product"
            case Arithmetic("^", left, _) if holds_mark(left):
                what = "a power of a mark in 'next' is not the expected power"
            case _:
                continue
        raise MeaningError(f"{what}: there each mark is its expected value", fix="let the actions set one mark for it")


def unit_under(protocol: Protocol, name: str, formula: Formula) -> None:
    """Refuse a change of a quantity (as by `under`) to a formula that is not meaningful.

    Raises:
        MeaningError: the quantity cannot be changed, or the formula has an unknown name or another unit.
    """
    Scope(protocol, (*BASIC, Measure), "measure").change(name, formula.root)
