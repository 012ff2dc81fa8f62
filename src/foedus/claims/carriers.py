"""Which numbers carry a claim: the share of its variance that one number alone accounts for.

A given-data estimate of the first-order index (Plischke, Borgonovo and Smith 2013, doi 10.1016/j.ejor.2012.11.047): the draws are
sorted by the number into classes of equal size, and the variance between classes is compared with the whole, less what chance
would put there. Intervals by the jackknife over groups of draws. It holds for correlated numbers too, whose share it then counts
for each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array

CLASSES = 32  # fewer would leave more of a number's variance inside classes than the intervals allow for
GROUPS = 10
FEWEST = CLASSES * GROUPS * 2  # draws below which a class holds too few to tell
_T95 = 2.262  # Student's 97.5% quantile with 9 degrees of freedom


@dataclass(frozen=True, slots=True)
class Carrier:
    """A number's share in a claim's variance, with a 95% interval; not distinguishable from zero where low is 0."""

    name: str
    index: float
    low: float
    high: float


@dataclass(frozen=True)
class Classes:
    """Draws sorted into classes, once for each number.

    Attributes:
        cells: label to (draw,): the group and class of each draw as one index.
        group: (draw,).
    """

    cells: Mapping[str, NDArray[np.int64]]
    group: NDArray[np.int64]


def classes(numbers: Mapping[str, Array]) -> Classes:
    """Sort draws into classes of equal size by each number; numbers that are known are passed over.

    Args:
        numbers: label to (draw,).
    """
    uncertain = {name: values for name, values in numbers.items() if values.ndim}
    count = next((v.size for v in uncertain.values()), 0)
    group = np.arange(count) % GROUPS
    rank = np.arange(count) * CLASSES // max(count, 1)
    cells = {}
    for name, values in uncertain.items():
        cell = np.empty(count, dtype=np.int64)
        cell[np.argsort(values)] = rank
        cells[name] = group * CLASSES + cell
    return Classes(cells, group)


def carriers(sorted_draws: Classes, outcome: Array, only: Collection[str], most: int = 3) -> list[Carrier]:
    """The numbers with the largest indices.

    Args:
        sorted_draws: the draws by class.
        outcome: (draw,): the claim (0 or 1) or its margin; where it is not finite the draw is left out.
        only: the labels that the claim depends on.
        most: how many are wanted.
    """
    known = np.isfinite(outcome)
    values = np.where(known, outcome, 0.0)
    if known.sum() < FEWEST or np.ptp(values[known]) == 0:
        return []
    squares = np.asarray(np.bincount(sorted_draws.group, values**2, minlength=GROUPS), dtype=np.float64)
    weights = None if known.all() else known.astype(float)
    found = [Carrier(name, *_index(cell, values, weights, squares)) for name, cell in sorted_draws.cells.items() if name in only]
    return sorted(found, key=lambda c: -c.index)[:most]


def _index(cell: NDArray[np.int64], values: Array, weights: Array | None, squares: Array) -> tuple[float, float, float]:
    size, shape = GROUPS * CLASSES, (GROUPS, CLASSES)
    counts = np.bincount(cell, weights, minlength=size).reshape(shape).astype(float)
    sums = np.bincount(cell, values, minlength=size).reshape(shape)
    whole = float(_share(counts.sum(0), sums.sum(0), squares.sum()))
    leave = _share(counts.sum(0) - counts, sums.sum(0) - sums, squares.sum() - squares)
    pseudo = GROUPS * whole - (GROUPS - 1) * leave
    half = _T95 * pseudo.std(ddof=1) / np.sqrt(GROUPS)
    return max(whole, 0.0), max(whole - half, 0.0), min(max(whole + half, 0.0), 1.0)


def _share(counts: Array, sums: Array, squares: Array) -> Array:
    """The variance between classes, the last axis, as a share of the whole, without what chance puts there."""
    n, k = counts.sum(-1), counts.shape[-1]
    mean = sums.sum(-1) / n
    total = squares - n * mean**2
    between = (sums**2 / np.maximum(counts, 1)).sum(-1) - n * mean**2
    within = (total - between) / (n - k)
    with np.errstate(all="ignore"):
        return np.where(total > 0, (between - (k - 1) * within) / total, 0.0)
