"""The maximum of a log-likelihood: trust-region Newton steps (Nocedal and Wright 2006, chapter 4) from several starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from foedus.errors import NumericalError
from foedus.history.cases import Array

TOLERANCE = 1e-5  # of the derivative in scaled coefficients, before the last Newton steps
STEPS = 100
POLISH = 4
SAME = 1e-4  # log-likelihood within which two maxima are one


@dataclass(frozen=True)
class Objective:
    """What is maximised, in coefficients scaled to a root mean square of one in their predictor.

    Attributes:
        value: coefficients to value and derivative; curvature: to the second derivative.
        scales: what a coefficient is multiplied by to be scaled.
    """

    value: Callable[[Array], tuple[float, Array]]
    curvature: Callable[[Array], Array]
    scales: Array


@dataclass(frozen=True)
class Maximum:
    """Where the search ended.

    Attributes:
        at: the coefficients. value: of the objective.
        slope: the largest derivative in scaled coefficients. converged: whether it is small.
        reached: how many starts ended here, of how many.
    """

    at: Array
    value: float
    slope: float
    converged: bool
    reached: int = 1
    starts: int = 1


def maximise(objective: Objective, starts: Sequence[Array]) -> Maximum:
    """The best of the maxima found from the starts.

    Raises:
        NumericalError: the objective cannot be computed at any of them.
    """
    if not len(starts[0]):
        return Maximum(starts[0], objective.value(starts[0])[0], 0.0, True)
    found = [m for m in (_climb(objective, start) for start in starts) if m is not None]
    if not found:
        raise NumericalError(f"the log-likelihood cannot be computed at any of {len(starts)} starts")
    best = max(found, key=lambda m: (m.value > -np.inf, m.value))
    reached = sum(m.value > best.value - SAME for m in found)
    return Maximum(best.at, best.value, best.slope, best.converged, reached, len(starts))


def _climb(objective: Objective, start: Array) -> Maximum | None:
    from scipy.optimize import minimize

    scales = objective.scales
    known: dict[bytes, tuple[float, Array]] = {}

    def value(z: Array) -> tuple[float, Array]:
        key = z.tobytes()
        if key not in known:
            known.clear()
            found, slope = objective.value(z / scales)
            known[key] = -found, -slope / scales
        return known[key]

    def curvature(z: Array) -> Array:
        found = -objective.curvature(z / scales) / np.outer(scales, scales)
        return found if np.isfinite(found).all() else np.eye(len(z))  # at the end of a support: a step of the derivative alone

    z = start * scales
    if not np.isfinite(value(z)[0]):
        return None
    options = {"gtol": TOLERANCE, "maxiter": STEPS, "initial_trust_radius": 1.0, "max_trust_radius": 1000.0}
    # once the steps are below rounding no step improves and the search goes on to its limit: the slope decides, not the message
    with np.errstate(all="ignore"):
        result = minimize(
            lambda z: value(z)[0], z, jac=lambda z: value(z)[1], hess=curvature, method="trust-exact", options=options
        )
    z = _polished(value, curvature, np.asarray(result.x))
    lost, slope = value(z)
    steep = float(np.abs(slope).max())
    return Maximum(z / scales, -lost, steep, steep < 10 * TOLERANCE * max(1.0, abs(lost) / 1000))


def _polished(value: Callable[[Array], tuple[float, Array]], curvature: Callable[[Array], Array], z: Array) -> Array:
    """A few plain Newton steps, as long as they make the derivative smaller and lose nothing."""
    best = float(np.abs(value(z)[1]).max())
    for _ in range(POLISH):
        lost, slope = value(z)
        try:
            step = np.linalg.solve(curvature(z), -slope)
        except np.linalg.LinAlgError:
            return z
        now = value(z + step)
        steep = float(np.abs(now[1]).max())
        if not steep < best or now[0] > lost + 1e-9 or np.abs(step).max() > 0.1:
            return z
        z, best = z + step, steep
    return z
