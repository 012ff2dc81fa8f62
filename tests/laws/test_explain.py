"""Laws of explanations: effects add up, and do not depend on how the inputs are named or scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from foedus.explanations.descent import least_distance
from foedus.explanations.graph import together
from foedus.explanations.sensitivity import shapley
from foedus.explanations.space import Space, equicorrelation

coefficients = st.lists(st.floats(-3, 3), min_size=3, max_size=3).filter(lambda c: max(map(abs, c)) > 0.1)


@settings(max_examples=25, deadline=None)
@given(coefficients, st.floats(-0.9, 0.9), st.floats(0.1, 10), st.floats(-5, 5))
def test_effects_add_up_and_ignore_scale_and_shift(beta, rho, scale, shift):
    space = Space(dict.fromkeys("abc", ndtri), ((("b", "c"), equicorrelation(2, rho)),))

    def both(x, size):
        y = sum(k * x[n] for k, n in zip(beta, "abc", strict=True))
        return {"y": y, "z": scale * y + shift}

    found = shapley(both, space, samples=64)
    values = [[i.value for i in found[name].effects] for name in "yz"]
    assert sum(values[0]) == pytest.approx(1)
    assert values[0] == pytest.approx(values[1], abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(2, 6))
def test_the_shortest_point_is_feasible_and_no_longer_than_any_other(seed, rows, size):
    rng = np.random.default_rng(seed)
    system, inside = rng.standard_normal((rows, size)), rng.standard_normal(size)
    least = system @ inside - rng.random(rows)  # so that `inside` is feasible
    found = least_distance(system, least)
    assert found is not None
    assert (system @ found >= least - 1e-6).all()
    assert np.linalg.norm(found) <= np.linalg.norm(inside) + 1e-6


@given(st.integers(1, 5), st.integers(0, 2**31))
def test_leaving_a_claim_out_never_lowers_the_joint(claims, seed):
    table = np.random.default_rng(seed).random((claims, 40)) < 0.8
    found = together({str(k): row for k, row in enumerate(table)})
    assert found.weakest is None or found.weakest[1] >= found.joint.probability
