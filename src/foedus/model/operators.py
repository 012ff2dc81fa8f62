"""What each operator of the modelling language computes; `protocol.operators` says what each means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from foedus.formulas import Call, Expression, Move, Name
from foedus.game.tree import Position
from foedus.model import outcomes
from foedus.program import ir
from foedus.program.ir import Value

if TYPE_CHECKING:
    from foedus.model.world import World

Result = Value | list[Value]
LEAST = 1e-300  # added to the probability of a position, so that positions that are never passed count alike


def apply(world: World, call: Call) -> Result:
    """The value of an operator in a world; a list for a distribution."""
    return _OPERATORS[call.function](world, call)


def _result(world: World, e: Expression) -> Result:
    """The value of an expression, which may be a distribution."""
    if isinstance(e, Call) and e.function in _OPERATORS:
        return apply(world, e)
    return world.evaluate(e)


def _name(e: Expression) -> str:
    assert isinstance(e, Name)
    return e.name


def _moves(call: Call) -> dict[str, str]:
    return {node: _name(action) for node, action in call.keywords}


def _passing(world: World, positions: list[Position]) -> list[Value]:
    """How probable play is to pass each of some positions, given what was seen, up to a factor that they share."""
    if world.model.limit:
        return outcomes.passing(world.solution, positions, world.agreeing)
    if not world.seen:
        return [world.solution.reach[at] + LEAST for at in positions]
    return [_passed(world, at) for at in positions]


def _passed(world: World, at: Position) -> Value:
    one, zero = world.builder.const(1), world.builder.const(0)
    return world.over_plays(lambda play: one if outcomes.passes(play, at) else zero)


def _average(world: World, node: str, of: Callable[[Position], list[Value]]) -> list[Value]:
    """Values at a node, averaged over where in the tree it stands by the probability of being there."""
    positions = world.positions(node)
    if len(positions) == 1:
        return of(positions[0])
    values = [of(at) for at in positions]
    if all([v.id for v in row] == [v.id for v in values[0]] for row in values):
        return values[0]
    passing = _passing(world, positions)
    norm = 1.0 / ir.total(passing, world.builder)
    return [
        ir.total((w * row[k] for w, row in zip(passing, values, strict=True)), world.builder) * norm
        for k in range(len(values[0]))
    ]


def _choice(world: World, call: Call) -> Value:
    move = call.args[0]
    assert isinstance(move, Move)
    branches, members = list(world.protocol.nodes[move.node].branches), world.protocol.nodes[move.node].members(move.action)
    chosen = _average(world, move.node, world.solution.mean)
    return ir.total((chosen[branches.index(b)] for b in members), world.builder)


def _expectation(world: World, call: Call) -> Value:
    return world.expect(call.args[0])


def _value(world: World, call: Call) -> Value:
    player = _name(call.args[0])
    node = _name(call.args[1]) if len(call.args) > 1 else world.protocol.start
    return _average(world, node, lambda at: [world.solution.value(player, at)])[0]


def _distribution(world: World, call: Call) -> list[Value]:
    return _average(world, _name(call.args[0]), world.solution.mean)


def _wish(world: World, call: Call) -> list[Value]:
    player, node = _name(call.args[0]), _name(call.args[1])
    solution = world.solution

    def wished(at: Position) -> list[Value]:
        if at.player == player:
            return solution.mean(at)
        precision = solution.stage.precision(player)
        scores = [precision * solution.value(player, child) for child in at.children.values()]
        # whatever is forced there, a wish may be for any of the actions
        return ir.softmax([s if w == 1 else s + math.log(w) for s, w in zip(scores, at.weights, strict=True)])

    return _average(world, node, wished)


def _total_variation(world: World, call: Call) -> Value:
    p, q = (_result(world, e) for e in call.args)
    assert isinstance(p, list) and isinstance(q, list)
    return 0.5 * ir.total((ir.absolute(a - b) for a, b in zip(p, q, strict=True)), world.builder)


def _under(world: World, call: Call) -> Result:
    changes = {name: world.evaluate(formula) for name, formula in call.keywords}
    return _result(world.under(changes), call.args[0])


def _posterior(world: World, call: Call) -> Value:
    of = call.args[0]
    assert isinstance(of, Move)
    if not world.seen and world.uniform is None:
        # Bayes' plausibility: before play, the expected posterior is the prior
        belief = world.solution.stage.beliefs[of.node]
        return belief[of.action]
    return outcomes.posterior(world.solution, world.realised, of.node, of.action)


def _next(world: World, call: Call) -> Value:
    name = call.args[0]
    assert isinstance(name, Name)
    return world.inherited(name.name, name.index)


_OPERATORS: dict[str, Callable[[World, Call], Result]] = {
    "choice": _choice,
    "probability": _expectation,
    "expectation": _expectation,
    "value": _value,
    "moves": _distribution,
    "wish": _wish,
    "total_variation": _total_variation,
    "do": lambda world, call: _result(world.do(_moves(call)), call.args[0]),
    "given": lambda world, call: _result(world.given(_moves(call)), call.args[0]),
    "under": _under,
    "after": lambda world, call: _result(world.after(), call.args[0]),
    "posterior": _posterior,
    "next": _next,
}
