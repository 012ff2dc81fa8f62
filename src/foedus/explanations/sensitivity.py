"""What carries an output: how its variance is shared out among the inputs.

Sobol indices (independent inputs only): Saltelli et al. 2010 (doi 10.1016/j.cpc.2009.09.018) for the first order, Jansen 1999 for
the total. Shapley effects (also for correlated inputs): Owen 2014, Song, Nelson and Staum 2016 (doi 10.1137/15M1048070). A random
order of the inputs is drawn for each pair of points and walked from the one point to the other, as Goda 2021 (arXiv 2009.00874)
does for independent inputs. Correlated scores are made from independent ones by the Cholesky factor in the order drawn: what
comes later in the order then has its conditional distribution given what comes before, so the same walk is exact for a
Gaussian copula.
Intervals are percentile bootstraps over the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foedus.ensemble.streams import Array, uniforms
from foedus.errors import NumericalError
from foedus.explanations.space import Function, Space, located

Ints = NDArray[np.int64]
RESAMPLES = 400
PIECE = 256  # pairs walked at a time


@dataclass(frozen=True, slots=True)
class Index:
    """An input's share of an output's variance with a 95% interval."""

    name: str
    value: float
    low: float
    high: float

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0

    def __str__(self) -> str:
        if not self.distinguishable:
            return f"{self.name}: not distinguishable from zero"
        return f"{self.name}: {self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Sobol:
    """First-order and total indices of one output, by input; both are empty where the output is constant."""

    first: tuple[Index, ...]
    total: tuple[Index, ...]
    variance: float


@dataclass(frozen=True)
class Shapley:
    """Shapley effects of one output, by input, which add up to one; empty where the output is constant."""

    effects: tuple[Index, ...]
    variance: float


def sobol(function: Function, space: Space, *, samples: int = 4096, seed: int = 1) -> dict[str, Sobol]:
    """First-order and total indices of every output, at the cost of samples × (inputs + 2) evaluations.

    Raises:
        MeaningError: correlated inputs. NumericalError: an output is not finite somewhere.
    """
    space.require_independent("Sobol indices")
    a, b = _scores(space, "sobol:a", seed, 0, samples), _scores(space, "sobol:b", seed, 0, samples)
    at_a, at_b = (_checked(function, space, points) for points in (a, b))
    moves = {name: np.empty((samples, len(a))) for name in at_a}
    for i in range(len(a)):
        mixed = a.copy()
        mixed[i] = b[i]
        for name, moved in _checked(function, space, mixed).items():
            moves[name][:, i] = moved - at_a[name]
    return {name: _sobol(space, at_a[name], at_b[name], moves[name], seed) for name in at_a}


def shapley(function: Function, space: Space, *, samples: int = 4096, seed: int = 1) -> dict[str, Shapley]:
    """Shapley effects of every output, at the cost of samples × (inputs + 1) evaluations.

    Raises:
        NumericalError: an output is not finite somewhere.
    """
    shares: dict[str, list[Array]] = {}
    for start in range(0, samples, PIECE):
        for name, terms in _walks(function, space, seed, start, min(PIECE, samples - start)).items():
            shares.setdefault(name, []).append(terms)
    return {name: _shapley(space, np.concatenate(terms), seed) for name, terms in shares.items()}


# --- estimators


def _sobol(space: Space, a: Array, b: Array, moves: Array, seed: int) -> Sobol:
    """Indices from outputs (draw,) at both points and the change (draw, label) when one input of `a` is taken from `b`."""
    both = np.concatenate([a, b])
    if np.ptp(both) == 0:
        return Sobol((), (), 0.0)
    mean = both.mean()
    spread = ((a - mean) ** 2 + (b - mean) ** 2) / 2
    first = (b - mean)[:, None] * moves  # about the mean: the same expectation with less noise
    return Sobol(_indices(space, first, spread, seed), _indices(space, moves**2 / 2, spread, seed), float(both.var()))


def _shapley(space: Space, terms: Array, seed: int) -> Shapley:
    whole = terms.sum(axis=1)  # half the squared distance of each pair, whose mean is the variance
    variance = float(whole.mean())
    if not terms.any():
        return Shapley((), 0.0)
    return Shapley(_indices(space, terms, whole, seed), variance)


def _indices(space: Space, terms: Array, spread: Array, seed: int) -> tuple[Index, ...]:
    """The ratio of means of terms (pair, label) and spread (pair,), with percentile intervals over resampled pairs."""
    count = len(spread)
    weights = np.random.default_rng([seed, count]).multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(float)
    with np.errstate(all="ignore"):
        again = (weights @ terms) / (weights @ spread)[:, None]
        value = terms.sum(axis=0) / spread.sum()
    low, high = np.nanquantile(again, [0.025, 0.975], axis=0)
    return tuple(Index(n, float(v), float(lo), float(hi)) for n, v, lo, hi in zip(space.labels, value, low, high, strict=True))


# --- points


def _scores(space: Space, stream: str, seed: int, start: int, count: int) -> Array:
    """Independent standard normal scores, (label, draw)."""
    from scipy.special import ndtri

    points: Array = ndtri(np.stack([uniforms(seed, f"{stream}:{label}", start, count) for label in space.labels]))
    return points


def _checked(function: Function, space: Space, scores: Array) -> dict[str, Array]:
    return _finite(function, space, space.values(scores), scores.shape[1])


def _finite(function: Function, space: Space, inputs: Mapping[str, Array], size: int) -> dict[str, Array]:
    """The outputs, all of them finite.

    Raises:
        NumericalError: saying how many are not, and where.
    """
    outputs = {name: np.asarray(values, dtype=np.float64) for name, values in function(inputs, size).items()}
    failed = ~np.all([np.isfinite(values) for values in outputs.values()], axis=0)
    if failed.any():
        where = located(inputs, failed, space.labels)
        raise NumericalError(f"{int(failed.sum())} of {size} points could not be computed, {where}: no indices of what is left")
    return outputs


def _walks(function: Function, space: Space, seed: int, start: int, count: int) -> dict[str, Array]:
    """For each output the terms of the effects, (pair, label): what each label adds on a walk in random order."""
    d = len(space.labels)
    kept, other = (_scores(space, f"shapley:{side}", seed, start, count) for side in ("kept", "other"))
    keys = np.stack([uniforms(seed, f"shapley:order:{label}", start, count) for label in space.labels])
    rank = keys.argsort(axis=0).argsort(axis=0)  # (label, pair): the step at which a label is taken from `kept`
    inputs = {label: values.reshape(-1) for label, values in _path(space, kept, other, rank)}
    inputs |= {label: np.asarray(value) for label, value in (space.known or {}).items()}
    terms = {}
    for name, flat in _finite(function, space, inputs, (d + 1) * count).items():
        y = flat.reshape(d + 1, count)
        steps = (y[-1] - (y[1:] + y[:-1]) / 2) * (y[1:] - y[:-1])
        terms[name] = np.take_along_axis(steps, rank, axis=0).T
    return terms


def _path(space: Space, kept: Array, other: Array, rank: Ints) -> Iterator[tuple[str, Array]]:
    """Each label with its values on the walks, (step, pair): after step k the first k labels of the order are as in `kept`.

    A label's value changes only when one of its own group is taken, so only those few values are computed.
    """
    from scipy.special import ndtr

    d, count = kept.shape
    labels, steps = space.labels, np.arange(d + 1)[:, None]
    for at, sigma in space.blocks:
        order = rank[at].argsort(axis=0)  # (place, pair): members of the group in the order they are taken
        factor = np.linalg.cholesky(sigma[order.T[:, :, None], order.T[:, None, :]])  # (pair, place, place)
        mine, theirs = (np.take_along_axis(scores[at], order, axis=0) for scores in (kept, other))
        taken = np.stack([np.where(np.arange(len(at))[:, None] < j, mine, theirs) for j in range(len(at) + 1)])
        scores = np.einsum("nab,jbn->jan", factor, taken)
        unit = np.clip(ndtr(scores), 2.0**-54, 1 - 2.0**-53)
        state = np.sum([rank[i] < steps for i in at], axis=0)  # (step, pair): how many of the group are taken
        for place, i in enumerate(at):
            where = np.argmax(order == place, axis=0)
            own = unit[:, where, np.arange(count)]  # (state, pair)
            yield labels[i], np.take_along_axis(space.quantiles[labels[i]](own), state, axis=0)
