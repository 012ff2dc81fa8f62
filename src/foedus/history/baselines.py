"""What a sceptic would forecast with: rates, what the same pair did last, and a penalised ordered logit on the same codes.

Each learns from training cases and gives a probability to every level of others. Rates are shrunk towards the next coarser rate
with the weight of one case a level, so that nothing gets zero for not having happened yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from foedus.errors import NumericalError
from foedus.history.cases import Array
from foedus.history.crises import Crises, Level

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
STEPS, TOLERANCE = 200, 1e-9  # of the search
FOLDS = 5  # of the cross-validation that chooses the penalty
Baseline = Callable[[Crises, Crises, int], Array]


def uniform(train: Crises, test: Crises, levels: int) -> Array:
    """Every level alike."""
    return np.full((len(test), levels), 1 / levels)


def constant(train: Crises, test: Crises, levels: int) -> Array:
    """The rates of the training cases."""
    return np.tile(_rates(train.happened, np.full(levels, 1 / levels)), (len(test), 1))


def by(fields: Sequence[str], train: Crises, test: Crises, levels: int) -> Array:
    """The rates of training cases with the same value of a field; with two fields shrunk towards those of the first."""
    base = constant(train, test, levels)
    mine, theirs = np.full(len(test), "", dtype=object), np.full(len(train), "", dtype=object)
    for name in fields:
        mine = np.array([f"{a}|{b}" for a, b in zip(mine, test.fields[name], strict=True)], dtype=object)
        theirs = np.array([f"{a}|{b}" for a, b in zip(theirs, train.fields[name], strict=True)], dtype=object)
        base = np.array([_rates(train.happened[theirs == m], b) for m, b in zip(mine, base, strict=True)])
    return base


def last(train: Crises, test: Crises, levels: int) -> Array:
    """What the same client and patron did in the last training case that was over before; the constant where there was none."""
    base = constant(train, test, levels)
    for k in range(len(test)):
        earlier = [j for j in range(len(train)) if train.pairs[j] == test.pairs[k] and train.ends[j] <= test.starts[k]]
        if earlier:
            latest = max(earlier, key=lambda j: train.ends[j])
            base[k] = _rates(train.happened[[latest]], base[k], weight=1.0)
    return base


def ordered_logit(names: Sequence[str], train: Crises, test: Crises, levels: int) -> Array:
    """A proportional-odds logit with a ridge penalty chosen by cross-validation over whole crises of the training cases."""
    x, y = _matrix(names, train), train.happened
    groups = np.unique(train.clusters, return_inverse=True)[1]
    fold = np.random.default_rng(1).permutation(int(groups.max()) + 1)[groups] % FOLDS
    losses = []
    for penalty in PENALTIES:
        lost = 0.0
        for k in range(FOLDS):
            inside, outside = fold != k, fold == k
            if inside.any() and outside.any():
                p = fit_ordered_logit(x[inside], y[inside], levels, penalty)(x[outside])
                lost -= float(np.log(p[np.arange(len(p)), y[outside]]).sum())
        losses.append(lost)
    return fit_ordered_logit(x, y, levels, PENALTIES[int(np.argmin(losses))])(_matrix(names, test))


@dataclass(frozen=True)
class OrderedLogit:
    """P(level <= k) = 1 / (1 + exp(-(cut_k - b·z))), z the regressors in standard deviations (McCullagh 1980)."""

    cuts: Array
    slopes: Array
    mean: Array
    spread: Array

    def __call__(self, x: Array) -> Array:
        """The probability of each level, (case, level)."""
        below = _expit(self.cuts - ((x - self.mean) / self.spread @ self.slopes)[:, None])
        edges = np.hstack([np.zeros((len(x), 1)), below, np.ones((len(x), 1))])
        p = np.maximum(np.diff(edges, axis=1), 1e-12)
        found: Array = p / p.sum(axis=1, keepdims=True)
        return found


def fit_ordered_logit(x: Array, y: Level, levels: int, penalty: float) -> OrderedLogit:
    """Fit a proportional-odds logit by Fisher's scoring.

    The negative log-likelihood is convex in cuts and slopes (Pratt 1981); the ridge keeps slopes finite under separation, and one
    pseudo-case spread over the levels keeps the cuts apart where a level did not occur. No library that is kept up has it with a
    penalty: statsmodels has none, scikit-learn has no ordered response.

    Args:
        x: (case, regressor). y: the index of a level. penalty: half of it times the sum of squared slopes is added.

    Raises:
        NumericalError: the search did not end.
    """
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    z = np.vstack([(x - mean) / spread, np.zeros((levels, x.shape[1]))])
    target = np.concatenate([y, np.arange(levels)])
    weight = np.concatenate([np.ones(len(y)), np.full(levels, 1 / levels)])
    rates = np.cumsum(np.bincount(target, weight, minlength=levels))[:-1] / weight.sum()
    at = np.concatenate([np.log(rates / (1 - rates)), np.zeros(x.shape[1])])
    ridge = np.concatenate([np.zeros(levels - 1), np.full(x.shape[1], penalty)])
    value, slope, curvature = _density(at, z, target, weight, ridge)
    for _ in range(STEPS):
        step, now = np.linalg.solve(curvature, slope), (-np.inf, slope, curvature)
        for _ in range(40):
            now = _density(at + step, z, target, weight, ridge)
            if now[0] >= value:
                break
            step = step / 2
        else:
            break
        rise, at, (value, slope, curvature) = now[0] - value, at + step, now
        if rise < TOLERANCE:
            break
    else:
        raise NumericalError("the search for the ordered logit did not end")
    return OrderedLogit(at[: levels - 1], at[levels - 1 :], mean, spread)


def _density(at: Array, z: Array, target: Level, weight: Array, ridge: Array) -> tuple[float, Array, Array]:
    """The penalised log-likelihood, its slope, and minus its expected curvature; minus infinity with cuts out of order."""
    n, cuts = len(z), len(at) - z.shape[1]
    below = _expit(at[:cuts] - (z @ at[cuts:])[:, None])
    p = np.diff(np.hstack([np.zeros((n, 1)), below, np.ones((n, 1))]), axis=1)
    if not (p > 0).all():
        return -np.inf, at, np.eye(len(at))
    steep = np.hstack([np.zeros((n, 1)), below * (1 - below), np.zeros((n, 1))])
    each = np.zeros((n, cuts + 1, len(at)))
    for k in range(cuts):
        each[:, k, k], each[:, k + 1, k] = steep[:, k + 1], -steep[:, k + 1]
    each[:, :, cuts:] = -np.diff(steep, axis=1)[:, :, None] * z[:, None, :]
    rows = np.arange(n)
    value = float((weight * np.log(p[rows, target])).sum() - 0.5 * (ridge * at**2).sum())
    slope = ((weight / p[rows, target])[:, None] * each[rows, target]).sum(axis=0) - ridge * at
    scaled = (each * np.sqrt(weight[:, None] / p)[:, :, None]).reshape(-1, len(at))
    return value, slope, scaled.T @ scaled + np.diag(ridge)


def baselines(rates: dict[str, list[str]], covariates: Sequence[str]) -> dict[str, Baseline]:
    """The baselines by name; `permuted` is the model's own and comes from the backtest."""
    found: dict[str, Baseline] = {"uniform": uniform, "constant": constant}
    found |= {name: partial(by, fields) for name, fields in rates.items()}
    return found | {"last": last, "ordered_logit": partial(ordered_logit, tuple(covariates))}


def separated(names: Sequence[str], crises: Crises) -> list[str]:
    """Codes that by themselves part some level from all others: an unpenalised logit would have no estimate."""
    known = crises.taken(crises.known)
    found = []
    for name in names:
        x = known.codes[name]
        for cut in np.unique(known.happened)[1:]:
            low, high = x[known.happened < cut], x[known.happened >= cut]
            if len(np.unique(x)) > 1 and (low.max() < high.min() or high.max() < low.min()):
                found.append(name)
                break
    return found


def _rates(happened: Level, base: Array, weight: float | None = None) -> Array:
    pull = float(len(base)) if weight is None else weight
    found: Array = (np.bincount(happened, minlength=len(base)) + pull * base) / (len(happened) + pull)
    return found


def _matrix(names: Sequence[str], crises: Crises) -> Array:
    return np.column_stack([crises.codes[n] for n in names]) if names else np.empty((len(crises), 0))


def _expit(x: NDArray[np.float64]) -> Array:
    with np.errstate(over="ignore"):
        found: Array = 1 / (1 + np.exp(-x))
    return found
