"""Numbers as independent standard normal coordinates: the space in which a posterior is sampled.

A number is a function of its normal score, and scores are correlated as the scenario says (a Gaussian copula), so the prior is
the standard normal whatever the numbers' own distributions are, and nothing can leave its support. The sampler reads a smooth
table of that function; what it returns is computed by the exact one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foedus.scenario.scenario import Scenario, SourcedNumber

Array = NDArray[np.float64]
REACH, STEPS = 6.5, 64  # how far scores reach, and points of the table in one of them
_SMALLEST, _LARGEST = 2.0**-54, 1 - 2.0**-53


@dataclass(frozen=True)
class Coordinates:
    """Numbers of a prior set as functions of coordinates.

    Attributes:
        labels: the numbers that the likelihood reads, then those that only share a correlation with one of them.
        fitted: how many are of the first kind; they depend on the first coordinates alone.
        numbers: each with its prior, or its value where it is known under this prior set.
        factor: (label, label), lower triangular: scores are its product with coordinates.
    """

    labels: tuple[str, ...]
    fitted: int
    numbers: Mapping[str, SourcedNumber]
    factor: Array

    @cached_property
    def _table(self) -> Array:
        """Coefficients of a cubic between points, (power, point, fitted label)."""
        from scipy.interpolate import CubicSpline

        grid = np.linspace(-REACH, REACH, int(2 * REACH * STEPS) + 1)
        values = np.stack([self._exact(n, grid) for n in self.labels[: self.fitted]], axis=1)
        found: Array = CubicSpline(grid, values).c
        return found

    def _exact(self, label: str, scores: Array) -> Array:
        from scipy.special import ndtr

        number = self.numbers[label]
        if number.prior is None:
            return np.full(np.shape(scores), number.central)
        return number.prior.quantile(np.clip(ndtr(scores), _SMALLEST, _LARGEST))

    def point(self, z: Array) -> tuple[Array, Array]:
        """The fitted numbers at coordinates (fitted,), and their derivatives by their own scores."""
        scores = np.clip(self.factor[: self.fitted, : self.fitted] @ z, -REACH, REACH - 1e-9)
        place = (scores + REACH) * STEPS
        at = place.astype(np.int64)
        t = (place - at) / STEPS
        c = self._table[:, at, np.arange(self.fitted)]
        return ((c[0] * t + c[1]) * t + c[2]) * t + c[3], (3 * c[0] * t + 2 * c[1]) * t + c[2]

    def points(self, z: Array) -> tuple[Array, Array]:
        """The same at many coordinates, (fitted, lane)."""
        scores = np.clip(self.factor[: self.fitted, : self.fitted] @ z, -REACH, REACH - 1e-9)
        place = (scores + REACH) * STEPS
        at = place.astype(np.int64)
        t = (place - at) / STEPS
        a, b, c, d = (row[at, np.arange(self.fitted)[:, None]] for row in self._table)
        return ((a * t + b) * t + c) * t + d, (3 * a * t + 2 * b) * t + c

    def pulled(self, slopes: Array) -> Array:
        """Derivatives by scores as derivatives by coordinates."""
        found: Array = self.factor[: self.fitted, : self.fitted].T @ slopes
        return found

    def scores(self, z: Array) -> Array:
        """Normal scores, (…, label), at coordinates (…, label)."""
        found: Array = z @ self.factor[: z.shape[-1], : z.shape[-1]].T
        return found

    def values(self, z: Array) -> Array:
        """Numbers, (…, label), at coordinates (…, label) of all labels or of the fitted ones; exact."""
        scores = self.scores(z)
        return np.stack([self._exact(n, scores[..., k]) for k, n in enumerate(self.labels[: z.shape[-1]])], axis=-1)


def coordinates(scenario: Scenario, prior_set: str, fitted: Sequence[str], own: Mapping[str, SourcedNumber]) -> Coordinates:
    """The coordinates of a prior set.

    Args:
        fitted: the labels that the likelihood reads, the record's own numbers among them.
        own: those.
    """
    numbers = {**scenario.numbers(prior_set), **own}
    groups = [g for g in scenario.correlations if any(label in fitted for label in g.labels)]
    others = [label for g in groups for label in g.labels if label not in fitted]
    labels = (*fitted, *others)
    at = {label: k for k, label in enumerate(labels)}
    matrix = np.eye(len(labels))
    for group in groups:
        places = [at[label] for label in group.labels]
        matrix[np.ix_(places, places)] += group.correlation * (1 - np.eye(len(places)))
    return Coordinates(labels, len(fitted), {n: numbers[n] for n in labels}, np.asarray(np.linalg.cholesky(matrix)))
