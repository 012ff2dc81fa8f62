"""Which numbers carry a claim: the share of its variance that one number alone accounts for.

A given-data estimate of the first-order index (Plischke, Borgonovo and Smith 2013, doi 10.1016/j.ejor.2012.11.047): the draws are
sorted by the number into classes of equal size, and the variance between classes is compared with the whole, less what chance
would put there. Intervals by the jackknife over groups of draws. It holds for correlated numbers too, whose share it then counts
for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.streams import Array

CLASSES = 16
GROUPS = 10
_T95 = 2.262  # Student's 97.5% quantile with 9 degrees of freedom


@dataclass(frozen=True, slots=True)
class Carrier:
    """A number's share in a claim's variance, with a 95% interval; not distinguishable from zero where low is 0."""

    name: str
    index: float
    low: float
    high: float


def carriers(numbers: Mapping[str, Array], outcome: Array, most: int = 3) -> list[Carrier]:
    """The numbers with the largest indices.

    Args:
        numbers: label to (draw,); those that are known are passed over.
        outcome: (draw,), finite: the claim (0 or 1) or its margin.
        most: how many are wanted.
    """
    count = outcome.size
    if count < CLASSES * GROUPS * 2 or np.ptp(outcome) == 0:
        return []
    group = np.arange(count) % GROUPS
    found = [Carrier(name, *_index(values, outcome, group)) for name, values in numbers.items() if values.size == count]
    return sorted(found, key=lambda c: -c.index)[:most]


def _index(values: Array, outcome: Array, group: Array) -> tuple[float, float, float]:
    ranks = np.empty(values.size, dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(values.size)
    cell = group * CLASSES + ranks * CLASSES // values.size
    shape = (GROUPS, CLASSES)
    counts = np.bincount(cell, minlength=GROUPS * CLASSES).reshape(shape).astype(float)
    sums = np.bincount(cell, outcome, minlength=GROUPS * CLASSES).reshape(shape)
    squares = np.bincount(group, outcome**2, minlength=GROUPS)
    whole = _share(counts.sum(0), sums.sum(0), squares.sum())
    leave = np.array([_share(counts.sum(0) - counts[g], sums.sum(0) - sums[g], squares.sum() - squares[g]) for g in range(GROUPS)])
    pseudo = GROUPS * whole - (GROUPS - 1) * leave
    half = _T95 * pseudo.std(ddof=1) / np.sqrt(GROUPS)
    return max(whole, 0.0), max(whole - half, 0.0), min(max(whole + half, 0.0), 1.0)


def _share(counts: Array, sums: Array, squares: float) -> float:
    """The variance between classes as a share of the whole, without what chance puts there."""
    n, k = counts.sum(), len(counts)
    mean = sums.sum() / n
    total = squares - n * mean**2
    between = (sums**2 / counts).sum() - n * mean**2
    within = (total - between) / (n - k)
    return float((between - (k - 1) * within) / total) if total > 0 else 0.0
