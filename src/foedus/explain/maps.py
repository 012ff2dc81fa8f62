"""Decision-scaling maps: how probable a claim is wherever two of its numbers may lie, with the prior's contours to lay on top.

In each cell the two numbers are set and all others are drawn as they are (set, not learnt: what is correlated with them stays).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError, nearest
from foedus.explain.space import space_of
from foedus.explain.study import HOLDS, Study

SIZE, DRAWS = 13, 256
ENDS = (0.01, 0.99)  # quantiles of the prior at the map's edges
LEVELS = (0.5, 0.9)
CORNERS = 73


@dataclass(frozen=True)
class Map:
    """A claim's probability over two numbers.

    Attributes:
        x, y: labels. x_values, y_values: (column,) and (row,). probability: (row, column), NaN where nothing could be computed.
        error: the largest standard error of a cell.
        centre: medians of the two.
        contours: share of the prior inside to a closed line (point, 2).
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


def verdict_map(study: Study, id: str, x: str, y: str, *, size: int = SIZE, draws: int = DRAWS) -> Map:
    """The map of a claim over two of the uncertain numbers it depends on.

    Args:
        size: cells along each side. draws: in each cell, the same in all.

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
    xs, ys = (np.linspace(values[n][0], values[n][1], size) for n in (x, y))
    inputs = {n: np.tile(study.numbers[n][:count], size * size) for n in labels}
    inputs[x], inputs[y] = np.tile(np.repeat(xs, count), size), np.repeat(ys, size * count)
    inputs |= {n: np.asarray(v) for n, v in (space.known or {}).items()}
    holds = study.function(id, size * size * count)(inputs, size * size * count)[HOLDS].reshape(size, size, count)
    known = np.isfinite(holds).sum(axis=-1)
    with np.errstate(all="ignore"):
        share = np.nansum(holds, axis=-1) / known
        error = float(np.nanmax(np.sqrt(share * (1 - share) / known), initial=0.0))
    centre = (float(values[x][2]), float(values[y][2]))
    return Map(id, x, y, xs, ys, share, error, centre, contours(study, x, y))


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
