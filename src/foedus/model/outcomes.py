"""Expectations over the plays of a solved game: before play, after some moves were seen, or at one play that chance picked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from foedus.errors import MeaningError
from foedus.game.general import GeneralSolution
from foedus.game.solver import Solution
from foedus.game.tree import Play, Position
from foedus.program import ir
from foedus.program.ir import Value

AnySolution = Solution | GeneralSolution
OverPlays = Callable[[Callable[[Play], Value]], Value]


def expected(solution: AnySolution) -> OverPlays:
    """Before play: each play by its probability."""
    return solution.expectation


def sampled(solution: AnySolution, uniform: Value) -> OverPlays:
    """At the play whose interval of cumulated probability holds `uniform`; plays in the order of the tree."""
    plays = solution.stage.tree.plays
    bounds: list[Value] = []
    for play in plays[:-1]:
        reach = solution.reach[play]
        bounds.append(bounds[-1] + reach if bounds else reach)

    def at_the_play(of: Callable[[Play], Value]) -> Value:
        result = of(plays[0])
        previous = result
        for play, bound in zip(plays[1:], bounds, strict=True):
            value = of(play)
            if value.id != previous.id:
                result = ir.choose(uniform, bound, value, result)
            previous = value
        return result

    return at_the_play


def seen(solution: AnySolution, moves: Mapping[str, Collection[str]]) -> OverPlays:
    """After some moves were seen: the plays that hold them all, by their conditional probability.

    Args:
        moves: node to the actions one of which was seen there.

    Raises:
        MeaningError: no play holds them all.
    """
    plays = [p for p in solution.stage.tree.plays if holds(p, moves)]
    if not plays:
        shown = ", ".join(f"{n} = {' or '.join(a)}" for n, a in moves.items())
        raise MeaningError(f"no play of the game holds {shown} together", fix="give moves that can follow one another")
    weights = ir.softmax(solution.log_weights(plays))

    def after_them(of: Callable[[Play], Value]) -> Value:
        return ir.total((w * of(p) for w, p in zip(weights, plays, strict=True)), solution.stage.builder)

    return after_them


def holds(play: Play, moves: Mapping[str, Collection[str]]) -> bool:
    """Whether a play takes, at each of these nodes, one of these actions."""
    taken = {node: action for node, _, action in play.steps}
    return all(node in taken and taken[node] in actions for node, actions in moves.items())


def passes(play: Play, at: Position) -> bool:
    """Whether a play passes a position."""
    return play.path[: len(at.path)] == at.path


def passing(solution: AnySolution, positions: Sequence[Position], moves: Mapping[str, Collection[str]]) -> list[Value]:
    """How probable play is to pass each position, given moves that were seen, among the plays that pass any of them.

    Where nobody errs and none of them is ever passed, it is what they are beside each other on the way to that limit.
    """
    plays = [p for p in solution.stage.tree.plays if holds(p, moves) and any(passes(p, at) for at in positions)]
    weights, builder = ir.softmax(solution.log_weights(plays)), solution.stage.builder
    return [ir.total((w for w, p in zip(weights, plays, strict=True) if passes(p, at)), builder) for at in positions]


def posterior(solution: AnySolution, over: OverPlays, player: str, kind: str) -> Value:
    """The expected belief in a type of a player after the crisis, by Bayes' rule at each play."""
    return over(lambda play: solution.belief(play, player, kind))
