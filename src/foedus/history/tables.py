"""Estimates as plain text, LaTeX and plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from foedus.errors import NumericalError
from foedus.history.cases import Array
from foedus.history.covariance import Kind

if TYPE_CHECKING:
    from foedus.history.estimate import Fit

KINDS = {"hessian": "inverse Hessian", "robust": "robust", "clustered": "clustered"}
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"})


def p_values(estimates: Array, errors: Array) -> Array:
    """Two-sided, of the normal approximation, (coefficient,)."""
    from scipy.special import ndtr

    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = 2 * ndtr(-np.abs(estimates / errors))
    return found


def plain(fit: Fit, kind: Kind) -> str:
    """One line a coefficient, then what the fit is worth and what is wrong with it."""
    errors = fit.errors(kind)
    wide = max(len(n) for n in (*fit.names, "coefficient"))
    lines = [f"{'coefficient':{wide}} {'estimate':>10} {'error':>10} {'z':>8} {'p':>7}"]
    for name, b, e, p in zip(fit.names, fit.estimates, errors, p_values(fit.estimates, errors), strict=True):
        rest = f"{e:>10.4f} {b / e:>8.2f} {p:>7.3f}" if np.isfinite(e) else f"{'not identified':>27}"
        lines.append(f"{name:{wide}} {b:>10.4f} {rest}")
    dropped = f" ({fit.dropped:,} incomplete left out)" if fit.dropped else ""
    lines.append(f"{fit.structure.name}: log-likelihood {fit.loglik:.4f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}")
    lines.append(f"{len(fit.cases):,} cases{dropped}; errors: {KINDS[kind]}")
    return "\n".join([*lines, *(f"warning: {w}" for w in fit.warnings)])


def latex(fit: Fit, kind: Kind, caption: str, label: str) -> str:
    """A row for each regressor, a column for each number, errors in parentheses below."""
    pairs = [_parts(name) for name in fit.names]
    numbers, rows = list(dict.fromkeys(n for n, _ in pairs)), list(dict.fromkeys(r for _, r in pairs))
    cells = dict(zip(pairs, zip(fit.estimates, fit.errors(kind), strict=True), strict=True))
    lines = [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{l{'r' * len(numbers)}}}", r"\hline"]
    lines += [" & ".join(["", *map(_escaped, numbers)]) + r" \\", r"\hline"]
    for row in rows:
        found = [cells.get((n, row)) for n in numbers]
        lines.append(" & ".join([_escaped(row), *("" if c is None else f"${c[0]:.4f}$" for c in found)]) + r" \\")
        lines.append(" & ".join(["", *("" if c is None else f"({_error(c[1])})" for c in found)]) + r" \\")
    summary = f"Log-likelihood {fit.loglik:.2f}, AIC {fit.aic:.2f}, {len(fit.cases)} cases; {KINDS[kind]} standard errors."
    notes = [summary, *(f"Warning: {_escaped(w)}." for w in fit.warnings)]
    lines += [r"\hline", r"\end{tabular}", rf"\caption{{{' '.join(filter(None, (_escaped(caption), *notes)))}}}"]
    return "\n".join([*lines, *([rf"\label{{{label}}}"] if label else []), r"\end{table}"])


def as_dict(fit: Fit, kind: Kind) -> dict[str, Any]:
    """Plain data, ready for JSON: None where a standard error does not exist."""
    errors = fit.errors(kind)
    probabilities = p_values(fit.estimates, errors)
    try:
        matrix = fit.covariance(kind).tolist()
    except NumericalError:
        matrix = None
    return {
        "structure": fit.structure.name,
        "cites": list(fit.structure.cites),
        "n": len(fit.cases),
        "dropped": fit.dropped,
        "loglik": fit.loglik,
        "aic": fit.aic,
        "bic": fit.bic,
        "errors": kind,
        "coefficients": {
            name: {"estimate": float(b), "error": _finite(e), "p": _finite(p)}
            for name, b, e, p in zip(fit.names, fit.estimates, errors, probabilities, strict=True)
        },
        "covariance": matrix,
        "warnings": list(fit.warnings),
        "starts": {"reached": fit.maximum.reached, "of": fit.maximum.starts},
    }


def _parts(name: str) -> tuple[str, str]:
    number, _, column = name.partition(":")
    return number, column


def _error(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "--"


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _escaped(text: str) -> str:
    return text.replace("\\", r"\textbackslash ").translate(_SPECIAL)
