"""From counts to verdicts.

The rules are those of the project's modelling brief: exact binomial intervals (Clopper and Pearson 1934, doi
10.1093/biomet/26.4.404) at a level shared among all claims, prior sets and stages, and cut-points after the calibrated language
of the IPCC: likely from 0.66, unlikely to 0.33.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["entailed", "likely", "contingent", "unlikely", "contradicted", "untestable", "unresolved"]

VERDICTS: tuple[Verdict, ...] = ("entailed", "likely", "contingent", "unlikely", "contradicted", "untestable", "unresolved")
NEARLY_ONE, LIKELY, UNLIKELY, NEARLY_ZERO = 0.999, 0.66, 0.33, 0.001


@dataclass(frozen=True, slots=True)
class Interval:
    """A probability with the interval that holds it."""

    probability: float
    low: float
    high: float


def clopper_pearson(successes: float, trials: float, alpha: float, failures: float = 0) -> Interval:
    """The exact interval of a probability.

    Args:
        successes, trials: counts, or what they are worth where draws hang together; `failures` of the trials could not be
            computed and may have gone either way.
        alpha: the chance that the interval misses.
    """
    from scipy.special import betaincinv  # a tenth of a second to import: only commands that judge pay it

    known = trials - failures
    most = successes + failures
    low = float(betaincinv(successes, trials - successes + 1, alpha / 2)) if successes else 0.0
    high = float(betaincinv(most + 1, trials - most, 1 - alpha / 2)) if most < trials else 1.0
    return Interval(successes / known if known else float("nan"), low, high)


def verdict_of(
    intervals: Mapping[str, Interval], domains: Iterable[float], *, counterexample: bool, witness: bool
) -> tuple[Verdict, dict[str, Verdict]]:
    """The verdict over all prior sets, and under each.

    Args:
        intervals: prior set to the claim's probability there.
        domains: for each prior set, the probability that the claim speaks of the case at all.
        counterexample: whether a point of the support was found where the claim fails.
        witness: whether one was found where it holds.
    """
    by_set = {name: _single([i], counterexample, witness) for name, i in intervals.items()}
    if any(d < 0.5 for d in domains):
        return "untestable", dict.fromkeys(by_set, "untestable")
    found = _single(intervals.values(), counterexample, witness)
    settled = {v for v in by_set.values() if v != "unresolved"}
    if found == "unresolved" and len(settled) > 1:
        found = "contingent"
    return found, by_set


def _single(intervals: Iterable[Interval], counterexample: bool, witness: bool) -> Verdict:
    found = list(intervals)
    low, high = min(i.low for i in found), max(i.high for i in found)
    if low >= NEARLY_ONE and not counterexample:
        return "entailed"
    if high <= NEARLY_ZERO and not witness:
        return "contradicted"
    if low >= LIKELY:
        return "likely"
    if high <= UNLIKELY:
        return "unlikely"
    if low >= UNLIKELY and high <= LIKELY:
        return "contingent"
    return "unresolved"


def neighbours(interval: Interval) -> tuple[Verdict, Verdict]:
    """The two verdicts that an unresolved claim lies between."""
    if interval.low < UNLIKELY:
        return "unlikely", "contingent"
    return "contingent", "likely"
