"""Intervals that hold at every number of draws at once, so that one may look, and stop, at any.

An interval for a number of draws that was fixed beforehand misses more often than it says when the draws go on until it is
narrow. The confidence sequence here does not: the likelihood ratio of a mixture of coins against the coin p is a martingale where
p is the true probability, so by Ville's inequality it ever exceeds 1/alpha with a chance of at most alpha (Robbins 1970, doi
10.1214/aoms/1177696786; Howard and others 2021, doi 10.1214/20-AOS1991). The interval holds every p that it has not exceeded.
The mixture is Beta(1/2, 1/2), which serves probabilities near 0 and 1 as well.
"""

from __future__ import annotations

import math

from foedus.claims.verdicts import Interval

_MIX = 0.5


def confidence_sequence(successes: int, trials: int, alpha: float, failures: int = 0) -> Interval:
    """The interval after some draws, one of a sequence all of which hold together.

    Args:
        successes, trials: counts; `failures` of the trials could not be computed and may have gone either way.
        alpha: the chance that any of the sequence misses.
    """
    known = trials - failures
    low = _bound(successes, trials, alpha, upper=False)
    high = _bound(successes + failures, trials, alpha, upper=True)
    return Interval(successes / known if known else float("nan"), low, high)


def _bound(successes: int, trials: int, alpha: float, *, upper: bool) -> float:
    """The least or the largest probability that the draws do not speak against."""
    from scipy.optimize import brentq  # a tenth of a second to import: only commands that judge pay it
    from scipy.special import betaln, xlog1py, xlogy

    if trials == 0 or successes == (trials if upper else 0):
        return 1.0 if upper else 0.0
    mixed = betaln(successes + _MIX, trials - successes + _MIX) - betaln(_MIX, _MIX) + math.log(alpha)

    def excess(p: float) -> float:
        return float(mixed - xlogy(successes, p) - xlog1py(trials - successes, -p))

    edge = 1.0 if upper else 0.0
    return float(brentq(excess, successes / trials, edge + (1e-300 if not upper else -(2.0**-53)), xtol=1e-15))
