"""Profile likelihoods: how high the log-likelihood can be for each value of one coefficient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foedus.errors import NotFoundError, nearest
from foedus.history.cases import Array
from foedus.history.estimate import Fit
from foedus.history.likelihood import Index
from foedus.history.maximise import SAME, Objective, maximise

SPAN = 4.0  # standard errors each way
BLIND = 10.0  # units of the predictor each way, where there is no standard error


@dataclass(frozen=True)
class Profile:
    """The profile of one coefficient.

    Attributes:
        values, logliks: (point,), in order of the values.
        low, high: where the log-likelihood has fallen by half the chi-squared quantile of the level; None where it has not within
            the values looked at, so that the interval is open.
        higher: whether some point is above the fit, which is then not the maximum.
    """

    name: str
    values: Array
    logliks: Array
    low: float | None
    high: float | None
    higher: bool

    @property
    def identified(self) -> bool:
        """Whether the data bound the coefficient on both sides."""
        return self.low is not None and self.high is not None


def profile(fit: Fit, name: str, points: int = 17, level: float = 0.95) -> Profile:
    """The profile log-likelihood of a coefficient, out to four standard errors each way.

    Raises:
        NotFoundError: no such coefficient.
    """
    from scipy.special import chdtri

    if name not in fit.names:
        raise NotFoundError(f"no coefficient '{name}'", fix=nearest(name, fit.names))
    k = fit.names.index(name)
    error = float(fit.errors()[k])
    reach = SPAN * error if np.isfinite(error) else BLIND / fit.likelihood.design.scales[k]
    half = np.linspace(0.0, reach, points // 2 + 1)[1:]
    below, above = (_followed(fit, k, fit.estimates[k] + sign * half) for sign in (-1.0, 1.0))
    values = np.concatenate([fit.estimates[k] - half[::-1], [fit.estimates[k]], fit.estimates[k] + half])
    logliks = np.concatenate([below[::-1], [fit.loglik], above])
    cut = fit.loglik - float(chdtri(1, 1 - level)) / 2
    middle = len(half)
    low = _crossing(values[middle::-1], logliks[middle::-1], cut)
    high = _crossing(values[middle:], logliks[middle:], cut)
    return Profile(name, values, logliks, low, high, bool(logliks.max() > fit.loglik + SAME))


def _followed(fit: Fit, k: int, values: Array) -> Array:
    """The greatest log-likelihood for each value in turn, each search from where the last ended."""
    free = np.delete(np.arange(len(fit.names)), k)
    at, found = fit.estimates.copy(), []
    for value in values:
        at[k] = value
        best = maximise(_restricted(fit, at.copy(), free), [at[free]])
        at[free] = best.at
        found.append(best.value)
    return np.array(found)


def _restricted(fit: Fit, at: Array, free: Index) -> Objective:
    def whole(part: Array) -> Array:
        full = at.copy()
        full[free] = part
        return full

    def value(part: Array) -> tuple[float, Array]:
        found, slope = fit.likelihood.value(whole(part))
        return found, slope[free]

    def curvature(part: Array) -> Array:
        found: Array = fit.likelihood.curvature(whole(part))[np.ix_(free, free)]
        return found

    return Objective(value, curvature, fit.likelihood.design.scales[free])


def _crossing(values: Array, logliks: Array, cut: float) -> float | None:
    """Where a profile, followed away from the estimate, first falls to the cut; straight between points in its signed root."""
    roots = np.sqrt(np.maximum(logliks[0] - logliks, 0.0))
    wanted = float(np.sqrt(logliks[0] - cut))
    past = np.flatnonzero(roots >= wanted)
    if not len(past):
        return None
    b = int(past[0])
    share = (wanted - roots[b - 1]) / (roots[b] - roots[b - 1])
    return float(values[b - 1] + share * (values[b] - values[b - 1]))
