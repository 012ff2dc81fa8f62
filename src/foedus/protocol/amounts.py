"""Amounts that come with an action, such as how much is demanded: one action stands for many.

A list makes one action of each amount. A range stands for a choice from all that lies between its ends: players choose a density
proportional to exp(precision x expected payoff), computed by the trapezium rule, whose error falls with the square of the step.
The weights of its points sum to one, so the range as a whole counts as one action, however many points there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from foedus.errors import MeaningError, nearest
from foedus.formulas import Arithmetic, Constant, Expression, Formula, parse, specialise
from foedus.protocol.protocol import Amount
from foedus.protocol.schema import BranchSchema, MarkSchema

POINTS = 21  # of a range, unless the file says otherwise


def amounts_of(mark: MarkSchema) -> tuple[Amount, ...]:
    """The amounts of a mark that an action may choose; none for a plain mark.

    Raises:
        MeaningError: both a list and a range, points without a range, an amount twice or not finite, or ends that are one number.
    """
    if mark.among is not None and mark.between is not None:
        raise MeaningError("a mark has amounts either 'among' a list or 'between' two ends", fix="give one of the two")
    if mark.points is not None and mark.between is None:
        raise MeaningError("'points' says how finely a range is computed, and there is none", fix="add 'between: [low, high]'")
    if mark.among is not None:
        return _listed(mark.among)
    return () if mark.between is None else _range(parse(mark.between[0]), parse(mark.between[1]), mark.points or POINTS)


def _listed(among: list[float]) -> tuple[Amount, ...]:
    if not all(map(math.isfinite, among)):
        raise MeaningError("an amount must be finite", fix="write finite numbers")
    if len({f"{x:g}" for x in among}) < len(among):
        raise MeaningError("an amount stands twice in 'among'", fix="list each once")
    return tuple(Amount(f"{x:g}", parse(x), 1.0) for x in among)


def _range(low: Formula, high: Formula, count: int) -> tuple[Amount, ...]:
    ends = [specialise(end.root, {}) for end in (low, high)]
    if isinstance(ends[0], Constant) and ends[0] == ends[1]:
        raise MeaningError(f"the range runs from {low.text} to itself", fix="give two ends, or 'among' with one amount")
    step, found = 1 / (count - 1), []
    for k in range(count):
        share = k / (count - 1)
        root = _between(ends[0], ends[1], share)
        value = root.value if isinstance(root, Constant) else None
        shown = f"{value:.6g}" if value is not None else f"{100 * share:.6g}%"
        weight = step / 2 if k in (0, count - 1) else step
        found.append(Amount(shown, Formula(f"{low.text} to {high.text}, {100 * share:.6g}%", root), weight))
    return tuple(found)


def _between(low: Expression, high: Expression, share: float) -> Expression:
    if share in (0.0, 1.0):
        return high if share else low
    whole = Arithmetic("+", Arithmetic("*", Constant(1 - share), low), Arithmetic("*", Constant(share), high))
    found = specialise(whole, {})
    # one rounding for the sum, so that a point of a plain range is shown as it is computed
    return Constant(round(found.value, 15)) if isinstance(found, Constant) else found


def check_choice(branch: BranchSchema, marks: Mapping[str, MarkSchema]) -> None:
    """Refuse an action that chooses no amount.

    Raises:
        MeaningError: an unknown mark, one without amounts, or an outcome of chance that chooses.
    """
    name = branch.choose or ""
    if branch.probability is not None:
        raise MeaningError("chance chooses no amount", fix="write its outcomes one by one")
    if name not in marks:
        raise MeaningError(f"unknown mark '{name}'", fix=nearest(name, marks))
    if marks[name].among is None and marks[name].between is None:
        raise MeaningError(
            f"the mark '{name}' has no amounts to choose from", fix="give it 'among: [...]' or 'between: [low, high]'"
        )
    if name in branch.marks:
        raise MeaningError(f"the action both chooses '{name}' and sets it", fix="remove one")
