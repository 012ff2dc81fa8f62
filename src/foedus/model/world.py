"""A world: one crisis under given circumstances, in which every quantity, the solved game and every measure has a value.

Operators of the modelling language move to another world and read a value there: `under` changes quantities, `do` forces moves,
`given` takes moves as seen, `after` goes on to the next crisis. Worlds of one model share a builder, so whatever two of them have
in common is one value of the program.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from foedus.errors import UnsolvableError
from foedus.formulas import Call, Expression, Name, specialise, substitute
from foedus.game.general import GeneralSolution
from foedus.game.solver import Kind, Solution, Stage
from foedus.game.tree import Play, Position, filled
from foedus.model import outcomes
from foedus.model.operators import apply
from foedus.model.reported import Reported, Sight
from foedus.program.ir import Value
from foedus.program.lowering import lower
from foedus.protocol.protocol import Definition, Measure, State, label

if TYPE_CHECKING:
    from foedus.model.model import Model


class World:
    """One crisis under given circumstances; made by `Model.world`.

    Args:
        model: what all worlds share.
        known: label to value: numbers, levers, the state inherited (absent in the first crisis), and definitions that `under`
            replaces.
        forced: node to the action that must be taken there.
        seen: node to the action that was seen there, or to the log-likelihood of what is reported under each action.
        future: the levers of later crises; the present ones stay once these run out.
        uniform: a uniform number on [0, 1) that picks one play, which the next crisis then inherits from; None inherits from
            expected marks.
    """

    def __init__(
        self,
        model: Model,
        known: dict[str, Value],
        forced: dict[str, str],
        seen: dict[str, Sight],
        future: tuple[Mapping[str, Value], ...],
        uniform: Value | None,
    ) -> None:
        self.model, self.known, self.forced, self.seen, self.future, self.uniform = model, known, forced, seen, future, uniform
        self.protocol, self.builder = model.protocol, model.builder
        self._computed: dict[str, Value] = {}
        self._next: dict[str, Value] = {}
        self._terms: dict[int, Value] = {}  # payoff terms by identity; the model keeps the expressions alive

    # --- named quantities

    def quantity(self, name: str, index: str | None = None) -> Value:
        """The value of a number, definition, state, lever or measure."""
        key = name if index is None else label(name, index)
        if key in self.known:
            return self.known[key]
        if key not in self._computed:
            q = self.protocol.quantities[name]
            formula = q.start if isinstance(q, State) else q.formula if isinstance(q, Definition | Measure) else None
            if formula is None:
                raise KeyError(key)
            self._computed[key] = self.evaluate(self._indexed(q.over, index, formula.root))
        return self._computed[key]

    def _indexed(self, over: str | None, index: str | None, root: Expression) -> Expression:
        return substitute(root, over, index) if over and index else root

    def evaluate(self, e: Expression) -> Value:
        """The value of an expression in this world."""
        return lower(e, self.builder, self._named, self._operator, self._elements)

    def changed(self, name: str, root: Expression, own: Mapping[str, Value]) -> dict[str, Value]:
        """A quantity by another formula, at each of its indices; the formula may name values of the caller's own."""
        quantity = self.protocol.quantities[name]

        def named(n: Name) -> Value:
            return own[n.name] if n.name in own else self.quantity(n.name, n.index)

        return {
            label(name, k): lower(self._indexed(quantity.over, k, root), self.builder, named, self._operator, self._elements)
            for k in self.protocol.elements(quantity)
        }

    def _named(self, n: Name) -> Value:
        return self.quantity(n.name, n.index)

    def _elements(self, name: str) -> tuple[str, ...]:
        return self.protocol.sets[name]

    def _operator(self, call: Call) -> Value:
        value = apply(self, call)
        if isinstance(value, list):
            raise AssertionError("a distribution outside total_variation passed the checks")
        return value

    # --- the game

    @cached_property
    def solution(self) -> Solution | GeneralSolution:
        """The solved game of this crisis: by backward induction where that is exact. What was seen of it does not change it."""
        if self.seen or self.future or self.uniform is not None:
            return self.model.world(self.known, self.forced).solution
        stage = Stage(
            tree=self.model.tree,
            builder=self.builder,
            payoff=self._payoff,
            chance=self._chance,
            precision=lambda player: self.evaluate(self.protocol.precision[player].root),
            beliefs={name: self._belief(name) for name in self.protocol.players},
            forced={node: self.protocol.nodes[node].members(action) for node, action in self.forced.items()},
            limit=self.model.limit,
            rule=self.protocol.rule,
        )
        return GeneralSolution(stage) if self.model.general else Solution(stage)

    def _payoff(self, player: str, kinds: Mapping[str, Kind], play: Play) -> Value:
        e = self.model.payoff(player, kinds, play)
        return lower(e, self.builder, self._named, self._operator, self._elements, self._terms)

    def _chance(self, at: Position, action: str) -> Value:
        formula = self.protocol.nodes[at.node].branches[action].probability
        assert formula is not None
        return self.evaluate(filled(self.protocol, formula, at.marks).root)

    def _belief(self, player: str) -> dict[Kind, Value]:
        types = self.protocol.players[player].types
        return {k: self.evaluate(f.root) for k, f in types.items()} or {None: self.builder.const(1)}

    def positions(self, node: str) -> list[Position]:
        """Where in the tree a node stands."""
        return [at for at in self.model.tree.positions if at.node == node]

    # --- what happened

    def expect(self, e: Expression) -> Value:
        """The expected value over plays of an expression that may read marks."""
        return self.over_plays(lambda play: self.evaluate(specialise(e, self.model.marks(play))))

    @cached_property
    def over_plays(self) -> outcomes.OverPlays:
        """Expectation over the plays that agree with what was seen."""
        if len(self.agreeing) < len(self.seen):
            return self.reported.expectation
        return outcomes.seen(self.solution, self.agreeing) if self.seen else outcomes.expected(self.solution)

    @property
    def agreeing(self) -> dict[str, Collection[str]]:
        """The actions that agree with what was seen, by node; not of nodes of which something is only reported."""
        return {n: self.protocol.nodes[n].members(sight) for n, sight in self.seen.items() if isinstance(sight, str)}

    @cached_property
    def reported(self) -> Reported:
        """The crisis in the light of what is reported of its moves.

        Raises:
            UnsolvableError: its game is not one of backward induction.
        """
        if not isinstance(self.solution, Solution):
            raise UnsolvableError(
                f"reports on moves want a game that backward induction solves, which '{self.protocol.name}' is not",
                fix="use a protocol in which every move is seen and types matter to their own player alone",
            )
        return Reported(self.solution, {n: s for n, s in self.seen.items() if not isinstance(s, str)} | self.agreeing)

    @cached_property
    def realised(self) -> outcomes.OverPlays:
        """Expectation over what the next crisis inherits from: the sampled play, or as `over_plays`."""
        return self.over_plays if self.uniform is None else outcomes.sampled(self.solution, self.uniform)

    # --- the next crisis

    def inherited(self, name: str, index: str | None) -> Value:
        """The value of a state, or of a definition of states, that the next crisis inherits."""
        key = label(name, index)
        if key not in self._next:
            q = self.protocol.quantities[name]
            if isinstance(q, State):
                self._next[key] = self._inherit(self._indexed(q.over, index, q.next.root))
            elif key in self.known or not isinstance(q, Definition):
                self._next[key] = self.quantity(name, index)
            else:
                root = self._indexed(q.over, index, q.formula.root)
                self._next[key] = lower(
                    root, self.builder, lambda n: self.inherited(n.name, n.index), self._operator, self._elements
                )
        return self._next[key]

    def _inherit(self, root: Expression) -> Value:
        def name(n: Name) -> Value:
            if n.name not in self.protocol.marks:
                return self.quantity(n.name, n.index)
            return self.mark(n.name)

        return lower(root, self.builder, name, self._operator, self._elements)

    def mark(self, name: str) -> Value:
        """What the next crisis inherits of a mark: its expected value, or its value at the sampled play."""
        return self.realised(lambda play: self.evaluate(self.model.marks(play)[name]))

    def after(self) -> World:
        """The next crisis."""
        states = {label(n, k): self.inherited(n, k) for n, q in self.protocol.state.items() for k in self.protocol.elements(q)}
        levers = self.future[0] if self.future else {}
        return self.model.world(self.known | states | dict(levers), future=self.future[1:])

    # --- other circumstances

    def under(self, changes: Mapping[str, Value]) -> World:
        """This world with some quantities other than they are; an indexed one is changed at every index."""
        changed = {
            label(name, k): value
            for name, value in changes.items()
            for k in self.protocol.elements(self.protocol.quantities[name])
        }
        return self.model.world(self.known | changed, self.forced, self.seen, self.future, self.uniform)

    def do(self, moves: Mapping[str, str]) -> World:
        """This world with moves forced."""
        return self.model.world(self.known, self.forced | dict(moves), self.seen, self.future, self.uniform)

    def given(self, moves: Mapping[str, Sight]) -> World:
        """This world with moves seen, or reported."""
        return self.model.world(self.known, self.forced, self.seen | dict(moves), self.future, self.uniform)
