"""Confidence sequences: they hold at every number of draws at once, which an interval for one number does not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate

from foedus.claims.sequence import confidence_sequence
from foedus.claims.verdicts import clopper_pearson

ALPHA = 0.1


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (7, 7), (3, 7), (1, 400), (250, 400)])
def test_it_holds_every_p_that_the_mixture_does_not_beat(successes: int, trials: int) -> None:
    """By numerical integration of the mixture of coins."""

    def likelihood(q: float) -> float:
        return q**successes * (1 - q) ** (trials - successes)

    def density(q: float) -> float:
        return 1 / (math.pi * math.sqrt(q * (1 - q)))

    mixed = integrate.quad(lambda q: likelihood(q) * density(q), 0, 1, points=[successes / trials], limit=400)[0]
    found = confidence_sequence(successes, trials, ALPHA)
    for p in (found.low, found.high):
        if 0 < p < 1:
            assert mixed / likelihood(p) == pytest.approx(1 / ALPHA, rel=1e-5)
    assert (found.low == 0) == (successes == 0)
    assert (found.high == 1) == (successes == trials)
    assert found.probability == successes / trials


def test_failures_may_have_gone_either_way() -> None:
    lost = confidence_sequence(40, 100, ALPHA, 10)
    assert lost.low == confidence_sequence(40, 100, ALPHA).low
    assert lost.high == confidence_sequence(50, 100, ALPHA).high
    assert lost.probability == 40 / 90


def test_no_draw_says_nothing() -> None:
    found = confidence_sequence(0, 0, ALPHA)
    assert (found.low, found.high) == (0.0, 1.0)
    assert math.isnan(found.probability)


def test_it_narrows_as_the_square_root_of_the_draws_and_a_logarithm() -> None:
    found = [confidence_sequence(n // 2, n, ALPHA) for n in (10**3, 10**5, 10**7, 10**9)]
    widths = [i.high - i.low for i in found]
    assert all(7 < a / b < 10 for a, b in itertools.pairwise(widths))


@pytest.mark.parametrize("p", [0.5, 0.03, 0.998])
def test_looking_all_the_time_misses_no_more_often_than_it_says(p: float) -> None:
    """Where the interval for one number of draws misses far more often."""
    rng = np.random.default_rng(3)
    looks = sorted({int(n) for n in np.geomspace(5, 5000, 40)})
    paths, missed, fixed = 150, 0, 0
    for _ in range(paths):
        counts = np.cumsum(rng.random(looks[-1]) < p)
        found = [(n, int(counts[n - 1])) for n in looks]
        missed += any(not (i := confidence_sequence(s, n, ALPHA)).low <= p <= i.high for n, s in found)
        fixed += any(not (i := clopper_pearson(s, n, ALPHA)).low <= p <= i.high for n, s in found)
    assert missed <= ALPHA * paths
    assert fixed > ALPHA * paths
