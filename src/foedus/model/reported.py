"""What follows from reports of a crisis' moves: how likely they are, and what is then to be expected of its plays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from foedus.game.solver import NEVER, Solution
from foedus.game.tree import Play, Position
from foedus.program import ir
from foedus.program.ir import Value

ELSEWHERE = ""  # in place of an action: the play does not pass the node
Sight = str | Mapping[str, Value]
"""What is known of a node: the action taken there, or the log-likelihood of what is reported of it under each action."""


class Reported:
    """A solved crisis of whose moves something is reported.

    Args:
        solution: of the crisis.
        moves: node to the actions one of which was taken there, or to the log-likelihood of what is reported of it under each
            action and `ELSEWHERE`.
    """

    def __init__(self, solution: Solution, moves: Mapping[str, Collection[str] | Mapping[str, Value]]) -> None:
        self.solution, self.builder = solution, solution.stage.builder
        self.told = {node: sight if isinstance(sight, Mapping) else self._certain(node, sight) for node, sight in moves.items()}
        self._logs: dict[Position | Play, Value] = {}
        self._shares: dict[Position, list[Value]] = {}

    def _certain(self, node: str, taken: Collection[str]) -> Mapping[str, Value]:
        actions = next(at.children for at in self.solution.stage.tree.positions if at.node == node)
        return {a: self.builder.const(0.0 if a in taken else NEVER) for a in (*actions, ELSEWHERE)}

    @property
    def log_probability(self) -> Value:
        """The logarithm of the probability of what is reported."""
        return self._log(self.solution.stage.tree, frozenset())

    def log_weights(self) -> list[Value]:
        """The log-probability of every play before anything is reported."""
        return self.solution.log_weights(self.solution.stage.tree.plays)

    def expectation(self, of: Callable[[Play], Value]) -> Value:
        """The expected value over plays, given what is reported."""
        _ = self.log_probability

        def expected(at: Position | Play) -> Value:
            if isinstance(at, Play):
                return of(at)
            values = [expected(child) for child in at.children.values()]
            return ir.weighted(self._shares[at], values)

        return expected(self.solution.stage.tree)

    def _log(self, at: Position | Play, passed: frozenset[str]) -> Value:
        """The log-probability of what is reported from a position on."""
        if at in self._logs:
            return self._logs[at]
        if isinstance(at, Play):
            missed = [self.told[node][ELSEWHERE] for node in self.told if node not in passed]
            found = sum(missed, self.builder.const(0))
        else:
            likely = self.told.get(at.node)
            logs = [
                self.solution.log_mean(at, action) + self._log(child, passed | {at.node}) for action, child in at.children.items()
            ]
            if likely is not None:
                logs = [log + likely[action] for log, action in zip(logs, at.children, strict=True)]
            found = ir.log_total(logs)
            self._shares[at] = ir.softmax(logs)
        self._logs[at] = found
        return found
