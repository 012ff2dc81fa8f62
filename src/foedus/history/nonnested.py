"""Tests between two fits of the same cases of which neither contains the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from foedus.errors import MeaningError
from foedus.history.cases import Array
from foedus.history.effects import event_casewise
from foedus.history.estimate import Fit


@dataclass(frozen=True)
class Comparison:
    """A test of two fits.

    Attributes:
        statistic: for Vuong standard normal if the fits are equally near the truth, positive where the first is nearer; for
            Clarke the number of cases that the first explains better, binomial(n, 1/2) then.
        p: two-sided. better: 1 or 2, whichever the statistic favours, significant or not.
        logliks: of the two fits on what was compared.
    """

    test: str
    statistic: float
    p: float
    better: int
    logliks: tuple[float, float]
    n: int


def vuong(first: Fit, second: Fit, events: tuple[str | None, str | None] = (None, None)) -> Comparison:
    """The test of Vuong (1989, Econometrica 57, 307-333), corrected for the number of coefficients as Schwarz's criterion does.

    Args:
        first, second: fits of the same cases in the same order.
        events: for each fit, the one outcome that is compared against all others, or None for the outcome as fitted.

    Raises:
        MeaningError: the fits are not of the same cases and outcomes, or do not differ.
    """
    one, two = _casewise(first, second, events)
    n, gap = len(one), one - two
    spread = float(gap.std())
    if spread == 0:
        raise MeaningError("the two fits give every case the same probability", fix="compare fits that differ")
    correction = (len(first.names) - len(second.names)) * math.log(n) / 2
    statistic = (float(gap.sum()) - correction) / (math.sqrt(n) * spread)
    p = math.erfc(abs(statistic) / math.sqrt(2))
    return Comparison("Vuong", statistic, p, 1 if statistic > 0 else 2, (float(one.sum()), float(two.sum())), n)


def clarke(first: Fit, second: Fit, events: tuple[str | None, str | None] = (None, None)) -> Comparison:
    """The distribution-free test of Clarke (2007, Political Analysis 15, 347-363, doi 10.1093/pan/mpm004); see `vuong`."""
    from scipy.stats import binom

    one, two = _casewise(first, second, events)
    n = len(one)
    correction = (len(first.names) - len(second.names)) * math.log(n) / (2 * n)
    count = int(np.sum(one - two > correction))
    p = min(1.0, 2 * float(binom.cdf(min(count, n - count), n, 0.5)))
    return Comparison("Clarke", count, p, 1 if count > n - count else 2, (float(one.sum()), float(two.sum())), n)


def _casewise(first: Fit, second: Fit, events: tuple[str | None, str | None]) -> tuple[Array, Array]:
    happened = [
        fit.likelihood.events if e is None else fit.likelihood.events == e for fit, e in zip((first, second), events, strict=True)
    ]
    if len(happened[0]) != len(happened[1]) or not np.array_equal(happened[0], happened[1]):
        raise MeaningError("the two fits are not of the same outcomes in the same order", fix="fit both to the same cases")
    one, two = (fit.casewise if e is None else event_casewise(fit, e) for fit, e in zip((first, second), events, strict=True))
    return one, two
