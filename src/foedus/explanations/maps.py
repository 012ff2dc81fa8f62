"""Decision-scaling maps: how probable a claim is wherever two of its numbers may lie, with prior and posterior to lay on top.

In each cell the two numbers are set and all others are drawn as they are (set, not learnt: what is correlated with them stays).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.explanations.space import space_of
from foedus.explanations.study import HOLDS, Study

SIZE, DRAWS = 13, 256
ENDS = (0.01, 0.99)  # quantiles of the prior at the map's edges
LEVELS = (0.5, 0.9)
CORNERS = 73
SHOWN = 400  # points of a posterior that are kept to be drawn


@dataclass(frozen=True)
class Map:
    """A claim's probability over two numbers.

    Attributes:
        x, y: labels. x_values, y_values: (column,) and (row,). probability: (row, column), NaN where nothing could be computed.
        error: the largest standard error of a cell.
        centre: medians of the two.
        contours: share of the prior inside to a closed line (point, 2).
        prior, posterior: share of the draws, or of a posterior's samples, that lie nearest to each cell, (row, column); what
            lies beyond the map counts in none. None where no posterior is given, or it does not hold both numbers.
        samples: of the posterior, thinned, (point, 2).
    """

    claim: str
    x: str
    y: str
    x_values: Array
    y_values: Array
    probability: Array
    error: float
    centre: tuple[float, float]
    contours: Mapping[float, Array]
    prior: Array
    posterior: Array | None = None
    samples: Array | None = None

    def covered(self, cells: Array, level: float) -> NDArray[np.bool_]:
        """The fewest cells that hold a share of all draws, (row, column); those with some draws, where the map holds less."""
        order = np.argsort(-cells, axis=None)
        before = np.concatenate([[0.0], np.cumsum(cells.reshape(-1)[order])[:-1]])
        found = np.zeros(cells.size, dtype=bool)
        found[order[before < level]] = True
        return found.reshape(cells.shape) & (cells > 0)


def verdict_map(
    study: Study,
    id: str,
    x: str,
    y: str,
    *,
    size: int = SIZE,
    draws: int = DRAWS,
    posterior: Mapping[str, Array] | None = None,
) -> Map:
    """The map of a claim over two of the uncertain numbers it depends on.

    Args:
        size: cells along each side. draws: in each cell, the same in all.
        posterior: samples to be laid on top, label to (sample,); the map reaches as far as they do.

    Raises:
        MeaningError: a number it does not depend on, one that is certain, or the same twice.
    """
    labels = study.labels(id)
    for label in (x, y):
        if label not in labels:
            raise MeaningError(f"'{id}' depends on no uncertain number '{label}'", fix=nearest(label, labels))
    if x == y:
        raise MeaningError(f"a map wants two numbers, not '{x}' twice", fix="name another number")
    space, count = study.space(id), min(draws, study.draws)
    values = {n: space.quantiles[n](np.array([*ENDS, 0.5])) for n in (x, y)}
    fitted = {n: posterior[n] for n in (x, y)} if posterior and x in posterior and y in posterior else {}
    ends = {n: np.append(values[n][:2], np.quantile(fitted[n], ENDS)) if fitted else values[n][:2] for n in (x, y)}
    xs, ys = (np.linspace(ends[n].min(), ends[n].max(), size) for n in (x, y))
    inputs = {n: np.tile(study.numbers[n][:count], size * size) for n in labels}
    inputs[x], inputs[y] = np.tile(np.repeat(xs, count), size), np.repeat(ys, size * count)
    inputs |= {n: np.asarray(v) for n, v in (space.known or {}).items()}
    holds = study.function(id, size * size * count)(inputs, size * size * count)[HOLDS].reshape(size, size, count)
    known = np.isfinite(holds).sum(axis=-1)
    with np.errstate(all="ignore"):
        share = np.nansum(holds, axis=-1) / known
        error = float(np.nanmax(np.sqrt(share * (1 - share) / known), initial=0.0))
    centre = (float(values[x][2]), float(values[y][2]))
    prior = shares(xs, ys, study.numbers[x], study.numbers[y])
    found = Map(id, x, y, xs, ys, share, error, centre, contours(study, x, y), prior)
    if not fitted:
        return found
    thin = slice(None, None, max(fitted[x].size // SHOWN, 1))
    points = np.stack([fitted[x][thin], fitted[y][thin]], axis=1)
    return replace(found, posterior=shares(xs, ys, fitted[x], fitted[y]), samples=points)


def shares(xs: Array, ys: Array, x: Array, y: Array) -> Array:
    """The share of points (draw,) that lie nearest to each cell, (row, column); those beyond the edge cells count in none."""
    at = []
    for grid, values in ((ys, y), (xs, x)):
        half = (grid[1] - grid[0]) / 2 if grid.size > 1 else np.inf
        edges = np.append(grid - half, grid[-1] + half)
        at.append(np.searchsorted(edges, values, side="right") - 1)
    row, column = at
    inside = (row >= 0) & (row < ys.size) & (column >= 0) & (column < xs.size)
    cells = np.bincount(row[inside] * xs.size + column[inside], minlength=ys.size * xs.size)
    found: Array = cells.reshape(ys.size, xs.size) / x.size
    return found


def contours(study: Study, x: str, y: str) -> dict[float, Array]:
    """Lines that hold a share of the prior of two numbers, each (point, 2): ellipses of the normal scores, as values."""
    space = space_of(study.scenario, (x, y))
    order = [space.labels.index(n) for n in (x, y)]
    factor = np.linalg.cholesky(space.sigma[np.ix_(order, order)])
    angle = np.linspace(0, 2 * np.pi, CORNERS)
    found = {}
    for level in LEVELS:
        scores = np.empty((2, CORNERS))
        scores[order] = math.sqrt(-2 * math.log1p(-level)) * factor @ np.stack([np.cos(angle), np.sin(angle)])
        values = space.values(scores)
        found[level] = np.stack([values[x], values[y]], axis=1)
    return found
