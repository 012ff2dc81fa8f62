"""The operators of formulas: what each wants and the unit of what it gives.

choice(node.action)                probability of the action at its node, given that the node is reached
probability(formula of marks)      expected value over outcomes of a formula that is 0 or 1 at each
expectation(formula of marks)      expected value over outcomes
value(player) value(player, node)  expected payoff at the start, or at a node given that it is reached
moves(node)                        distribution over the actions of a node
wish(player, node)                 distribution over those actions if this player chose by its own payoff
total_variation(p, q)              half the sum of absolute differences of two distributions
do(e, node = action, …)            e when the action is forced and everybody knows; nothing is learnt from it
given(e, node = action, …)         e after the action was seen; beliefs are revised by Bayes' rule
under(e, name = formula, …)        e when these quantities are other than they are
after(e)                           e in the next crisis, with the state it inherits
posterior(player.type)             the others' belief in a type after this crisis
next(name)                         the value of a state or definition that the next crisis inherits
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Context = Literal["measure", "next"]


@dataclass(frozen=True)
class Operator:
    """Where an operator may stand, and how many plain arguments it takes."""

    contexts: frozenset[Context]
    fewest: int
    most: int
    vector: bool = False


_BOTH: frozenset[Context] = frozenset({"measure", "next"})
_MEASURE: frozenset[Context] = frozenset({"measure"})
_NEXT: frozenset[Context] = frozenset({"next"})

OPERATORS: dict[str, Operator] = {
    "choice": Operator(_BOTH, 1, 1),
    "probability": Operator(_MEASURE, 1, 1),
    "expectation": Operator(_MEASURE, 1, 1),
    "value": Operator(_BOTH, 1, 2),
    "moves": Operator(_MEASURE, 1, 1, vector=True),
    "wish": Operator(_MEASURE, 2, 2, vector=True),
    "total_variation": Operator(_MEASURE, 2, 2),
    "do": Operator(_MEASURE, 1, 1),
    "given": Operator(_MEASURE, 1, 1),
    "under": Operator(_MEASURE, 1, 1),
    "after": Operator(_MEASURE, 1, 1),
    "posterior": Operator(_BOTH, 1, 1),
    "next": Operator(_NEXT, 1, 1),
}


def offered(context: Context | None) -> dict[str, Operator]:
    """The operators that formulas of this context may use."""
    return {n: o for n, o in OPERATORS.items() if context in o.contexts}
