"""Borgonovo's delta: how far knowing a number moves the whole distribution of an output, not only its variance.

Delta is half the expected distance between the output's density and its density given the number (Borgonovo 2007, doi
10.1016/j.ress.2006.04.015), here from given draws, which may be correlated (Plischke, Borgonovo and Smith 2013, doi
10.1016/j.ejor.2012.11.047): draws are sorted into classes by the number, outputs into cells of equal count. Delta does not change
when the output is transformed monotonically, so skew does not matter. Chance alone makes such an estimate positive: its bias is
taken out by the bootstrap, and it counts as distinguishable from zero only beyond what shuffled draws give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array

CLASSES, CELLS = 12, 12
RESAMPLES, SHUFFLES = 40, 60
MOST = 8192  # draws used: more would not change what is told


@dataclass(frozen=True, slots=True)
class Delta:
    """A number's delta with a 95% interval; `chance` is what shuffled draws exceed in one case of forty."""

    name: str
    value: float
    low: float
    high: float
    distinguishable: bool


def deltas(numbers: Mapping[str, Array], outcome: Array, *, seed: int = 1) -> tuple[Delta, ...]:
    """Borgonovo's delta of every number.

    Args:
        numbers: label to (draw,).
        outcome: (draw,), a measure or 0 and 1; draws where it is not finite are left out.

    Returns:
        One for each number; none where the outcome is constant.
    """
    known = np.flatnonzero(np.isfinite(outcome))[:MOST]
    y = outcome[known]
    if y.size < CLASSES * CELLS or np.ptp(y) == 0:
        return ()
    cell = _cells(y)
    width, rng = int(cell.max()) + 1, np.random.default_rng([seed, y.size])
    rank = np.arange(y.size) * CLASSES // y.size
    null = np.array([_delta(rank, rng.permutation(cell), width) for _ in range(SHUFFLES)])
    bar = float(np.quantile(null, 0.975))
    return tuple(_one(name, values[known], cell, width, rank, bar, rng) for name, values in numbers.items())


def _one(
    name: str, x: Array, cell: NDArray[np.int64], width: int, rank: NDArray[np.int64], bar: float, rng: np.random.Generator
) -> Delta:
    """One delta, less its bias by the bootstrap, with the basic bootstrap interval."""
    group = np.empty(x.size, dtype=np.int64)
    group[np.argsort(x, kind="stable")] = rank
    found = _delta(group, cell, width)
    joint = np.bincount(group * width + cell, minlength=CLASSES * width) / x.size
    again = np.array([_distance(t.reshape(CLASSES, width)) for t in rng.multinomial(x.size, joint, size=RESAMPLES)])
    low, high = np.clip(2 * found - np.quantile(again, [0.975, 0.025]), 0, 1)
    value = float(np.clip(2 * found - again.mean(), 0, 1))
    return Delta(name, value, float(low), float(high), found > bar)


def _cells(y: Array) -> NDArray[np.int64]:
    """The cell of every output: its own for each of few values, else cells of equal count."""
    values, at = np.unique(y, return_inverse=True)
    if values.size <= CELLS:
        return at
    edges = np.quantile(y, np.arange(1, CELLS) / CELLS)
    return np.searchsorted(edges, y, side="right")


def _delta(group: NDArray[np.int64], cell: NDArray[np.int64], width: int) -> float:
    return _distance(np.bincount(group * width + cell, minlength=CLASSES * width).reshape(CLASSES, width))


def _distance(table: NDArray[np.int64]) -> float:
    """Half the expected distance between rows and the whole, for counts (class, cell)."""
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    return float(np.abs(table - expected).sum() / n / 2)
