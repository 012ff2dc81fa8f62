"""The space of uncertain inputs: a quantile function for each, and the correlation of their normal scores (a Gaussian copula).

Scores are standard normal; correlated only within groups, so groups are independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foedus.ensemble.streams import Array
from foedus.errors import MeaningError
from foedus.scenario.scenario import Scenario

Quantile = Callable[[Array], Array]
Function = Callable[[Mapping[str, Array], int], Mapping[str, Array]]
"""Inputs, each (draw,) or (), and the number of draws, to outputs, each (draw,)."""


@dataclass(frozen=True)
class Space:
    """Uncertain inputs.

    Attributes:
        quantiles: label to the function from a coordinate in (0, 1) to a value.
        groups: labels that are correlated, with the correlation matrix of their normal scores. No label stands in two.
        known: inputs that are certain.
    """

    quantiles: Mapping[str, Quantile]
    groups: tuple[tuple[tuple[str, ...], Array], ...] = ()
    known: Mapping[str, float] | None = None

    @property
    def labels(self) -> list[str]:
        """The uncertain inputs, in order."""
        return list(self.quantiles)

    @cached_property
    def blocks(self) -> list[tuple[list[int], Array]]:
        """Positions of the labels of every group, single labels included, each with its correlation."""
        at = {label: k for k, label in enumerate(self.quantiles)}
        grouped = {label for labels, _ in self.groups for label in labels}
        found = [([at[label] for label in labels], np.asarray(matrix)) for labels, matrix in self.groups]
        return found + [([at[label]], np.eye(1)) for label in at if label not in grouped]

    @cached_property
    def sigma(self) -> Array:
        """The correlation of all scores, (label, label)."""
        matrix = np.eye(len(self.quantiles))
        for at, block in self.blocks:
            matrix[np.ix_(at, at)] = block
        return matrix

    @property
    def correlated(self) -> list[str]:
        """The labels that are correlated with another."""
        return [label for labels, _ in self.groups for label in labels]

    def require_independent(self, method: str) -> None:
        """Refuse correlated inputs.

        Raises:
            MeaningError: naming them.
        """
        if self.correlated:
            groups = "; ".join(", ".join(labels) for labels, _ in self.groups)
            what = f"{method} assume independent inputs, but these move together: {groups}"
            raise MeaningError(f"{what}; Shapley effects take that into account", fix="use Shapley effects")

    def values(self, scores: Array) -> dict[str, Array]:
        """Every input at scores with their correlation already in them, (label, draw); known inputs are ()."""
        from scipy.special import ndtr  # a tenth of a second to import

        unit = np.clip(ndtr(scores), 2.0**-54, 1 - 2.0**-53)
        found = {label: quantile(unit[k]) for k, (label, quantile) in enumerate(self.quantiles.items())}
        return found | {label: np.asarray(value, dtype=np.float64) for label, value in (self.known or {}).items()}


def space_of(scenario: Scenario, only: Collection[str], prior_set: str | None = None) -> Space:
    """The space of some of a scenario's numbers under a prior set; what is known there stays at its value."""
    numbers = scenario.numbers(prior_set)
    priors = {label: numbers[label].prior for label in scenario.labels if label in only}
    quantiles = {label: prior.quantile for label, prior in priors.items() if prior is not None}
    groups = []
    for group in scenario.correlations:
        labels = tuple(label for label in group.labels if label in quantiles)
        if len(labels) > 1 and group.correlation:
            groups.append((labels, equicorrelation(len(labels), group.correlation)))
    known = {label: numbers[label].central for label, prior in priors.items() if prior is None}
    return Space(quantiles, tuple(groups), known)


def equicorrelation(size: int, correlation: float) -> Array:
    """A matrix with ones on its diagonal and one correlation elsewhere."""
    matrix: Array = np.full((size, size), correlation) + np.eye(size) * (1 - correlation)
    return matrix


def located(inputs: Mapping[str, Array], failed: Array, labels: Sequence[str]) -> str:
    """Where draws fail, in words: the number whose values differ most between failed draws and others.

    Args:
        inputs: label to (draw,).
        failed: (draw,), true where an output is not finite.
        labels: which inputs to look at.
    """
    bad, best, words = np.asarray(failed, dtype=bool), 0.0, ""
    for label in labels:
        values = inputs[label]
        if not values.ndim or bad.all():
            continue
        order = np.argsort(values, kind="stable")
        gap = np.abs(np.cumsum(bad[order]) / bad.sum() - np.cumsum(~bad[order]) / (~bad).sum()).max()
        if gap > best:
            low, high = values[bad].min(), values[bad].max()
            best, words = float(gap), f"where {label} is between {low:.3g} and {high:.3g}"
    return words or "everywhere"
