"""Fit the numbers of a protocol to cases by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from foedus.errors import MeaningError, nearest
from foedus.history import covariance, tables
from foedus.history.cases import Array, Cases, as_cases
from foedus.history.covariance import Kind
from foedus.history.equations import Coding, Equations, Factor, Regression, coding, parse_equations
from foedus.history.identification import warnings_of
from foedus.history.likelihood import Design, Index, Likelihood
from foedus.history.maximise import Maximum, Objective, maximise
from foedus.history.structure import Structure, protocol_structure, with_rule
from foedus.protocol.protocol import Protocol
from foedus.protocol.schema import Rule
from foedus.shown import Shown

Events = Mapping[Any, str]
SPREAD = 0.5  # standard deviation of the starts about the first, in scaled coefficients


@dataclass(frozen=True)
class Options:
    """How to fit; see `fit`."""

    outcome: tuple[str, ...] = ()
    cluster: str | None = None
    missing: Literal["refuse", "drop"] = "refuse"
    starts: int = 3
    seed: int = 1
    start: Mapping[str, float] = field(default_factory=dict)
    compiled: bool | None = None


@dataclass(frozen=True)
class Fit(Shown):
    """Estimates and what was estimated.

    Attributes:
        structure: what was fitted. cases: to what, after any were dropped; dropped: how many.
        names: the coefficients, `number:column`. estimates: their values, (coefficient,).
        maximum: how the search ended.
        warnings: what a reader must know before believing the estimates: not identified, separated, not converged.
        clusters: the cluster of each case, (case,), or None.
    """

    structure: Structure
    cases: Cases
    dropped: int
    names: tuple[str, ...]
    estimates: Array
    maximum: Maximum
    likelihood: Likelihood = field(repr=False)
    regressions: Mapping[str, Regression] = field(repr=False)
    given: Mapping[str, Factor | float] = field(repr=False)
    coding: Coding = field(repr=False)
    clusters: Index | None = field(repr=False, default=None)

    @property
    def loglik(self) -> float:
        """The log-likelihood at the estimates, in nats."""
        return self.maximum.value

    @property
    def aic(self) -> float:
        """Akaike's criterion: twice the coefficients less twice the log-likelihood."""
        return 2 * len(self.names) - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return len(self.names) * float(np.log(len(self.cases))) - 2 * self.loglik

    @cached_property
    def casewise(self) -> Array:
        """The log-likelihood of each case, (case,)."""
        return self.likelihood.casewise(self.estimates)

    @cached_property
    def information(self) -> Array:
        """Minus the second derivative of the log-likelihood, (coefficient, coefficient)."""
        return -self.likelihood.curvature(self.estimates)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before believing the estimates."""
        return warnings_of(self.likelihood, self.information, self.maximum, self.names)

    def covariance(self, kind: Kind = "hessian") -> Array:
        """The covariance of the estimates, (coefficient, coefficient); see `covariance.covariance`.

        Raises:
            NumericalError: the information matrix is singular. MeaningError: clusters are wanted and were not named.
        """
        return covariance.covariance(self, kind)

    def errors(self, kind: Kind = "hessian") -> Array:
        """The standard errors, (coefficient,), NaN where not identified."""
        return covariance.errors(self, kind)

    def __getitem__(self, name: str) -> float:
        """An estimate by name.

        Raises:
            KeyError: no such coefficient; says the nearest.
        """
        if name not in self.names:
            raise KeyError(f"no coefficient '{name}'; {nearest(name, self.names)}")
        return float(self.estimates[self.names.index(name)])

    def table(self, kind: Kind = "hessian") -> str:
        """A plain table of the estimates."""
        return tables.plain(self, kind)

    def latex(self, kind: Kind = "hessian", caption: str = "", label: str = "") -> str:
        """A LaTeX table: a row for each regressor, a column for each number."""
        return tables.latex(self, kind, caption, label)

    def to_dict(self, kind: Kind = "hessian") -> dict[str, Any]:
        """The estimates as plain data."""
        return tables.as_dict(self, kind)


def fit(
    protocol: Protocol | str,
    table: Cases | Mapping[str, Any],
    *,
    outcome: str | Sequence[str],
    plays: Events | None = None,
    equations: Equations,
    rule: Rule | None = None,
    **options: Any,
) -> Fit:
    """Fit a protocol to cases by maximum likelihood.

    Args:
        protocol: the kind of crisis, or the name or file of one.
        table: one row a case: `Cases`, columns by name, or a data frame.
        outcome: the column that says what happened, or several that say it together.
        plays: what happened (a tuple where several columns say it) to the plays meant: the actions from the start joined by `/`,
            or a formula of marks that is one there. Without it the column holds such paths itself.
        equations: a linear predictor or a value for each number without a default; see `equations`.
        rule: another rule of choice than the protocol's.
        options: `cluster`, a column to cluster errors by; `missing="drop"` leaves out incomplete cases (they are refused
            otherwise); `starts`, how many, with `seed` for those after the first; `start`, coefficient to its first value;
            `compiled`, whether to make machine code (by default with 500 cases or more).

    Returns:
        The fit, with warnings where it should not be believed.

    Raises:
        InputError: a missing covariate (rows are named), an unknown column, number, play or outcome, or nothing to estimate.
        NumericalError: no start has a log-likelihood.
    """
    cases, found = as_cases(table), with_rule(protocol, rule)
    asked = Options(outcome=(outcome,) if isinstance(outcome, str) else tuple(outcome), **options)
    regressions, given = parse_equations(equations, cases)
    cases, dropped = complete(cases, regressions, given, asked)
    events = _events(cases, asked.outcome, plays)
    meant = {e: e for e in sorted(set(events))} if plays is None else {_key(k): p for k, p in plays.items()}
    known = {n: None if isinstance(f, Factor) else f for n, f in given.items()}
    structure = protocol_structure(found, meant, tuple(regressions), known)
    return fit_structure(structure, cases, events, regressions, given, asked, dropped=dropped)


def fit_structure(
    structure: Structure,
    cases: Cases,
    events: Sequence[str],
    regressions: Mapping[str, Regression],
    given: Mapping[str, Factor | float],
    options: Options,
    columns: Mapping[str, Array] | None = None,
    dropped: int = 0,
) -> Fit:
    """Fit a structure to cases, each of which is one of its events; `columns` are inputs of the structure beside those given."""
    code = coding(regressions, cases)
    design = design_of(structure, cases, regressions, given, code, columns)
    if not design.names:
        raise MeaningError("there is nothing to estimate", fix="give some number an equation 'number ~ terms'")
    likelihood = Likelihood(structure, design, events, options.compiled)
    objective = Objective(likelihood.value, likelihood.curvature, design.scales)
    maximum = maximise(objective, _starts(structure, design, options))
    clusters = None if options.cluster is None else np.unique(cases.column(options.cluster).astype(str), return_inverse=True)[1]
    return Fit(structure, cases, dropped, design.names, maximum.at, maximum, likelihood, regressions, given, code, clusters)


def complete(
    cases: Cases, regressions: Mapping[str, Regression], given: Mapping[str, Factor | float], options: Options
) -> tuple[Cases, int]:
    """The cases in which nothing is missing, and how many were dropped.

    Raises:
        MeaningError: something is missing and the caller did not say to drop such cases.
    """
    used = [*options.outcome, *([options.cluster] if options.cluster else [])]
    used += [name for r in regressions.values() for name in r.columns]
    used += [name for f in given.values() if isinstance(f, Factor) for name in f.columns]
    missing = cases.missing(used)
    if options.missing == "refuse":
        names = [n for n in dict.fromkeys(used) if cases.missing([n]).any()]
        cases.refuse(missing, f"missing {', '.join(names)}", "complete the rows, or leave them out with missing='drop'")
    if missing.all():
        raise MeaningError("no case is complete", fix="check the columns")
    return (cases.kept(~missing), int(missing.sum())) if missing.any() else (cases, 0)


def design_of(
    structure: Structure,
    cases: Cases,
    regressions: Mapping[str, Regression],
    given: Mapping[str, Factor | float],
    code: Coding,
    columns: Mapping[str, Array] | None = None,
) -> Design:
    """The regressors of cases for a structure."""
    found = {n: code.design(regressions[n], cases) for n in structure.regressed}
    names = tuple(f"{structure.parameter(n)}:{column}" for n, (listed, _) in found.items() for column in listed)
    values = {n: f.values(cases) for n, f in given.items() if isinstance(f, Factor)}
    return Design({n: matrix for n, (_, matrix) in found.items()}, {**values, **(columns or {})}, names, len(cases))


def _events(cases: Cases, outcome: tuple[str, ...], plays: Events | None) -> list[str]:
    rows = zip(*(cases.column(name).tolist() for name in outcome), strict=True)
    found = [_key(row if len(row) > 1 else row[0]) for row in rows]
    if plays is not None:
        known = {_key(k) for k in plays}
        unknown = np.array([e not in known for e in found])
        first = found[int(np.argmax(unknown))]
        cases.refuse(unknown, f"an outcome that no play stands for, '{first}',", f"say in plays what '{first}' is")
    return found


def _key(value: Any) -> str:
    """An outcome as text; whole numbers without a point."""
    if isinstance(value, tuple):
        return ", ".join(map(_key, value))
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _starts(structure: Structure, design: Design, options: Options) -> list[Array]:
    first = np.zeros(len(design.names))
    for number, k in design.constants.items():
        first[k] = structure.start.get(number, 0.0)
    for name, value in options.start.items():
        if name not in design.names:
            raise MeaningError(f"no coefficient '{name}' to start from", fix=nearest(name, design.names))
        first[design.names.index(name)] = value
    random = np.random.default_rng(options.seed)
    others = [first + SPREAD * random.standard_normal(len(first)) / design.scales for _ in range(options.starts - 1)]
    return [first, *others]
