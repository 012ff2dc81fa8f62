"""The posterior of a fit's coefficients by the No-U-Turn sampler of nutpie, fed with the compiled gradient.

Sampling is in coordinates in which the curvature at the mode is the identity, so that a tree of few steps goes across. Needs the
optional packages nutpie and arviz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foedus.errors import MeaningError, NotFoundError, NumericalError, nearest
from foedus.history.cases import Array
from foedus.history.estimate import Fit
from foedus.history.likelihood import Likelihood
from foedus.history.maximise import Objective, maximise
from foedus.history.nuts import package, run_nuts

VARIABLE, TERM = "coefficient", "term"
SPREAD = 10.0  # the standard deviation of a prior where none is given


@dataclass(frozen=True)
class Limits:
    """What a posterior must reach to be used (Vehtari and others 2021, doi 10.1214/20-BA1221).

    Attributes:
        rhat: at most, by rank. ess: effective draws, in bulk and in the tails, at least, a chain.
        divergent: share of the draws after which the step was too long for the curvature, at most.
    """

    rhat: float = 1.01
    ess: float = 100.0
    divergent: float = 0.001


@dataclass(frozen=True)
class Posterior:
    """Draws from a posterior that converged.

    Attributes:
        names: the coefficients. draws: (chain, draw, coefficient).
        trace: the same with the sampler's statistics, as ArviZ reads it.
        rhat, ess_bulk, ess_tail: (coefficient,). divergences: how many.
        priors: coefficient to the mean and standard deviation of its normal prior.
    """

    names: tuple[str, ...]
    draws: Array
    trace: Any = field(repr=False)
    rhat: Array
    ess_bulk: Array
    ess_tail: Array
    divergences: int
    priors: Mapping[str, tuple[float, float]] = field(repr=False)

    def summary(self, level: float = 0.9) -> dict[str, dict[str, float]]:
        """Coefficient to its mean, standard deviation, central interval, R-hat and effective draws."""
        flat = self.draws.reshape(-1, len(self.names))
        low, high = np.quantile(flat, [(1 - level) / 2, (1 + level) / 2], axis=0)
        rows = zip(self.names, flat.mean(0), flat.std(0, ddof=1), low, high, self.rhat, self.ess_bulk, self.ess_tail, strict=True)
        keys = ("mean", "sd", "low", "high", "rhat", "ess_bulk", "ess_tail")
        return {name: dict(zip(keys, map(float, row), strict=True)) for name, *row in rows}


def sample(
    fit: Fit,
    priors: Mapping[str, tuple[float, float]] | None = None,
    *,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    cores: int | None = None,
    seed: int = 1,
    limits: Limits | None = None,
) -> Posterior:
    """Sample the posterior of the coefficients of a fit.

    Args:
        fit: whose likelihood is taken; its estimates are where the search for the mode starts.
        priors: coefficient to the mean and standard deviation of a normal prior; mean 0 and standard deviation 10 for the others.
        draws, tune, chains: kept and thrown away, for each chain, and how many chains.
        cores: chains at a time; by default the cores of this process.
        seed: of all randomness.
        limits: what convergence is.

    Raises:
        NumericalError: the chains did not converge: R-hat, effective draws or divergences are past their limits.
        NotFoundError: a prior for no coefficient, or a package is missing.
    """
    arviz = package("arviz")
    chosen = _priors(fit, priors or {})
    target = _Target(fit, chosen)
    trace = run_nuts(
        target.logp,
        target.expand,
        VARIABLE,
        {TERM: fit.names},
        draws=draws,
        tune=tune,
        chains=chains,
        seed=seed,
        cores=cores,
    )
    return _checked(trace, arviz, fit.names, chosen, limits or Limits())


class _Target:
    """The posterior density in the coordinates of the mode."""

    def __init__(self, fit: Fit, priors: Mapping[str, tuple[float, float]]) -> None:
        self.means = np.array([priors[n][0] for n in fit.names])
        self.precision = np.array([priors[n][1] for n in fit.names]) ** -2.0
        self.likelihood = Likelihood(fit.structure, fit.likelihood.design, fit.likelihood.events.tolist(), compiled=True)
        objective = Objective(self.density, self._curvature, fit.likelihood.design.scales)
        self.mode = maximise(objective, [fit.estimates]).at
        values, vectors = np.linalg.eigh(-self._curvature(self.mode))
        self.axes = vectors / np.sqrt(np.maximum(values, self.precision.min()))

    def density(self, beta: Array) -> tuple[float, Array]:
        """The log-density of the posterior up to a constant, and its derivative."""
        value, slope = self.likelihood.value(beta)
        off = beta - self.means
        return value - 0.5 * float(off @ (self.precision * off)), slope - self.precision * off

    def _curvature(self, beta: Array) -> Array:
        return self.likelihood.curvature(beta) - np.diag(self.precision)

    def logp(self, u: Array) -> tuple[float, Array]:
        """The same at a point in the coordinates of the mode; minus infinity is a divergence to the sampler."""
        value, slope = self.density(self.mode + self.axes @ u)
        return value, self.axes.T @ slope

    def expand(self, u: Array) -> Array:
        """The coefficients at a point."""
        found: Array = self.mode + self.axes @ u
        return found


def _priors(fit: Fit, given: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    for name, (mean, spread) in given.items():
        if name not in fit.names:
            raise NotFoundError(f"a prior for no coefficient, '{name}'", fix=nearest(name, fit.names))
        if not (np.isfinite(mean) and np.isfinite(spread) and spread > 0):
            raise MeaningError(f"the prior of '{name}' is no normal distribution", fix="give a mean and a positive deviation")
    return {name: given.get(name, (0.0, SPREAD)) for name in fit.names}


def _checked(
    trace: Any, arviz: Any, names: tuple[str, ...], priors: Mapping[str, tuple[float, float]], limits: Limits
) -> Posterior:
    variable = trace.posterior[VARIABLE]
    draws = np.asarray(variable.transpose("chain", "draw", TERM).values)
    per: Callable[[Any], Array] = lambda found: np.atleast_1d(np.asarray(found[VARIABLE].values))  # noqa: E731
    rhat, bulk, tail = per(arviz.rhat(trace)), *(per(arviz.ess(trace, method=m)) for m in ("bulk", "tail"))
    divergences = int(np.asarray(trace.sample_stats["diverging"].values).sum())
    count = draws.shape[0] * draws.shape[1]
    worst = names[int(np.nanargmax(rhat))] if np.isfinite(rhat).any() else names[0]
    wrong = []
    if not np.all(rhat <= limits.rhat):
        wrong.append(f"R-hat is {np.nanmax(rhat):.3f} for {worst} (at most {limits.rhat})")
    least = min(float(bulk.min()), float(tail.min()))
    if not least >= limits.ess * draws.shape[0]:
        wrong.append(f"there are only {least:.0f} effective draws (at least {limits.ess * draws.shape[0]:.0f})")
    if divergences > limits.divergent * count:
        wrong.append(f"{divergences:,} of {count:,} steps diverged")
    if wrong:
        raise NumericalError(f"the posterior did not converge: {'; '.join(wrong)}. Draw more, or give tighter priors")
    return Posterior(names, draws, trace, rhat, bulk, tail, divergences, priors)
