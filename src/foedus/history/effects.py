"""What a fit says of cases: probabilities of outcomes, and what a change in a column does to them, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foedus.errors import MeaningError, NotFoundError, nearest
from foedus.history.cases import Array, Cases, as_cases
from foedus.history.covariance import Kind
from foedus.history.estimate import Fit, design_of
from foedus.history.likelihood import Part

NUDGE = 1e-4  # of a column's standard deviation, for its derivative


@dataclass(frozen=True)
class Predicted:
    """Probabilities of one outcome, each array (case,); the interval is even in log-odds, so it stays between 0 and 1."""

    event: str
    probability: Array
    error: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Effect:
    """What a change in a column does to the probability of an outcome, on average over cases.

    Attributes:
        change: per unit of the column (its derivative), or from what to what.
        estimate, error, low, high: of the average change in probability.
    """

    column: str
    event: str
    change: str
    estimate: float
    error: float
    low: float
    high: float


def predict(
    fit: Fit, table: Cases | Mapping[str, Any] | None = None, kind: Kind = "hessian", level: float = 0.95
) -> dict[str, Predicted]:
    """The probability of every outcome in cases old or new, with intervals by the delta method.

    Args:
        fit: the estimates.
        table: the cases; by default those of the fit.
        kind: which standard errors.
        level: of the intervals.

    Raises:
        InputError: a missing covariate or column. NumericalError: coefficients that are not identified.
    """
    covariance, z = fit.covariance(kind), _z(level)
    found = {}
    for event in fit.structure.events:
        p, slope = _probability(fit, event, _cases(fit, table))
        error = np.sqrt(np.einsum("ij,jk,ik->i", slope, covariance, slope))
        with np.errstate(divide="ignore", invalid="ignore"):
            odds, wide = np.log(p) - np.log1p(-p), z * error / (p * (1 - p))
            low, high = (np.where(error > 0, 1 / (1 + np.exp(-x)), p) for x in (odds - wide, odds + wide))
        found[event] = Predicted(event, p, error, low, high)
    return found


def effect(
    fit: Fit,
    column: str,
    event: str,
    change: tuple[Any, Any] | None = None,
    table: Cases | Mapping[str, Any] | None = None,
    kind: Kind = "hessian",
    level: float = 0.95,
) -> Effect:
    """The average effect of a column on the probability of an outcome, with its interval by the delta method.

    Args:
        fit: the estimates.
        column: of the cases; everything made of it changes with it.
        event: the outcome.
        change: two values that the column is given in every case; by default its derivative.
        table, kind, level: as for `predict`.

    Raises:
        InputError: no such column or outcome, or a column of words without a change.
    """
    cases = _cases(fit, table)
    if event not in fit.structure.events:
        raise NotFoundError(f"no outcome '{event}'", fix=nearest(event, fit.structure.events))
    if change is None:
        if cases.column(column).dtype != np.float64:
            raise MeaningError(f"'{column}' holds words: it has no derivative", fix="give change=(word, other word)")
        values = cases.numbers(column)
        step = NUDGE * (float(values.std()) or 1.0)
        ends, width, named = (values - step, values + step), 2 * step, "per unit"
    else:
        ends, width, named = change, 1.0, f"from {change[0]} to {change[1]}"
    (p0, s0), (p1, s1) = (_probability(fit, event, cases.having(**{column: end})) for end in ends)
    estimate, slope = float((p1 - p0).mean()) / width, (s1 - s0).mean(axis=0) / width
    error = float(np.sqrt(slope @ fit.covariance(kind) @ slope))
    z = _z(level)
    return Effect(column, event, named, estimate, error, estimate - z * error, estimate + z * error)


def event_casewise(fit: Fit, event: str) -> Array:
    """The log-probability, (case,), of what happened, told apart only as one outcome or not."""
    if event not in fit.structure.events:
        raise NotFoundError(f"no outcome '{event}'", fix=nearest(event, fit.structure.events))
    log = _part(fit, event, fit.cases).log(fit.estimates)
    with np.errstate(divide="ignore"):
        return np.where(fit.likelihood.events == event, log, np.log(-np.expm1(log)))


def _cases(fit: Fit, table: Cases | Mapping[str, Any] | None) -> Cases:
    if table is None:
        return fit.cases
    cases = as_cases(table)
    used = [n for r in fit.regressions.values() for n in r.columns]
    cases.refuse(cases.missing(used), "missing covariates", "complete the rows")
    return cases


def _part(fit: Fit, event: str, cases: Cases) -> Part:
    if fit.structure.name == "ultimatum":
        raise MeaningError("the ultimatum game has a continuum of outcomes, which have no probabilities", fix="fit a protocol")
    design = design_of(fit.structure, cases, fit.regressions, fit.given, fit.coding)
    return Part(fit.structure, event, design, None, compiled=False)


def _probability(fit: Fit, event: str, cases: Cases) -> tuple[Array, Array]:
    """The probability of an outcome, (case,), and its derivative, (case, coefficient)."""
    part = _part(fit, event, cases)
    p = np.exp(part.log(fit.estimates))
    return p, p[:, None] * part.scores(fit.estimates)


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))
