"""The covariance of maximum-likelihood estimates: from the curvature, robust to a wrong likelihood, and clustered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from foedus.errors import MeaningError, NumericalError
from foedus.history.cases import Array

if TYPE_CHECKING:
    from foedus.history.estimate import Fit

Kind = Literal["hessian", "robust", "clustered"]
SINGULAR = 1e-10  # least eigenvalue of the scaled information over the largest


def covariance(fit: Fit, kind: Kind) -> Array:
    """The covariance of the estimates.

    Args:
        fit: what was fitted.
        kind: `hessian`, the inverse H of the observed information; `robust`, H S H with S the sum over cases of outer products of
            scores (White 1982); `clustered`, the same with scores summed within the G clusters first, times G / (G - 1).

    Raises:
        NumericalError: the information is singular, so some coefficient is not identified.
        MeaningError: the fit has no clusters, or only one.
    """
    inverse = _inverse(fit)
    if kind == "hessian":
        return inverse
    scores = fit.likelihood.scores(fit.estimates)
    factor = 1.0
    if kind == "clustered":
        if fit.clusters is None:
            raise MeaningError("the fit has no clusters", fix="fit with cluster='column'")
        groups = int(fit.clusters.max()) + 1
        if groups < 2:
            raise MeaningError("there is only one cluster", fix="cluster by another column")
        summed = np.zeros((groups, scores.shape[1]))
        np.add.at(summed, fit.clusters, scores)
        scores, factor = summed, groups / (groups - 1)
    result: Array = factor * inverse @ (scores.T @ scores) @ inverse
    return result


def errors(fit: Fit, kind: Kind) -> Array:
    """The standard errors, (coefficient,); NaN throughout where the information is singular or of the wrong sign."""
    try:
        return np.sqrt(np.diag(covariance(fit, kind)))
    except NumericalError:
        return np.full(len(fit.names), np.nan)


def _inverse(fit: Fit) -> Array:
    if not np.isfinite(fit.information).all():
        raise NumericalError("; ".join(fit.warnings))
    scale = 1 / np.sqrt(np.maximum(np.diag(fit.information), 1e-300))
    scaled = fit.information * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    if not values[0] > SINGULAR * values[-1]:
        raise NumericalError("the information matrix is singular: " + "; ".join(fit.warnings or ["some coefficient is free"]))
    inverse: Array = (vectors / values) @ vectors.T * np.outer(scale, scale)
    return inverse
