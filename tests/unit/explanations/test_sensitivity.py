"""Indices with known values, through the same estimators that claims get."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from foedus.errors import MeaningError, NumericalError
from foedus.explanations.delta import deltas
from foedus.explanations.sensitivity import Index, shapley, sobol
from foedus.explanations.space import Space, equicorrelation


def angle(u):
    return np.pi * (2 * u - 1)


def normal(u):
    return ndtri(u)


def ishigami(x, size):
    return {"y": np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"]), "same": np.full(size, 2.0)}


ANGLES = Space({"a": angle, "b": angle, "c": angle})
# model.md, section 2, row 20: a = 7, b = 0.1
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


def test_the_indices_of_ishigamis_function():
    found = sobol(ishigami, ANGLES, samples=32_768)["y"]
    for indices, exact in ((found.first, FIRST), (found.total, TOTAL)):
        for index, value in zip(indices, exact, strict=True):
            assert abs(index.value - value) < 0.015
            assert index.low - 0.01 <= value <= index.high + 0.01
    assert not found.first[2].distinguishable
    assert str(found.first[2]) == "c: not distinguishable from zero"
    assert found.variance == pytest.approx(13.845, rel=0.03)


def test_shapley_effects_of_ishigamis_function_lie_between_first_and_total_and_add_up():
    found = shapley(ishigami, ANGLES, samples=8192)["y"]
    # of the interaction of a and c each gets half
    exact = (0.3139 + 0.2437 / 2, 0.4424, 0.2437 / 2)
    assert [i.value for i in found.effects] == pytest.approx(exact, abs=0.02)
    assert sum(i.value for i in found.effects) == pytest.approx(1)


def exact_linear(beta, sigma):
    """Shapley effects of a linear function of correlated Gaussians, over all subsets (Owen and Prieur 2017)."""
    from itertools import combinations
    from math import comb

    d = len(beta)
    beta, sigma = np.asarray(beta, dtype=float), np.asarray(sigma, dtype=float)

    def explained(s):
        s, rest = list(s), [i for i in range(d) if i not in s]
        if not s:
            return 0.0
        if not rest:
            return beta @ sigma @ beta
        pull = beta[s] + np.linalg.solve(sigma[np.ix_(s, s)], sigma[np.ix_(s, rest)]) @ beta[rest]
        return pull @ sigma[np.ix_(s, s)] @ pull

    whole = explained(range(d))
    effects = []
    for i in range(d):
        others = [j for j in range(d) if j != i]
        total = 0.0
        for k in range(d):
            for s in combinations(others, k):
                total += (explained((*s, i)) - explained(s)) / comb(d - 1, k)
        effects.append(total / d / whole)
    return effects


@pytest.mark.parametrize("rho", [0.8, -0.5, 0.0])
def test_shapley_effects_of_correlated_gaussians(rho):
    names = ("a", "b", "c", "e", "g")
    beta = dict(zip(names, (1.0, 1.0, 2.0, 0.5, 0.0), strict=True))
    sigma = np.eye(5)
    sigma[1, 2] = sigma[2, 1] = rho
    sigma[3, 4] = sigma[4, 3] = 0.6
    groups = ((("b", "c"), equicorrelation(2, rho)), (("e", "g"), equicorrelation(2, 0.6)))
    space = Space(dict.fromkeys(names, normal), groups)
    found = shapley(lambda x, size: {"y": sum(beta[n] * x[n] for n in names)}, space, samples=8192)["y"]
    assert [i.value for i in found.effects] == pytest.approx(exact_linear(list(beta.values()), sigma), abs=0.02)


def test_a_group_of_three_with_its_own_correlations():
    matrix = np.array([[1, 0.7, 0.2], [0.7, 1, -0.3], [0.2, -0.3, 1]])
    space = Space(dict.fromkeys("abc", normal), ((("a", "b", "c"), matrix),))
    found = shapley(lambda x, size: {"y": x["a"] - x["b"] + 2 * x["c"]}, space, samples=16_384)["y"]
    assert [i.value for i in found.effects] == pytest.approx(exact_linear([1, -1, 2], matrix), abs=0.025)


def test_sobol_indices_refuse_correlated_inputs_by_name():
    space = Space(dict.fromkeys("abc", normal), ((("b", "c"), equicorrelation(2, 0.5)),))
    with pytest.raises(MeaningError, match="b, c") as caught:
        sobol(lambda x, size: {"y": x["a"]}, space, samples=8)
    assert "Shapley" in caught.value.fix


@pytest.mark.parametrize("method", [sobol, shapley])
def test_an_output_that_is_not_finite_is_located_and_refused(method):
    def function(x, size):
        with np.errstate(all="ignore"):
            return {"y": np.log(x["a"]) + x["b"]}

    with pytest.raises(NumericalError, match=r"points could not be computed, where a is between"):
        method(function, Space({"a": normal, "b": normal}), samples=256)


@pytest.mark.parametrize("method", [sobol, shapley])
def test_a_constant_output_has_no_indices(method):
    found = method(ishigami, ANGLES, samples=64)["same"]
    assert found.variance == 0
    assert not (found.first if method is sobol else found.effects)


def test_the_same_seed_gives_the_same_and_samples_extend():
    first, again = (shapley(ishigami, ANGLES, samples=512, seed=3)["y"].effects for _ in range(2))
    assert first == again
    assert shapley(ishigami, ANGLES, samples=512, seed=4)["y"].effects != first


def test_an_interval_that_reaches_zero_is_not_distinguishable():
    assert not Index("a", 0.01, -0.01, 0.03).distinguishable
    assert Index("a", 0.02, 0.01, 0.03).distinguishable


def test_delta_does_not_change_when_the_outcome_is_transformed_and_sees_what_variance_does_not():
    rng = np.random.default_rng(1)
    a, b, c = rng.standard_normal((3, 8192))
    y = np.exp(3 * (a + 0.3 * b))
    plain, skewed = deltas({"a": a, "b": b, "c": c}, np.log(y)), deltas({"a": a, "b": b, "c": c}, y)
    assert plain == skewed
    found = {d.name: d for d in plain}
    assert found["a"].value > found["b"].value > 0.03
    assert found["a"].distinguishable
    assert found["b"].distinguishable
    assert not found["c"].distinguishable
    # one number that is the outcome: delta is 1 - 1/classes for classes as fine as the cells
    assert deltas({"a": a}, a)[0].value > 0.85


def test_delta_of_a_claim_is_the_mean_distance_of_its_probability():
    rng = np.random.default_rng(2)
    a, b = rng.random((2, 8192))
    found = {d.name: d for d in deltas({"a": a, "b": b}, (a > 0.5).astype(float))}
    assert found["a"].value == pytest.approx(0.5, abs=0.02)
    assert not found["b"].distinguishable
    assert deltas({"a": a}, np.ones(8192)) == ()
    lost = np.where(a > 0.9, np.nan, (a > 0.45).astype(float))
    assert deltas({"a": a}, lost)[0].value == pytest.approx(0.5, abs=0.03)
