"""The statistical ultimatum game: an offer from a continuum, which the modelling language (finite trees) does not hold.

The first player offers y of Q; the second accepts when y exceeds its reservation value, r2 plus a logistic error of scale s2. The
first's reservation value is r1 plus a logistic error of scale s1, known to itself. Its best offer y solves
Q - y - r1 - error = s2 (1 + exp((y - r2) / s2)), so, with A(y) = Q - y - r1 - s2 (1 + exp((y - r2) / s2)),

    P(accept y) = 1 / (1 + exp(-(y - r2) / s2))
    P(offer <= y) = 1 / (1 + exp(A(y) / s1)),  0 <= y < Q

with the mass beyond the ends at 0 and Q (Ramsay and Signorino 2009, "A Statistical Model of the Ultimatum Game", working paper;
Kenkel and Signorino 2014, doi 10.18637/jss.v056.i08). It is fitted like a protocol whose numbers are r1, r2, log_s1 and log_s2.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from foedus.errors import MeaningError
from foedus.history.cases import Array, Cases, as_cases
from foedus.history.equations import Equations, parse_equations
from foedus.history.estimate import Fit, Options, fit_structure
from foedus.history.structure import LOG, Structure
from foedus.program import ir
from foedus.program.ir import Builder, Program, Value

NUMBERS = ("r1", "r2", "log_s1", "log_s2")
OFFER, MOST = "offer", "most"
TOLERANCE = 1e-8  # how near to an end of the range an offer is at it


def fit_ultimatum(
    table: Cases | Mapping[str, Any],
    *,
    offer: str,
    accept: str | None,
    most: float,
    equations: Equations,
    cluster: str | None = None,
    **options: Any,
) -> Fit:
    """Fit the ultimatum game.

    Args:
        table: one row a case.
        offer: the column of offers, from 0 to `most`.
        accept: the column that is 1 where the offer was accepted and 0 where not, or None to fit offers alone.
        most: Q, the largest offer possible.
        equations: for r1, r2 and the logarithms of the scales log_s1 and log_s2 (a constant where not mentioned).
        cluster, options: as for `estimate.fit`.

    Raises:
        InputError: an offer out of range, an answer that is not 0 or 1, or what `estimate.fit` refuses.
    """
    cases = as_cases(table)
    regressions, given = parse_equations(equations, cases)
    constant, _ = parse_equations({n: "1" for n in NUMBERS if n not in regressions and n not in given}, cases)
    for name in (*regressions, *given):
        if name not in NUMBERS:
            raise MeaningError(f"'{name}' is not a number of the ultimatum game", fix=f"use {', '.join(NUMBERS)}")
    offers = cases.numbers(offer)
    cases.refuse(~np.isfinite(offers) | (offers < 0) | (offers > most), f"an offer outside 0 to {most:g}", "check the offers")
    answers = _answers(cases, accept)
    events = [_event(y, a, most) for y, a in zip(offers, answers, strict=True)]
    structure = _structure({n: given.get(n) for n in NUMBERS}, accept is not None, most, offers)
    asked = Options(cluster=cluster, outcome=(offer,) if accept is None else (offer, accept), **options)
    columns = {OFFER: offers}
    return fit_structure(structure, cases, events, {**regressions, **constant}, given, asked, columns)


def _answers(cases: Cases, accept: str | None) -> list[str]:
    if accept is None:
        return [""] * len(cases)
    column = cases.numbers(accept)
    cases.refuse(~np.isin(column, (0.0, 1.0)), f"an answer other than 0 and 1 in '{accept}'", "write 1 for accepted, 0 for not")
    return ["accepted" if a else "rejected" for a in column]


def _event(offer: float, answer: str, most: float) -> str:
    where = "nothing" if offer < TOLERANCE else "everything" if offer > most - TOLERANCE else "something"
    return f"{where} {answer}".strip()


def _structure(given: Mapping[str, Any], answered: bool, most: float, offers: Array) -> Structure:
    regressed = tuple(n for n in NUMBERS if given[n] is None)
    spread = float(np.log(max(offers.std(), 1e-3 * most)))
    start = {"r1": most - float(offers.mean()), "r2": float(np.quantile(offers, 0.25)), "log_s1": spread, "log_s2": spread}
    answers = ("accepted", "rejected") if answered else ("",)
    events = {
        f"{w} {a}".strip(): _program(given, w, a, most) for w, a in product(("nothing", "something", "everything"), answers)
    }
    columns = (OFFER, *(n for n in NUMBERS if given[n] is not None and not isinstance(given[n], float)))
    return Structure("ultimatum", events, regressed, {}, columns, start)


def _program(given: Mapping[str, Any], where: str, answer: str, most: float) -> Program:
    """The log-likelihood of an offer (a density inside the range, a probability at its ends) and of its answer."""
    builder = Builder()
    r1, r2, log_s1, log_s2 = (builder.const(v) if isinstance(v := given[n], float) else builder.input(n) for n in NUMBERS)
    s1, s2, y = ir.exp(log_s1), ir.exp(log_s2), builder.input(OFFER)
    at = {"nothing": builder.const(0), "everything": builder.const(most), "something": y}[where]
    lead = (at - r2) / s2
    pull = (most - at - r1 - s2 * (1.0 + ir.exp(lead))) / s1
    match where:
        case "nothing":
            log = -_softplus(pull)
        case "everything":
            log = -_softplus(-pull)
        case _:
            log = -pull - 2.0 * _softplus(-pull) - log_s1 + _softplus(lead)
    if answer:
        log = log - _softplus(-lead if answer == "accepted" else lead)
    return builder.program({LOG: log})


def _softplus(x: Value) -> Value:
    """log(1 + exp(x)) without overflow."""
    return ir.maximum(x, 0.0) + ir.log(1.0 + ir.exp(-ir.absolute(x)))
