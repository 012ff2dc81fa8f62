"""Whether the data say what the coefficients are: flat directions of the log-likelihood, and separation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from foedus.history.cases import Array
from foedus.history.likelihood import Likelihood
from foedus.history.maximise import Maximum

WIDE = 3.0  # standard errors to go along a direction; a parabola loses 4.5 nats there
FARTHEST = 1000.0  # but no farther than this many times the coefficients, in units of the predictor
FLAT = 0.05  # nats: what loses less there is flat
LOADED = 0.3  # a coefficient belongs to a direction when its part is this share of the largest


def warnings_of(likelihood: Likelihood, information: Array, maximum: Maximum, names: Sequence[str]) -> tuple[str, ...]:
    """What is wrong with a maximum, in plain words; nothing where all is well."""
    found = list(_flat(likelihood, information, maximum, names))
    if not maximum.converged and not found:
        found.append(f"the search did not converge: the log-likelihood still rises by {maximum.slope:.2g} a unit")
    if maximum.starts > 1 and maximum.reached == 1:
        found.append(f"only 1 of {maximum.starts} starts reached this maximum: try more, there may be a higher one")
    return tuple(found)


def _flat(likelihood: Likelihood, information: Array, maximum: Maximum, names: Sequence[str]) -> Iterator[str]:
    scales = likelihood.design.scales
    if not np.isfinite(information).all():
        yield "the log-likelihood has no curvature here: some number has run to the end of its support"
        return
    values, vectors = np.linalg.eigh(information / np.outer(scales, scales))
    farthest = FARTHEST * max(1.0, float(np.abs(maximum.at * scales).max()))
    for value, direction in zip(values, vectors.T, strict=True):
        step = min(WIDE / np.sqrt(max(value, 1e-300)), farthest) * direction / scales
        lost = [maximum.value - likelihood.value(maximum.at + s * step)[0] for s in (1, -1)]
        part = np.abs(direction) / np.abs(direction).max()
        listed = ", ".join(n for n, p in zip(names, part, strict=True) if p >= LOADED)
        if min(lost) < -FLAT:
            yield f"not a maximum: the log-likelihood rises along {listed}"
        elif max(lost) < FLAT:
            yield f"not identified: the log-likelihood does not change along {listed}"
        elif min(lost) < FLAT:
            yield f"separation: the log-likelihood does not fall however far {listed} moves to one side"
