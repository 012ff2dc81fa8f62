"""Expectations over the plays of a solved game: before play, after some moves were seen, or at one play that chance picked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from foedus.errors import MeaningError
from foedus.game.general import GeneralSolution
from foedus.game.solver import Solution
from foedus.game.tree import Play
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
    plays = [p for p in solution.stage.tree.plays if _holds({n: a for n, _, a in p.steps}, moves)]
    if not plays:
        shown = ", ".join(f"{n} = {' or '.join(a)}" for n, a in moves.items())
        raise MeaningError(f"no play of the game holds {shown} together", fix="give moves that can follow one another")
    weights = ir.softmax(solution.log_weights(plays))

    def after_them(of: Callable[[Play], Value]) -> Value:
        return ir.total((w * of(p) for w, p in zip(weights, plays, strict=True)), solution.stage.builder)

    return after_them


def _holds(taken: Mapping[str, str], moves: Mapping[str, Collection[str]]) -> bool:
    return all(node in taken and taken[node] in actions for node, actions in moves.items())


def posterior(solution: AnySolution, over: OverPlays, player: str, kind: str) -> Value:
    """The expected belief in a type of a player after the crisis, by Bayes' rule at each play."""
    return over(lambda play: solution.belief(play, player, kind))
