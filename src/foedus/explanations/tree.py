"""A shallow decision tree as a second view of where a claim holds (Breiman, Friedman, Olshen and Stone 1984)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array

DEPTH, LEAST_LEAF, LEAST_GAIN = 3, 0.05, 0.002
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """A node: `name` below `at` leads to `below`, otherwise to `above`; shares are of held-out draws, NaN where none come here.

    Attributes:
        probability: share of its draws in which the claim holds. mass: share of all draws that come here.
        name: empty for a leaf.
    """

    probability: float
    mass: float
    name: str = ""
    at: float = float("nan")
    below: Split | None = None
    above: Split | None = None


def grow(learn: Mapping[str, Array], wanted: Truth, test: Mapping[str, Array], truth: Truth, depth: int = DEPTH) -> Split:
    """A tree that splits where the Gini impurity falls most.

    Args:
        learn, wanted: draws to learn from, label to (draw,), and where the claim holds. test, truth: held-out draws.
        depth: questions asked at most.
    """
    names = list(learn)
    x, held = (np.stack([of[n] for n in names], axis=1) for of in (learn, test))
    return _grow(names, (x, wanted), (held, truth), (len(x), len(held)), depth)


def _grow(names: list[str], learn: tuple[Array, Truth], test: tuple[Array, Truth], whole: tuple[int, int], depth: int) -> Split:
    (x, y), (held, truth) = learn, test
    share = float(truth.mean()) if truth.size else float("nan")
    found = _best(x, y, whole[0]) if depth else None
    if found is None:
        return Split(share, truth.size / whole[1])
    d, at = found
    left, right = x[:, d] < at, held[:, d] < at
    below = _grow(names, (x[left], y[left]), (held[right], truth[right]), whole, depth - 1)
    above = _grow(names, (x[~left], y[~left]), (held[~right], truth[~right]), whole, depth - 1)
    return Split(share, truth.size / whole[1], names[d], at, below, above)


def _best(x: Array, y: Truth, whole: int) -> tuple[int, float] | None:
    """The dimension and value to split at; None where no split with large enough leaves gains enough."""
    n, least, best = len(y), max(int(LEAST_LEAF * whole), 1), (LEAST_GAIN, -1, 0.0)
    if n < 2 * least or y.all() or not y.any():
        return None
    for d in range(x.shape[1]):
        order = np.argsort(x[:, d], kind="stable")
        values, hits = x[order, d], np.cumsum(y[order])
        size = np.arange(1, n + 1)
        left, right = hits / size, (hits[-1] - hits) / np.maximum(n - size, 1)
        impurity = (size * left * (1 - left) + (n - size) * right * (1 - right)) * 2 / whole
        p = hits[-1] / n
        gain = np.where(np.append(np.diff(values) > 0, False), 2 * n * p * (1 - p) / whole - impurity, -np.inf)
        gain[: least - 1] = gain[n - least :] = -np.inf
        k = int(gain.argmax())
        if gain[k] > best[0]:
            best = (float(gain[k]), d, float((values[k] + values[k + 1]) / 2))
    return (best[1], best[2]) if best[1] >= 0 else None


def leaves(split: Split, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Split]]:
    """Every leaf with the conditions that lead to it."""
    if split.below is None or split.above is None:
        yield path, split
        return
    yield from leaves(split.below, (*path, f"{split.name} < {split.at:.3g}"))
    yield from leaves(split.above, (*path, f"{split.name} ≥ {split.at:.3g}"))
