"""The end of the branch, where players err no more: what is believed after a move that nobody makes, and how rare such moves are.

Along the branch a move that costs its mover c against its best has a probability that falls as exp(-precision × c) (under probit,
as the exponential of minus the square). So in the limit, of several moves that are not made, only those that cost least count;
where they cost the same, they count as they do on the way there. Beliefs are then the limit of Bayes' rule, which itself would
divide zero by zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from foedus.game.tree import Position
from foedus.program import ir
from foedus.program.ir import Value

if TYPE_CHECKING:
    from foedus.game.solver import Kind, Solution

IMPOSSIBLE = 1e6  # the cost of what chance never does, or a forced move forbids: more than any payoff
TIE = 1e-12  # costs nearer to each other than this are the same
GONE = -1e6  # the log-probability of what does not count


class Rarity(NamedTuple):
    """How a probability goes to its limit: as `share` times a term that falls with `cost`; where that is zero, it stays."""

    cost: Value
    share: Value


def posterior(solution: Solution, at: Position, action: str) -> dict[Kind, Value]:
    """Beliefs in the mover's types after an action at a position: in those for which it costs least."""
    belief = solution.stage.beliefs[at.player or ""]
    weights = _counted(_by_kind(solution, at, action))
    norm = 1.0 / ir.total(weights, solution.stage.builder)
    return {kind: w * norm for kind, w in zip(belief, weights, strict=True)}


def log_weights(solution: Solution, steps: Sequence[Sequence[tuple[Position, str]]]) -> list[Value]:
    """The log-probabilities, up to a constant, of ways through the tree, each as positions with the action taken there."""
    zero, found = solution.stage.builder.const(0), list[tuple[Value, Value]]()
    for way in steps:
        parts = [_rarity(solution, at, action) for at, action in way]
        found.append((sum((p.cost for p in parts), zero), sum((ir.log(p.share) for p in parts), zero)))
    least = _within(_least([cost for cost, _ in found]))
    return [ir.choose(least, cost, log, GONE) for cost, log in found]


def _rarity(solution: Solution, at: Position, action: str) -> Rarity:
    """Of an action at a position, over the mover's types."""
    if solution.stage.settled(at) or at.player is None:
        p = solution.mean(at)[list(at.children).index(action)]
        return Rarity(ir.choose(_zero(p), p, IMPOSSIBLE, 0.0), ir.choose(_zero(p), p, 1.0, p))
    by_kind = _by_kind(solution, at, action)
    return Rarity(_least([r.cost for r in by_kind]), ir.total(_counted(by_kind), solution.stage.builder))


def _by_kind(solution: Solution, at: Position, action: str) -> list[Rarity]:
    """The same for each type of the mover, times the belief in it; a type that nobody believes in costs too much to count."""
    stage, player = solution.stage, at.player or ""
    index, precision, found = list(at.children).index(action), _precision(solution, player), list[Rarity]()
    for kind, payoffs in solution.payoffs_by_kind(player, at).items():
        if index not in stage.open(at):
            found.append(Rarity(stage.builder.const(IMPOSSIBLE), stage.beliefs[player][kind]))
            continue
        open_ = [payoffs[k] for k in stage.open(at)]
        top = -_least([-u for u in open_])
        scaled = precision * (top - payoffs[index])
        if stage.rule != "logit":
            lead = scaled / solution.error(at)
            scaled = lead * lead
        ties = ir.total((ir.choose(u, top, 1.0, 0.0) for u in open_), stage.builder)
        belief = stage.beliefs[player][kind]
        cost = scaled if belief.constant == 1 else scaled + ir.choose(_zero(belief), belief, IMPOSSIBLE, 0.0)
        found.append(Rarity(cost, belief / ties))
    return found


def _precision(solution: Solution, player: str) -> Value:
    """A player's precision beside that of the others: where all are equally precise, how precise they are is of no matter."""
    stage = solution.stage
    every = {p: stage.precision(p) for p in stage.beliefs}
    return stage.builder.const(1) if len({v.id for v in every.values()}) == 1 else every[player]


def _counted(parts: Sequence[Rarity]) -> list[Value]:
    """The shares of those that cost least, zero for the others."""
    if len(parts) == 1:
        return [parts[0].share]
    least = _within(_least([p.cost for p in parts]))
    return [ir.choose(least, p.cost, p.share, 0.0) for p in parts]


def _within(least: Value) -> Value:
    """What counts as no more than the least cost."""
    return least * (1 + TIE) + TIE


def _least(costs: Sequence[Value]) -> Value:
    found = costs[0]
    for cost in costs[1:]:
        found = ir.minimum(found, cost)
    return found


def _zero(like: Value) -> Value:
    return like.builder.const(0)
