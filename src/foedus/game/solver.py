"""The logit agent quantal response equilibrium of a tree, by backward induction, and its limit, the subgame-perfect solution.

Every position's value is expected payoff, not the log-sum of exponentials; a private type enters its own player's payoffs alone,
so nodes before that player use its mean behaviour and nodes after need no posterior (McKelvey and Palfrey 1998).

Other rules of choice come from the strategic estimation of such games (Signorino 1999, 2003): `probit` errs in choosing, with
normal errors of standard deviation 1 / precision on each of two or three actions; under `probit_private`, for two actions, the
errors are on the mover's payoff at each outcome, so an action errs by the root of the sum of squared probabilities of the
outcomes it leads to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from foedus.game import limits
from foedus.game.tree import Play, Position
from foedus.program import ir
from foedus.program.ir import Builder, Value
from foedus.program.normal import both_below, log_normal_cdf, normal_cdf
from foedus.protocol.schema import Rule

Kind = str | None  # a private type, or None for a player without
LEAST = 1e-300  # a probability below which its logarithm falls no further
NEVER = -1000.0  # the log-probability of a move that cannot happen: where all ways are such, those with the fewest count


@dataclass(frozen=True)
class Stage:
    """One crisis to be solved, as values of a program.

    Attributes:
        tree: the game.
        builder: where instructions go.
        payoff: a player's payoff at a play, for the types of some players: its own at least.
        chance: the probability of an outcome of chance.
        precision: a player's precision of choice.
        beliefs: for each player its types and the others' belief in each; {None: 1} for one without.
        forced: node to the actions to which its mover is held; where it is one, it is taken whatever it pays.
        limit: choose the best action (ties shared equally) in place of the rule.
        rule: how choices err.
    """

    tree: Position
    builder: Builder
    payoff: Callable[[str, Mapping[str, Kind], Play], Value]
    chance: Callable[[Position, str], Value]
    precision: Callable[[str], Value]
    beliefs: Mapping[str, Mapping[Kind, Value]]
    forced: Mapping[str, Collection[str]]
    limit: bool = False
    rule: Rule = "logit"

    def open(self, at: Position) -> list[int]:
        """The actions that may be taken at a position, by number."""
        allowed = self.forced.get(at.node, at.children)
        return [k for k, action in enumerate(at.children) if action in allowed]

    def settled(self, at: Position) -> bool:
        """Whether one action alone may be taken at a position because it is forced."""
        return at.node in self.forced and len(self.open(at)) == 1

    def certain(self, at: Position) -> list[Value]:
        """Probabilities at a position where one action is forced."""
        return [self.builder.const(float(a in self.forced[at.node])) for a in at.children]

    def weighted(self, at: Position, scores: Sequence[Value]) -> list[Value]:
        """The scores of the open actions, each with the logarithm of its weight."""
        weights = [at.weights[k] for k in self.open(at)]
        return [s + math.log(w) for s, w in zip(scores, weights, strict=True)]

    def spread(self, at: Position, of_open: Sequence[Value], closed: float) -> list[Value]:
        """Values of the open actions as values of all."""
        if len(of_open) == len(at.children):
            return list(of_open)
        found = [self.builder.const(closed)] * len(at.children)
        for k, value in zip(self.open(at), of_open, strict=True):
            found[k] = value
        return found


class Solution:
    """The solved stage: choices and values at every position, and the probability of every play."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.choices: dict[Position, dict[Kind, list[Value]]] = {}
        self._values: dict[Position | Play, dict[tuple[str, Kind], Value]] = {}
        self._means: dict[Position, list[Value]] = {}
        self._solve(stage.tree)

    def _solve(self, at: Position | Play) -> dict[tuple[str, Kind], Value]:
        stage = self.stage
        kinds = [(player, kind) for player, types in stage.beliefs.items() for kind in types]
        if isinstance(at, Play):
            values = {pk: stage.payoff(pk[0], {pk[0]: pk[1]}, at) for pk in kinds}
        else:
            below = [self._solve(child) for child in at.children.values()]
            chosen = self.choices[at] = self._choose(at, below)
            mean = self.mean(at)
            values = {pk: _mixed(chosen[pk[1]] if pk[0] == at.player else mean, [b[pk] for b in below]) for pk in kinds}
        self._values[at] = values
        return values

    def _choose(self, at: Position, below: list[dict[tuple[str, Kind], Value]]) -> dict[Kind, list[Value]]:
        stage = self.stage
        if stage.settled(at):
            return {kind: stage.certain(at) for kind in (stage.beliefs[at.player] if at.player else [None])}
        if at.player is None:
            return {None: [stage.chance(at, action) for action in at.children]}
        best = {kind: [below[k][at.player, kind] for k in stage.open(at)] for kind in stage.beliefs[at.player]}
        return {kind: stage.spread(at, self._respond(at, at.player, payoffs), 0.0) for kind, payoffs in best.items()}

    def _respond(self, at: Position, player: str, payoffs: list[Value]) -> list[Value]:
        if self.stage.limit:
            return _best(payoffs)
        precision = self.stage.precision(player)
        if self.stage.rule != "logit" and len(payoffs) == 3:
            return _of_three(precision, payoffs)
        if self.stage.rule != "logit":
            second = normal_cdf(precision * (payoffs[1] - payoffs[0]) / self.error(at))
            return [1.0 - second, second]
        if len(payoffs) == 2 and at.weights == (1.0, 1.0):
            second = ir.sigmoid(precision * (payoffs[1] - payoffs[0]))
            return [1.0 - second, second]
        return ir.softmax(self.stage.weighted(at, [precision * u for u in payoffs]))

    def error(self, at: Position) -> Value:
        """The standard deviation of the error in the difference of two actions' payoffs, at precision one."""
        if self.stage.rule == "probit":
            return self.stage.builder.const(math.sqrt(2))
        first, second = (self._concentration(child) for child in at.children.values())
        return ir.sqrt(first + second)

    def _concentration(self, at: Position | Play) -> Value:
        """The sum over outcomes below a position of their squared probability from there."""
        if isinstance(at, Play):
            return self.stage.builder.const(1)
        below = (self._concentration(child) for child in at.children.values())
        return ir.total((p * p * c for p, c in zip(self.mean(at), below, strict=True)), self.stage.builder)

    def mean(self, at: Position) -> list[Value]:
        """The probability of each action at a position, over the mover's types."""
        if at not in self._means:
            belief, by_action = list(self.prior(at).values()), zip(*self.choices[at].values(), strict=True)
            self._means[at] = [_mixed(belief, list(p)) for p in by_action]
        return self._means[at]

    def value(self, player: str, at: Position | Play) -> Value:
        """A player's expected payoff at a position, over its types as others believe them there."""
        belief = self._beliefs(player, at)
        return _mixed(list(belief.values()), [self._values[at][player, kind] for kind in belief])

    def payoffs_by_kind(self, player: str, at: Position) -> dict[Kind, list[Value]]:
        """For each type of a player, its expected payoff after each action at a position."""
        return {
            kind: [self._values[child][player, kind] for child in at.children.values()] for kind in self.stage.beliefs[player]
        }

    @cached_property
    def reach(self) -> dict[Position | Play, Value]:
        """The probability of every position and play."""
        found: dict[Position | Play, Value] = {self.stage.tree: self.stage.builder.const(1)}
        for at in self.stage.tree.positions:
            for child, p in zip(at.children.values(), self.mean(at), strict=True):
                found[child] = found[at] * p
        return found

    def expectation(self, of: Callable[[Play], Value]) -> Value:
        """The expected value over plays of a value at each."""

        def expected(at: Position | Play) -> Value:
            if isinstance(at, Play):
                return of(at)
            return _mixed(self.mean(at), [expected(child) for child in at.children.values()])

        return expected(self.stage.tree)

    def log_choice(self, at: Position, kind: Kind) -> list[Value]:
        """Log-probabilities at a position, exact where the probabilities underflow."""
        if self.stage.settled(at) or at.player is None or self.stage.limit:
            return [ir.log(p) for p in self.choices[at][kind]]
        payoffs, precision = self.payoffs_by_kind(at.player, at)[kind], self.stage.precision(at.player)
        if self.stage.rule != "logit" and len(payoffs) == 3:
            return [ir.log(ir.maximum(p, LEAST)) for p in self.choices[at][kind]]
        if self.stage.rule != "logit":
            lead = precision * (payoffs[1] - payoffs[0]) / self.error(at)
            return [log_normal_cdf(-lead), log_normal_cdf(lead)]
        scores = self.stage.weighted(at, [precision * payoffs[k] for k in self.stage.open(at)])
        return self.stage.spread(at, ir.log_softmax(scores), NEVER)

    def prior(self, at: Position) -> dict[Kind, Value]:
        """Beliefs in the mover's types at a position, before it moves."""
        return dict(self.stage.beliefs[at.player]) if at.player else {}

    def belief(self, play: Play, player: str, kind: Kind) -> Value:
        """The belief in a type at the end of a play."""
        return self._beliefs(player, play)[kind]

    def _beliefs(self, player: str, at: Position | Play) -> Mapping[Kind, Value]:
        """Beliefs in a player's types after all moves that lead to a position."""
        for before, action in self.steps(at):
            if before.player == player:
                return self.posterior(before, action)
        return self.stage.beliefs[player]

    def steps(self, to: Position | Play) -> list[tuple[Position, str]]:
        """The positions on the way, each with the action taken there."""
        at: Position | Play = self.stage.tree
        found: list[tuple[Position, str]] = []
        for action in to.path:
            assert isinstance(at, Position)
            found.append((at, action))
            at = at.children[action]
        return found

    def log_weights(self, plays: Sequence[Position | Play]) -> list[Value]:
        """The log-probabilities of some plays or positions, up to a constant that they share; exact for rare moves too."""
        taken = [dict(self.steps(play)) for play in plays]
        common = {at for at in taken[0] if all(t.get(at) == taken[0][at] for t in taken)}
        apart = [[(at, a) for at, a in steps.items() if at not in common] for steps in taken]
        if self.stage.limit:
            return limits.log_weights(self, apart)
        zero = self.stage.builder.const(0)
        return [sum((self.log_mean(at, a) for at, a in steps), zero) for steps in apart]

    def log_mean(self, at: Position, action: str) -> Value:
        """The log-probability of an action at a position, over the mover's types."""
        index = list(at.children).index(action)
        if self.stage.settled(at) or at.player is None:
            p = self.mean(at)[index]
            return ir.maximum(ir.log(p), NEVER)
        belief = self.stage.beliefs[at.player]
        if len(belief) == 1:
            return self.log_choice(at, next(iter(belief)))[index]
        return ir.log_total([ir.log(b) + self.log_choice(at, kind)[index] for kind, b in belief.items()])

    @property
    def status(self) -> dict[str, Value]:
        """Backward induction cannot fail to follow a branch: nothing to say."""
        return {}

    def posterior(self, at: Position, action: str) -> dict[Kind, Value]:
        """Beliefs in the mover's types after an action at a position, by Bayes' rule, or by its limit."""
        belief = self.prior(at)
        if self.stage.settled(at) or len(belief) < 2:
            return belief
        if self.stage.limit:
            return limits.posterior(self, at, action)
        index = list(at.children).index(action)
        scores = [ir.log(b) + self.log_choice(at, kind)[index] for kind, b in belief.items()]
        return dict(zip(belief, ir.softmax(scores), strict=True))


def _mixed(weights: list[Value], values: list[Value]) -> Value:
    """Their weighted mean; weights sum to one."""
    if len(values) == 2 and values[0].id != values[1].id:
        return values[0] + weights[1] * (values[1] - values[0])  # one product less, and every fork of two takes it
    return ir.weighted(weights, values)


def _of_three(precision: Value, payoffs: list[Value]) -> list[Value]:
    """The probability of each of three actions under normal errors: its leads over the two others must both be positive."""
    leads = [[precision * (u - v) * math.sqrt(0.5) for v in payoffs if v is not u] for u in payoffs]
    chosen = [both_below(h, k) for h, k in leads]
    norm = 1.0 / ir.total(chosen, precision.builder)
    return [p * norm for p in chosen]


def _best(payoffs: list[Value]) -> list[Value]:
    """Probability one on the best action, shared equally among ties."""
    top = payoffs[0]
    for u in payoffs[1:]:
        top = ir.maximum(top, u)
    best = [ir.choose(u, top, 1.0, 0.0) for u in payoffs]
    norm = 1.0 / ir.total(best, top.builder)
    return [b * norm for b in best]
