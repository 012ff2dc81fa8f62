"""Boxes and trees find what was put there."""

from __future__ import annotations

import numpy as np
import pytest

from foedus.explanations.discovery import find_box, screened
from foedus.explanations.tree import grow, leaves


def halves(seed=0, noise=0.02, draws=8192):
    """Draws with a box: x1 above 0.6 and x3 below 0.5."""
    rng = np.random.default_rng(seed)
    x = rng.random((draws, 6))
    y = ((x[:, 1] > 0.6) & (x[:, 3] < 0.5)) ^ (rng.random(draws) < noise)
    numbers = {f"x{k}": x[:, k] for k in range(6)}
    half = draws // 2
    return ({n: v[:half] for n, v in numbers.items()}, y[:half], {n: v[half:] for n, v in numbers.items()}, y[half:])


def test_prim_recovers_a_box():
    box = find_box(*halves())
    assert box is not None
    limits = {limit.name: limit for limit in box.limits}
    assert set(limits) == {"x1", "x3"}
    assert limits["x1"].low == pytest.approx(0.6, abs=0.03)
    assert limits["x3"].high == pytest.approx(0.5, abs=0.03)
    assert limits["x1"].high == np.inf
    assert box.density > 0.95
    assert box.coverage > 0.88
    assert box.mass == pytest.approx(0.2, abs=0.03)
    assert all(limit.quasi_p < 1e-6 and limit.reproduced == 1 for limit in box.limits)


def test_shares_are_measured_on_held_out_draws():
    learn, wanted, test, truth = halves()
    box = find_box(learn, wanted, test, truth)
    inside = (test["x1"] >= box.limits[0].low if box.limits[0].name == "x1" else test["x1"] >= box.limits[1].low) & (
        test["x3"] <= {limit.name: limit for limit in box.limits}["x3"].high
    )
    assert box.density == pytest.approx(truth[inside].mean())
    assert box.coverage == pytest.approx(truth[inside].sum() / truth.sum())
    assert box.base == pytest.approx(truth.mean())


def test_of_noise_no_box_is_told_that_stands_up():
    rng = np.random.default_rng(5)
    x, y = rng.random((4096, 4)), rng.random(4096) < 0.5
    numbers = {f"x{k}": x[:, k] for k in range(4)}
    half = {n: v[:2048] for n, v in numbers.items()}, {n: v[2048:] for n, v in numbers.items()}
    box = find_box(half[0], y[:2048], half[1], y[2048:])
    assert box is None or abs(box.density - box.base) < 0.2


def test_what_never_or_always_holds_has_no_conditions():
    learn, wanted, test, truth = halves()
    for value in (True, False):
        assert find_box(learn, np.full_like(wanted, value), test, np.full_like(truth, value)) is None


def test_the_numbers_that_tell_most_are_looked_at():
    learn, wanted, _, _ = halves()
    assert set(screened(learn, wanted, most=2)) == {"x1", "x3"}
    assert screened(learn, wanted, most=2, keep=["x0"])[0] == "x0"


def test_a_tree_finds_the_same_box():
    tree = grow(*halves())
    found = list(leaves(tree))
    best = max(found, key=lambda leaf: leaf[1].probability)
    assert {condition[:4] for condition in best[0]} == {"x1 ≥", "x3 <"}
    assert best[1].probability > 0.95
    assert sum(leaf.mass for _, leaf in found) == pytest.approx(1)


def test_a_tree_of_a_constant_is_a_leaf():
    learn, wanted, test, truth = halves()
    tree = grow(learn, np.ones_like(wanted), test, truth)
    assert tree.name == ""
    assert next(leaves(tree))[0] == ()
