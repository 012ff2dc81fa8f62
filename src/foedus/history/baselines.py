"""What a sceptic would forecast with: rates, what the same pair did last, and a penalised ordered logit on the same codes.

Each learns from training cases and gives a probability to every level of others. Rates are shrunk towards the next coarser rate with
the weight of one case a level, so that nothing gets zero for not having happened yet.
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
FOLDS = 5  # of the cross-validation that chooses the penalty
Baseline = Callable[[Crises, Crises, int], Array]


def uniform(train: Crises, test: Crises, levels: int) -> Array:
    """Every level alike."""
    return np.full((len(test), levels), 1 / levels)


def constant(train: Crises, test: Crises, levels: int) -> Array:
    """The rates of the training cases."""
    return np.tile(_rates(train.happened, np.full(levels, 1 / levels)), (len(test), 1))


def by(fields: Sequence[str], train: Crises, test: Crises, levels: int) -> Array:
    """The rates of the training cases with the same value of a field; with two fields shrunk towards those with the same first."""
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
    """Fit a proportional-odds logit.

    The negative log-likelihood is convex in cuts and slopes (Pratt 1981); the ridge keeps slopes finite under separation, and one
    pseudo-case spread over the levels keeps the cuts apart where a level did not occur.

    Args:
        x: (case, regressor). y: the index of a level. penalty: half of it times the sum of squared slopes is added.

    Raises:
        NumericalError: the search did not end.
    """
    from scipy.optimize import minimize

    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    z = np.vstack([(x - mean) / spread, np.zeros((levels, x.shape[1]))])
    target = np.concatenate([y, np.arange(levels)])
    weight = np.concatenate([np.ones(len(y)), np.full(levels, 1 / levels)])

    def loss(theta: Array) -> tuple[float, Array]:
        steps = np.exp(theta[1 : levels - 1])
        cuts = theta[0] + np.concatenate([[0.0], np.cumsum(steps)])
        b = theta[levels - 1 :]
        eta = z @ b
        upper = np.where(target < levels - 1, np.append(cuts, np.inf)[target] - eta, np.inf)
        lower = np.where(target > 0, np.append(-np.inf, cuts)[target] - eta, -np.inf)
        fu, fl = _expit(upper), _expit(lower)
        p = np.maximum(fu - fl, 1e-300)
        du, dl = fu * (1 - fu) / p * weight, fl * (1 - fl) / p * weight
        value = -float((weight * np.log(p)).sum()) + 0.5 * penalty * float(b @ b)
        of_cut = np.zeros(levels + 1)
        np.add.at(of_cut, target + 1, -du)
        np.add.at(of_cut, target, dl)
        of_cut = of_cut[1:levels]
        tails = np.cumsum(of_cut[::-1])[::-1]
        slope = np.concatenate([[tails[0]], tails[1:] * steps, z.T @ (du - dl) + penalty * b])
        return value, slope

    rates = np.cumsum(np.bincount(target, weight, minlength=levels))[:-1] / weight.sum()
    first = np.log(rates / (1 - rates))
    start = np.concatenate([[first[0]], np.log(np.maximum(np.diff(first), 1e-3)), np.zeros(x.shape[1])])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    if not np.isfinite(found.fun):
        raise NumericalError("the ordered logit cannot be fitted to these cases")
    theta = found.x
    cuts = theta[0] + np.concatenate([[0.0], np.cumsum(np.exp(theta[1 : levels - 1]))])
    return OrderedLogit(cuts, theta[levels - 1 :], mean, spread)


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
