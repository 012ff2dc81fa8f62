"""Expectations over the plays of a solved game: before play, after some moves were seen, or at one play that chance picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from foedus.errors import MeaningError
from foedus.game.solver import Solution
from foedus.game.tree import Play, Position
from foedus.program import ir
from foedus.program.ir import Value

OverPlays = Callable[[Callable[[Play], Value]], Value]


def expected(solution: Solution) -> OverPlays:
    """Before play: each play by its probability."""
    return solution.expectation


def sampled(solution: Solution, uniform: Value) -> OverPlays:
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


def seen(solution: Solution, moves: Mapping[str, str]) -> OverPlays:
    """After some moves were seen: the plays that hold them all, by their conditional probability.

    Raises:
        MeaningError: no play holds them all.
    """
    plays = [p for p in solution.stage.tree.plays if moves.items() <= {n: a for n, _, a in p.steps}.items()]
    if not plays:
        shown = ", ".join(f"{n} = {a}" for n, a in moves.items())
        raise MeaningError(f"no play of the game holds {shown} together", fix="give moves that can follow one another")
    weights = _conditional(solution, plays)

    def after_them(of: Callable[[Play], Value]) -> Value:
        return ir.total((w * of(p) for w, p in zip(weights, plays, strict=True)), solution.stage.builder)

    return after_them


def _conditional(solution: Solution, plays: list[Play]) -> list[Value]:
    """The probabilities of plays, given that one of them happens; in log space, so that rare moves can be seen too."""
    taken = [dict(_positions(solution.stage.tree, play)) for play in plays]
    common = {at for at in taken[0] if all(t.get(at) == taken[0][at] for t in taken)}
    zero = solution.stage.builder.const(0)
    scores = []
    for steps in taken:
        score = zero
        for at, action in steps.items():
            if at not in common:
                score = score + _log_mean(solution, at, action)
        scores.append(score)
    return ir.softmax(scores)


def _positions(at: Position | Play, play: Play) -> list[tuple[Position, str]]:
    found: list[tuple[Position, str]] = []
    for _, _, action in play.steps:
        assert isinstance(at, Position)
        found.append((at, action))
        at = at.children[action]
    return found


def _log_mean(solution: Solution, at: Position, action: str) -> Value:
    """The log-probability of an action at a position, over the mover's types."""
    index = list(at.children).index(action)
    chosen = solution.choices[at]
    if len(chosen) == 1:
        return solution.log_choice(at, next(iter(chosen)))[index]
    return ir.log(solution.mean(at)[index])


def posterior(solution: Solution, over: OverPlays, player: str, kind: str) -> Value:
    """The expected belief in a type of a player after the crisis, by Bayes' rule at each play."""
    prior = solution.stage.beliefs[player][kind]

    def at(play: Play) -> Value:
        for position, action in _positions(solution.stage.tree, play):
            if position.player == player:
                return solution.posterior(position, action)[kind]
        return prior

    return over(at)
