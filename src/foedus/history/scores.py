"""How good were forecasts? Proper scores of probabilities against what happened, their calibration, and errors by cluster.

A forecast is a probability for each of K levels; what happened is one of them. Levels are ordered from least to most, which only
the ranked score looks at. Every score is a loss: smaller is better, and none can be improved in expectation by saying another
probability than the one believed (Gneiting and Raftery 2007, doi 10.1198/016214506000001437).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foedus.claims.verdicts import clopper_pearson
from foedus.errors import MeaningError

Array = NDArray[np.float64]
Level = NDArray[np.intp]
LEVEL = 0.95  # of intervals
SUM = 1e-6  # how far probabilities may be from a sum of one


def log_score(forecast: Array, happened: Level) -> Array:
    """Minus the log of the probability of what happened, (case,), in nats; infinite where it was said to be impossible.

    Args:
        forecast: (case, level). happened: the index of a level, (case,).
    """
    p, y = checked(forecast, happened)
    with np.errstate(divide="ignore"):
        found: Array = -np.log(p[np.arange(len(y)), y])
    return found


def brier(forecast: Array, happened: Level) -> Array:
    """The squared distance of probabilities from what happened, (case,).

    Over all levels (Brier 1950) where there are more than two, from 0 to 2; of the second alone, as usual, where there are two.
    """
    p, y = checked(forecast, happened)
    off = p - np.eye(p.shape[1])[y]
    found: Array = (off**2).sum(axis=1) / (2.0 if p.shape[1] == 2 else 1.0)
    return found


def ranked(forecast: Array, happened: Level) -> Array:
    """The ranked probability score, (case,): squared error of the cumulative probability, on average over the K - 1 cuts.

    From 0 to 1 (Epstein 1969); a forecast near the level that happened loses less than one far from it.
    """
    p, y = checked(forecast, happened)
    off = np.cumsum(p - np.eye(p.shape[1])[y], axis=1)[:, :-1]
    found: Array = (off**2).mean(axis=1)
    return found


SCORES: Mapping[str, Callable[[Array, Level], Array]] = {"log": log_score, "brier": brier, "rps": ranked}


@dataclass(frozen=True)
class Mean:
    """An average over cases with its error.

    Attributes:
        value: the average. error: its standard error, by cluster where there are clusters; NaN with fewer than two.
        low, high: of the interval by Student's t with one degree of freedom less than there are clusters.
        n: cases. clusters: how many groups that may hang together.
    """

    value: float
    error: float
    low: float
    high: float
    n: int
    clusters: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


def mean(values: Array, clusters: Sequence[Any] | NDArray[Any] | None = None, level: float = LEVEL) -> Mean:
    """An average over cases and its standard error, for cases that hang together within clusters.

    With r the deviations from the mean, the variance is G / (G - 1) times the sum over the G clusters of (sum of r)², over n²
    (Liang and Zeger 1986, doi 10.1093/biomet/73.1.13).

    Args:
        values: (case,). clusters: the cluster of each case; every case its own by default. level: of the interval.

    Raises:
        MeaningError: no cases, or clusters for other than these cases.
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values):
        raise MeaningError("there is no case to average over", fix="give at least one")
    groups = _groups(clusters, len(values))
    count = int(groups.max()) + 1
    value = float(values.mean())
    if count < 2 or not np.isfinite(value):
        return Mean(value, np.nan, np.nan, np.nan, len(values), count)
    sums = np.bincount(groups, values - value, minlength=count)
    error = float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(values))
    from scipy.special import stdtrit

    wide = float(stdtrit(count - 1, 0.5 + level / 2)) * error
    return Mean(value, error, value - wide, value + wide, len(values), count)


def difference(one: Array, other: Array, clusters: Sequence[Any] | NDArray[Any] | None = None, level: float = LEVEL) -> Mean:
    """The average of one loss less another over the same cases, paired; below zero where the first forecasts better.

    A case in which both lost infinitely is a tie.
    """
    with np.errstate(invalid="ignore"):
        off = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return mean(np.where(np.isinf(one) & np.isinf(other), 0.0, off), clusters, level)


def score(forecast: Array, happened: Level, clusters: Sequence[Any] | NDArray[Any] | None = None) -> dict[str, Mean]:
    """Every score by name, on average with its error."""
    return {name: mean(of(forecast, happened), clusters) for name, of in SCORES.items()}


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same probability, and how often the thing happened.

    Attributes:
        n: how many. forecast: their mean. rate: how often it happened.
        low, high: of the rate, by Clopper and Pearson, as if cases were independent.
        band: between what the rate would lie, were the forecasts right; cases are drawn whole, with all their levels.
    """

    n: int
    forecast: float
    rate: float
    low: float
    high: float
    band: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """Whether what was given a probability happened as often as that.

    Attributes:
        bins: by rising probability; every level of every case is one forecast of yes or no.
        slope: b for which probabilities p^b, made to sum to one, fit best: 1 is right, below 1 too sure, above too timid.
        error: the standard error of the slope, by cluster.
    """

    bins: tuple[Bin, ...]
    slope: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"slope": self.slope, "error": self.error, "bins": [vars(b) | {"band": list(b.band)} for b in self.bins]}


def calibration(
    forecast: Array,
    happened: Level,
    clusters: Sequence[Any] | NDArray[Any] | None = None,
    *,
    bins: int = 5,
    level: float = LEVEL,
    seed: int = 1,
    draws: int = 1000,
) -> Calibration:
    """Reliability in bins of about equally many forecasts, with intervals, and the slope of recalibration.

    The bands are those of Bröcker and Smith (2007, doi 10.1175/WAF993.1): outcomes are drawn from the forecasts themselves.

    Args:
        forecast: (case, level); with two levels only the second counts, the first being its mirror image.
        happened: (case,). clusters: for the error of the slope.
        bins: how many, at most. level: of intervals and bands. seed, draws: of the bands.
    """
    p, y = checked(forecast, happened)
    columns = slice(1, None) if p.shape[1] == 2 else slice(None)
    flat = p[:, columns].ravel()
    random = np.random.default_rng(seed)
    drawn = (random.random((draws, len(y), 1)) > np.cumsum(p, axis=1)[None, :, :-1]).sum(axis=2)
    eye = np.eye(p.shape[1])[:, columns]
    hits, simulated = eye[y].ravel(), eye[drawn].reshape(draws, -1)
    slope, error = _slope(p, y, clusters)
    return Calibration(tuple(_bins(flat, hits, simulated, bins, level)), slope, error)


def checked(forecast: Any, happened: Any) -> tuple[Array, Level]:
    """Probabilities, (case, level), and what happened, (case,), as arrays.

    Raises:
        MeaningError: probabilities that are none or do not sum to one, or something that happened and is no level.
    """
    p, y = np.asarray(forecast, dtype=np.float64), np.asarray(happened)
    if p.ndim != 2 or p.shape[1] < 2 or y.shape != p.shape[:1]:
        what = f"forecasts of the shape {p.shape} for outcomes of the shape {y.shape}"
        raise MeaningError(what, fix="give (case, level), two levels at least, and (case,)")
    wrong = ~(np.isfinite(p).all(axis=1) & (p >= 0).all(axis=1) & (np.abs(p.sum(axis=1) - 1) < SUM))
    if wrong.any():
        raise MeaningError(f"the forecast of case {int(np.argmax(wrong)) + 1} is no distribution", fix="let it sum to one")
    if y.dtype.kind not in "iu" or (len(y) and (y.min() < 0 or y.max() >= p.shape[1])):
        raise MeaningError("what happened is outside the scale", fix=f"give whole numbers from 0 to {p.shape[1] - 1}")
    return p, y.astype(np.intp)


def _groups(clusters: Sequence[Any] | NDArray[Any] | None, n: int) -> Level:
    if clusters is None:
        return np.arange(n)
    if len(clusters) != n:
        raise MeaningError(f"{len(clusters)} clusters for {n} cases", fix="give the cluster of each case")
    found: Level = np.unique(np.asarray([str(c) for c in clusters]), return_inverse=True)[1]
    return found


def _bins(flat: Array, hits: Array, simulated: Array, bins: int, level: float) -> list[Bin]:
    order = np.argsort(flat, kind="stable")
    found: list[Bin] = []
    for rows in _runs(flat[order], bins):
        taken = order[rows]
        n, count = len(taken), int(hits[taken].sum())
        exact = clopper_pearson(count, n, 1 - level)
        band = np.quantile(simulated[:, taken].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
        found.append(Bin(n, float(flat[taken].mean()), count / n, exact.low, exact.high, (float(band[0]), float(band[1]))))
    return found


def _runs(ordered: Array, bins: int) -> list[slice]:
    """Where to cut ordered forecasts into about equal runs; equal forecasts are never parted."""
    ends = [round(k * len(ordered) / bins) for k in range(1, bins)]
    cuts = sorted({int(np.searchsorted(ordered, ordered[e])) for e in ends if e < len(ordered)} - {0})
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(ordered)], strict=True)]


def _slope(p: Array, y: Level, clusters: Sequence[Any] | NDArray[Any] | None) -> tuple[float, float]:
    """The exponent of recalibration by Newton's steps, and its error by cluster; NaN where it has no maximum."""
    rows = np.arange(len(y))
    log = np.log(np.maximum(p, 1e-300))
    b = 1.0
    for _ in range(50):
        q = np.exp(b * log - (b * log).max(axis=1, keepdims=True))
        q /= q.sum(axis=1, keepdims=True)
        expected = (q * log).sum(axis=1)
        scores = log[rows, y] - expected
        bend = float(((q * log**2).sum(axis=1) - expected**2).sum())
        if bend < 1e-12:
            return np.nan, np.nan  # every level alike: any exponent does
        step = float(np.clip(scores.sum() / bend, -0.5, 0.5))
        b += step
        if abs(step) < 1e-10:
            groups = _groups(clusters, len(y))
            count = int(groups.max()) + 1
            meat = (np.bincount(groups, scores, minlength=count) ** 2).sum() * count / max(count - 1, 1)
            return b, float(np.sqrt(meat)) / bend
    return np.nan, np.nan
