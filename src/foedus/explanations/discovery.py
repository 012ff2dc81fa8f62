"""Under which conditions a claim holds: boxes of numbers found by PRIM (Friedman and Fisher 1999, doi 10.1023/A:1008894516817).

A box starts as everything and is peeled, a twentieth of its draws at a time, from the side whose loss raises the share of wanted
draws most; then it is pasted back where that costs nothing. Limits that could be chance are dropped (the quasi-p value of Bryant
and Lempert 2010, doi 10.1016/j.techfore.2009.08.002). Everything told of a box is measured on draws it was not found with, and it
is found again in resampled draws to see how often each number comes back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array

PEEL, LEAST_MASS, SIGNIFICANT = 0.05, 0.05, 0.05
DIMENSIONS = 16  # numbers looked at: those that carry most
RESAMPLES = 10
LEARN = 4096
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Limit:
    """One side or both of a box.

    Attributes:
        low, high: ends; infinite where that side is open.
        quasi_p: the chance of so dense a box, were this limit idle, on held-out draws.
        reproduced: share of resamples in which this number is limited, too.
    """

    name: str
    low: float
    high: float
    quasi_p: float = float("nan")
    reproduced: float = float("nan")


@dataclass(frozen=True)
class Box:
    """Conditions under which what is wanted is common; shares are of held-out draws.

    Attributes:
        density: share of the box's draws that are wanted. coverage: share of the wanted draws that lie in the box.
        mass: share of all draws in the box. base: share of all draws that are wanted.
    """

    limits: tuple[Limit, ...]
    density: float
    coverage: float
    mass: float
    base: float


def find_box(learn: Mapping[str, Array], wanted: Truth, test: Mapping[str, Array], truth: Truth, *, seed: int = 1) -> Box | None:
    """The box, on the way of the peeling, that agrees best with what is wanted.

    Args:
        learn, wanted: draws to learn from, label to (draw,), and which are wanted, (draw,).
        test, truth: held-out draws.

    Returns:
        None where all or no draws are wanted, or where no number limits a denser box.
    """
    names = list(learn)
    x, y = np.stack([learn[n] for n in names], axis=1), np.asarray(wanted, dtype=bool)
    if y.all() or not y.any() or truth.all() or not truth.any():
        return None
    found = _significant(x, y, _prim(x, y))
    held = np.stack([test[n] for n in names], axis=1)
    limited = np.flatnonzero(np.isfinite(found).any(axis=0))
    if not limited.size or not _inside(held, found).any():
        return None
    again = _resampled(x, y, seed)
    limits = tuple(
        Limit(names[d], float(found[0, d]), float(found[1, d]), _quasi_p(held, truth, found, d), float(again[d]))
        for d in map(int, limited)
    )
    box = _measured(held, truth, found)
    return replace(box, limits=tuple(sorted(limits, key=lambda limit: limit.quasi_p)))


def screened(numbers: Mapping[str, Array], outcome: Truth, most: int = DIMENSIONS, keep: Sequence[str] = ()) -> list[str]:
    """The numbers whose middle differs most between draws where the outcome is true and where it is not, after those to keep."""
    y = np.asarray(outcome, dtype=bool)

    def gap(values: Array) -> float:
        order = np.argsort(values, kind="stable")
        yes = y[order]
        return float(np.abs(np.cumsum(yes) / max(yes.sum(), 1) - np.cumsum(~yes) / max((~yes).sum(), 1)).max())

    ranked = sorted(numbers, key=lambda n: -gap(numbers[n]))
    return list(dict.fromkeys([*keep, *ranked]))[:most]


# --- PRIM; a box is (2, dimension): lows and highs


def _prim(x: Array, y: Truth) -> Array:
    """Peel, choose a box on the way, paste."""
    order = np.argsort(x, axis=0, kind="stable")
    box, path = np.stack([np.full(x.shape[1], -np.inf), np.full(x.shape[1], np.inf)]), []
    inside = np.ones(len(x), dtype=bool)
    while True:
        density = float(y[inside].mean())
        path.append((density, float(inside.mean()), box.copy()))
        peel = _peel(x, y, order, inside)
        if peel is None or density == 1.0:
            break
        box[peel.side, peel.at] = peel.limit
        inside = _inside(x, box)
    return _paste(x, y, _chosen(path, float(y.mean())))


class _Peel(NamedTuple):
    density: float
    side: int
    at: int
    limit: float


def _peel(x: Array, y: Truth, order: NDArray[np.int64], inside: Truth) -> _Peel | None:
    """The peel that leaves the largest share of wanted draws, if enough draws are left."""
    n = int(inside.sum())
    cut = max(int(PEEL * n), 1)
    if n - cut < LEAST_MASS * len(x):
        return None
    best: _Peel | None = None
    hits, least = int(y[inside].sum()), LEAST_MASS * len(x)
    for d in range(x.shape[1]):
        rows = order[:, d][inside[order[:, d]]]
        values = x[rows, d]
        # equal values go together, so that every peel takes something
        first = int(np.searchsorted(values, values[cut - 1], side="right"))
        last = int(np.searchsorted(values, values[n - cut], side="left"))
        if n - first >= least and first < n:
            density = (hits - int(y[rows[:first]].sum())) / (n - first)
            if best is None or density > best.density:
                best = _Peel(density, 0, d, float(values[first]))
        if last >= least and last > 0:
            density = (hits - int(y[rows[last:]].sum())) / last
            if best is None or density > best.density:
                best = _Peel(density, 1, d, float(values[last - 1]))
    return best


def _chosen(path: list[tuple[float, float, Array]], base: float) -> Array:
    """The box that agrees best with what is wanted, by the correlation of the two (the phi coefficient)."""

    def agreement(step: tuple[float, float, Array]) -> float:
        density, mass, _ = step
        return mass * (density - base) / math.sqrt(max(mass * (1 - mass), 1e-12))

    return max(path, key=agreement)[2]


def _paste(x: Array, y: Truth, box: Array) -> Array:
    """The box with sides moved out, a twentieth of its draws at a time, while its density does not fall."""
    box = box.copy()
    for side, d in np.argwhere(np.isfinite(box)):
        while np.isfinite(box[side, d]):
            inside, wider = _inside(x, box), box.copy()
            wider[side, d] = -np.inf if side == 0 else np.inf
            outside = x[_inside(x, wider) & ~inside, d]
            outside = np.sort(outside)[::-1] if side == 0 else np.sort(outside)
            cut = max(int(PEEL * inside.sum()), 1)
            if outside.size > cut:
                wider[side, d] = outside[cut - 1]
            if y[_inside(x, wider)].mean() < y[inside].mean():
                break
            box = wider
    return box


def _significant(x: Array, y: Truth, box: Array) -> Array:
    """The box without the limits that could be chance, the least telling dropped first."""
    box = box.copy()
    while True:
        limited = np.flatnonzero(np.isfinite(box).any(axis=0))
        doubtful = [(p, d) for d in limited if (p := _quasi_p(x, y, box, int(d))) > SIGNIFICANT]
        if not doubtful:
            return box
        box[:, max(doubtful)[1]] = (-np.inf, np.inf)


def _quasi_p(x: Array, y: Truth, box: Array, d: int) -> float:
    """The chance of as many wanted draws in the box as there are, at the density it has without the limits on `d`."""
    from scipy.special import bdtrc

    inside, wider = _inside(x, box), box.copy()
    wider[:, d] = (-np.inf, np.inf)
    without = _inside(x, wider)
    n, hits = int(inside.sum()), int(y[inside].sum())
    return float(bdtrc(hits - 1, n, y[without].mean())) if n and hits else 1.0


def _resampled(x: Array, y: Truth, seed: int) -> Array:
    """How often each dimension is limited in boxes found in resampled draws, (dimension,)."""
    rng, count = np.random.default_rng([seed, len(x)]), np.zeros(x.shape[1])
    for _ in range(RESAMPLES):
        pick = rng.integers(0, len(x), size=len(x) // 2)
        if y[pick].any() and not y[pick].all():
            count += np.isfinite(_significant(x[pick], y[pick], _prim(x[pick], y[pick]))).any(axis=0)
    return count / RESAMPLES


def _inside(x: Array, box: Array) -> Truth:
    """Which draws, (draw, dimension), lie in a box."""
    limited = np.flatnonzero(np.isfinite(box).any(axis=0))
    found: Truth = np.ones(len(x), dtype=bool)
    for d in limited:
        found &= (x[:, d] >= box[0, d]) & (x[:, d] <= box[1, d])
    return found


def _measured(x: Array, y: Truth, box: Array) -> Box:
    inside = _inside(x, box)
    return Box((), float(y[inside].mean()), float(y[inside].sum() / y.sum()), float(inside.mean()), float(y.mean()))
